/**
 * `start --role gateway`: the node with the market, the gate and the log, for organisms that live on other nodes. One of a
 * cluster is the gateway, by a lease; every other waits as a standby and takes over when the lease runs out or is given back.
 *
 * The epoch of the lease is on record at the start, in every letter, and beside the log. A gateway that cannot confirm its
 * lease lets nothing enter: its seats and its venue ask before every order. It ends when somebody else has it.
 */
import { type Config, configHash, UserError, VERSION } from "../../../config/mod.ts";
import { FIRM_SCOPE, RecordType } from "../../../ffi/layout.gen.ts";
import type { ActorRef } from "../../../runtime/mod.ts";
import { BrokerError, type Lease, type Letter } from "../../../runtime/transport/mod.ts";
import { scopeStateName } from "../../guardians/kill.ts";
import type { FromHolder } from "../../placement/seat.ts";
import { readHolderWord, WordError } from "../../placement/words.ts";
import type { Instrument, NodeState, ShardEvent, ShardStatus } from "../../protocol/mod.ts";
import type { ComposedNode } from "../composed_node.ts";
import type { Journal } from "../journal.ts";
import { type GatewayPart, type NodeIo, runNode, type RunOutcome } from "../run.ts";
import { instrumentsOf } from "../instruments.ts";
import { organismSpecs } from "../organisms.ts";
import { organismPath } from "../tree.ts";
import { sleepWall, wallNanos } from "../wall.ts";
import { ClusterLink, type ClusterOptions, silenceOf } from "./cluster_link.ts";
import { refuseSpeed } from "./organisms_node.ts";
import { rehearse } from "./rehearsal.ts";
import { BEAT_MS, type Seats, seatsOf } from "./seats.ts";
import { doubtOf, readSuccession, type Succession, writeSuccession } from "./succession.ts";

const BEAT_NANOS = BEAT_MS * 1e6;
/** Looks at the lease between two lines of a standby. */
const STANDBY_WAIT_MS = 1_000;

/** Throws UserError GATEWAY_FENCED when another gateway has begun meanwhile, and whatever `runNode` throws. */
export async function runGateway(config: Config, options: ClusterOptions, io: NodeIo): Promise<RunOutcome | null> {
  refuseSpeed(config);
  const link = await ClusterLink.join(options);
  let lease: Lease | null = null;
  try {
    lease = await wait(link, config, io);
    if (lease === null) return null;
    const gateway = new Gateway(link, lease, config, io);
    await link.follow(link.topics.orders, (letter, shard) => gateway.hear(letter, shard));
    const outcome = await runNode(config, io, gateway);
    gateway.end();
    const fenced = await gateway.fenced();
    if (fenced !== null) throw new UserError("GATEWAY_FENCED", fenced);
    return outcome;
  } finally {
    await lease?.release();
    await link.close();
  }
}

/** Waits as a standby until the lease is this node's; null when it was told to stop. */
async function wait(link: ClusterLink, config: Config, { out, signal }: NodeIo): Promise<Lease | null> {
  let said = false;
  while (!signal.aborted) {
    const lease = await link.broker.lease(link.lease("gateway"), {
      ttlMs: link.leaseMs,
      waitMs: said ? STANDBY_WAIT_MS : 0,
    })
      .catch((error) => {
        link.trouble(error);
        return null;
      });
    if (lease !== null) return lease;
    if (!said) {
      out("standby: another gateway holds the lease; this one takes over when it ends");
      await rehearse(config, organismSpecs(config, instrumentsOf(config)));
    }
    said = true;
    link.say({ ...IDLE, state: "standby", config: configHash(config), detail: "takes over when the gateway ends" });
  }
  return null;
}

const IDLE = { version: VERSION, epoch: 0, shards: [], time: 0, speed: 0, mode: "", firm: "" } as const;

class Gateway implements GatewayPart {
  readonly #link: ClusterLink;
  readonly #lease: Lease;
  readonly #config: Config;
  readonly #io: NodeIo;
  readonly #hash: string;
  readonly #self: Succession;
  #seats: Seats = { specs: [], states: new Map() };
  #node: ComposedNode | null = null;
  #journal: Journal | null = null;
  /** Once lost it stays so: what is held again may have been another's in between. */
  #lost = false;
  #begun = false;
  #spoken = 0;
  #status: Parameters<ClusterLink["say"]>[0] | null = null;

  constructor(link: ClusterLink, lease: Lease, config: Config, io: NodeIo) {
    [this.#link, this.#lease, this.#config, this.#io] = [link, lease, config, io];
    this.#hash = configHash(config);
    this.#self = { cluster: link.options.cluster, node: link.options.node, epoch: lease.epoch };
  }

  readonly held = (): boolean => {
    if (this.#begun && !this.#lost && !this.#lease.held) {
      this.#lost = true;
      this.#io.err(
        `the lease of gateway ${this.#lease.epoch} is not confirmed: nothing enters any more, and this gateway ends`,
      );
    }
    return !this.#lost;
  };

  organisms(instruments: readonly Instrument[]) {
    const { options, leaseMs, topics } = this.#link;
    this.#seats = seatsOf(this.#config, instruments, {
      node: options.node,
      epoch: this.#lease.epoch,
      config: this.#hash,
      silenceMs: silenceOf(leaseMs),
      mayTrade: this.held,
      send: (shard, letter) => this.#link.publish(topics.reports, shard, letter),
      note: (shard, event) => this.#note(shard, event),
    });
    return this.#seats.specs;
  }

  replaces(path: string): boolean {
    const holder = readSuccession(path);
    return holder !== null && holder.cluster === this.#self.cluster && holder.epoch < this.#self.epoch;
  }

  takeOver({ path, run, runPath }: { readonly path: string; readonly run: number; readonly runPath: string }) {
    const doubt = doubtOf(readSuccession(path, run), this.#self);
    writeSuccession(runPath, this.#self);
    if (doubt !== null) this.#io.err(doubt);
    return doubt;
  }

  async begin(node: ComposedNode, journal: Journal): Promise<void> {
    await this.#confirm();
    [this.#node, this.#journal] = [node, journal];
    this.#begun = true;
    journal.note(RecordType.Note, { gateway: { ...this.#self, start: this.#link.start, config: this.#hash } });
    this.#io.out(`gateway ${this.#lease.epoch} of the cluster "${this.#self.cluster}", as ${this.#self.node}`);
    this.#say("running");
  }

  readonly refresh = (): void => {
    const now = wallNanos();
    if (now - this.#spoken < BEAT_NANOS) return;
    this.#spoken = now;
    this.#say(this.held() ? "running" : "fenced");
  };

  hear(letter: Letter, shard: string): void {
    const system = this.#node?.parts.system;
    if (system === undefined || !this.#seats.states.has(shard)) return;
    try {
      const words = readHolderWord(letter);
      const { node, epoch, sequence } = letter.envelope;
      const seat = system.find(organismPath(shard)) as ActorRef<FromHolder> | undefined;
      if (seat) system.deliver(seat, { kind: "FromHolder", node, epoch, sequence, ...words }, letter.envelope);
    } catch (error) {
      if (!(error instanceof WordError)) throw error;
      this.#link.refused(error.message);
    }
  }

  /** Says so; what it is about is closed by then. */
  end(): void {
    if (this.#status !== null) this.#link.say({ ...this.#status, state: "stopping" });
  }

  /** Why this gateway is none any more; null: it ended as it was told to. */
  async fenced(): Promise<string | null> {
    if (!this.#lost) return null;
    const { epoch } = this.#lease;
    try {
      await this.#lease.check();
      return `gateway ${epoch} could not confirm its lease in time and has ended: start it again`;
    } catch (error) {
      return error instanceof BrokerError && error.code === "LEASE_LOST"
        ? `gateway ${epoch} was replaced while it did not answer, and has ended: start it again as a standby`
        : `gateway ${epoch} lost the broker and has ended: start it again when the broker answers`;
    }
  }

  #say(state: NodeState): void {
    const { system, mode, control } = this.#node!.parts;
    this.#status = {
      state,
      version: VERSION,
      config: this.#hash,
      epoch: this.#lease.epoch,
      shards: this.#shards(),
      detail: mode.mode === "FullPerformance" ? "" : mode.reason,
      time: system.clock.now(),
      speed: this.#config.node.speed as number,
      mode: mode.mode,
      firm: scopeStateName(control.scope(FIRM_SCOPE)),
    };
    this.#link.say(this.#status);
  }

  /** Signs of life may be overdue: asks, and waits until one is confirmed. Throws UserError GATEWAY_FENCED. */
  async #confirm(): Promise<void> {
    do {
      const lost = await this.#lease.check().then(() => false, (error) => (error as BrokerError).code === "LEASE_LOST");
      if (lost) {
        throw new UserError(
          "GATEWAY_FENCED",
          `another gateway has begun while gateway ${this.#lease.epoch} was starting: start this one again as a standby`,
        );
      }
      if (!this.#lease.held) await sleepWall(BEAT_MS, this.#io.signal);
    } while (!this.#lease.held && !this.#io.signal.aborted);
  }

  #shards(): ShardStatus[] {
    return [...this.#seats.states].map(([shard, { fence, holder, halted, sent, refused }]) => ({
      ...{ shard, halted, sent, refused },
      holder: halted === null ? holder : "",
      epoch: fence.epoch,
      taken: fence.last,
    }));
  }

  #note(shard: string, event: ShardEvent): void {
    this.#journal?.note(RecordType.Note, { shard, ...event });
    this.#io.err(sentenceOf(shard, event));
  }
}

function sentenceOf(shard: string, event: ShardEvent): string {
  const who = `${event.node || "nobody"} (epoch ${event.epoch})`;
  switch (event.event) {
    case "shard-attached":
      return `${shard}: trades from ${who}`;
    case "shard-halted":
      return `${shard}: nothing passes: ${event.reason}; it was held by ${who}`;
    case "shard-fenced":
      return `${shard}: a ${event.word} of ${who} was refused: epoch ${event.highest} holds it`;
    case "shard-refused":
      return `${shard}: refused to ${who}: ${event.reason}`;
  }
}
