/**
 * `start --role gateway`: the node with the market, the gate and the log, for organisms that live on other nodes. One of a
 * cluster is the gateway, by a lease; every other waits as a standby and takes over when the lease runs out or is given back.
 *
 * The epoch of the lease is on record at the start, in every letter, and beside the log. A gateway that cannot confirm its
 * lease lets nothing enter: its seats and its venue ask before every order. It waits for the broker, goes on under a new epoch,
 * and ends when somebody else has been the gateway (tenure.ts).
 */
import { type Config, configHash, UserError, VERSION } from "../../../config/mod.ts";
import { FIRM_SCOPE, RecordType } from "../../../ffi/layout.gen.ts";
import { type AuditLog, ControlPage } from "../../../ffi/mod.ts";
import type { ActorRef } from "../../../runtime/mod.ts";
import { type BrokerError, type Lease, type Letter } from "../../../runtime/transport/mod.ts";
import { scopeStateName } from "../../guardians/kill.ts";
import type { FromHolder } from "../../placement/seat.ts";
import { readHolderWord, WordError } from "../../placement/words.ts";
import {
  ABOUT_TRADERS,
  concern,
  type ConfigurationPort,
  type Instrument,
  type NodeState,
  type Principal,
  SCOPE_STATES,
  type ShardEvent,
  type ShardStatus,
} from "../../protocol/mod.ts";
import type { ClusterGuard } from "../../cluster/mod.ts";
import { concernOf, pageOf, recordOf, showFallback } from "../cluster.ts";
import type { NodeParts } from "../parts.ts";
import { nameScopes, strictScopes, treeOf } from "../scopes.ts";
import { StateFile } from "../state_file.ts";
import type { ComposedNode } from "../composed_node.ts";
import type { Journal } from "../journal.ts";
import { type GatewayPart, type NodeIo, runNode, type RunOutcome } from "../run.ts";
import { instrumentsOf } from "../instruments.ts";
import { organismSpecs } from "../organisms.ts";
import { organismPath } from "../tree.ts";
import { sleepWall, wallNanos } from "../wall.ts";
import { ClusterLink, silenceOf } from "./cluster_link.ts";
import type { ClusterOptions } from "./cluster_options.ts";
import type { ConfigurationBook } from "./configuration_book.ts";
import { ConfigurationDesk } from "./configuration_desk.ts";
import { effectiveLine, openBook } from "./effective.ts";
import { refuseSpeed } from "./organisms_node.ts";
import { rehearse } from "./rehearsal.ts";
import { introduceGuard, RoleGuard } from "./role_guard.ts";
import { BEAT_MS, type Seats, seatsOf } from "./seats.ts";
import { doubtOf, readSuccession, type Succession, writeSuccession } from "./succession.ts";
import { Tenure } from "./tenure.ts";
import { WordWatch } from "./word_watch.ts";

const BEAT_NANOS = BEAT_MS * 1e6;

/** Throws UserError GATEWAY_FENCED when another gateway has begun meanwhile, and whatever `runNode` throws. */
export async function runGateway(file: Config, options: ClusterOptions, io: NodeIo): Promise<RunOutcome | null> {
  refuseSpeed(file);
  const link = await ClusterLink.join(options);
  let gateway: Gateway | null = null;
  try {
    link.guard = guardOf(file, link, io);
    const book = await openBook(file, link, io.signal);
    const lease = await wait(link, book, io);
    if (lease === null) return null;
    const { config, epoch } = book.effective;
    if (epoch > 0) io.out(effectiveLine(file, config, epoch));
    await link.guard?.hearing(io.signal);
    const serving = gateway = new Gateway(link, lease, config, io, book);
    await link.follow(link.topics.orders, (letter, shard) => serving.hear(letter, shard));
    const outcome = await runNode(config, io, gateway);
    if (gateway.over !== null) throw new UserError("GATEWAY_FENCED", gateway.over);
    gateway.say();
    return outcome;
  } finally {
    await gateway?.end();
    await link.close();
  }
}

/** A standby has no gate that runs, and yet a page: what is said while it waits stands there when it takes over. */
function guardOf(config: Config, link: ClusterLink, io: NodeIo): RoleGuard | null {
  const { options, start } = link;
  if (options.kill === undefined) return null;
  io.out(introduceGuard(options.kill));
  const { dataDir } = config.node;
  Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return new RoleGuard({
    ...{ options, settings: config.cluster, ways: options.kill, start, out: io.out },
    page: {
      tighten(scope, state, reason, actor, id) {
        // Who hears nothing while he waits has nothing to close, and may share the page of a gateway that does hear.
        if (id === undefined) return null;
        using control = ControlPage.open(dataDir);
        nameScopes(control, treeOf(config, instrumentsOf(config)), wallNanos());
        return pageOf(control, () => {}).tighten(scope, state, reason, actor);
      },
    },
    obeyed: new StateFile(dataDir, `cluster-${options.node}.json`),
  });
}

/** Waits as a standby until the lease is this node's; null when it was told to stop. */
async function wait(link: ClusterLink, book: ConfigurationBook, { out, signal }: NodeIo): Promise<Lease | null> {
  // Whoever waits for less than the lease's time never sees it run out.
  const ask = (waitMs: number) =>
    link.broker.lease(link.lease("gateway"), { ttlMs: link.leaseMs, waitMs }).catch((error) => {
      link.trouble(error);
      return null;
    });
  let lease = await ask(0);
  if (lease !== null || signal.aborted) return lease;
  out("standby: another gateway holds the lease; this one takes over when it ends");
  const { config } = book.effective;
  await rehearse(config, organismSpecs(config, instrumentsOf(config)));
  const status = { ...IDLE, state: "standby", detail: "takes over when the gateway ends" } as const;
  let waiting = true;
  const speaking = (async () => {
    for (; waiting; await sleepWall(BEAT_MS, signal)) {
      link.say({ ...status, config: configHash(book.effective.config) });
    }
  })();
  while (lease === null && !signal.aborted) {
    const asked = ask(2 * link.leaseMs);
    lease = await Promise.race([asked, aborted(signal)]);
    // It may have been given after all.
    if (lease === null && signal.aborted) void asked.then((late) => late?.release());
  }
  waiting = false;
  await speaking;
  return lease;
}

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });

const IDLE = { version: VERSION, epoch: 0, shards: [], time: 0, speed: 0, mode: "", firm: "" } as const;

class Gateway implements GatewayPart {
  readonly #link: ClusterLink;
  readonly #tenure: Tenure;
  readonly #config: Config;
  readonly #io: NodeIo;
  readonly #hash: string;
  #seats: Seats = { specs: [], states: new Map() };
  #runPath = "";
  #node: ComposedNode | null = null;
  #journal: Journal | null = null;
  #words: WordWatch | null = null;
  #spoken = 0;
  #status: Parameters<ClusterLink["say"]>[0] | null = null;

  constructor(link: ClusterLink, lease: Lease, config: Config, io: NodeIo, private readonly book: ConfigurationBook) {
    [this.#link, this.#config, this.#io] = [link, config, io];
    this.#hash = configHash(config);
    this.#tenure = new Tenure({
      ...{ link, lease, waitMs: link.options.waitMs ?? Infinity, signal: io.signal },
      doubted: () => this.#doubted(),
      resumed: (epoch) => this.#resumed(epoch),
    });
  }

  get #self(): Succession {
    const { cluster, node } = this.#link.options;
    return { cluster, node, epoch: this.#tenure.epoch };
  }

  readonly held = (): boolean => this.#tenure.held();

  get over(): string | null {
    return this.#tenure.over;
  }

  organisms(instruments: readonly Instrument[]) {
    const { options, leaseMs, topics } = this.#link;
    this.#seats = seatsOf(this.#config, instruments, {
      node: options.node,
      epoch: () => this.#tenure.epoch,
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

  guard(parts: NodeParts, journal: Journal): ClusterGuard | null {
    const role = this.#link.guard;
    if (role === null) return null;
    const { control, system, noticeControl } = parts;
    role.page = pageOf(control, () => system.inject(noticeControl));
    role.record = recordOf(journal, this.#io.err);
    role.concern = concernOf(parts);
    role.strict = () =>
      this.held()
        ? strictScopes(control).map(({ scope, state }) => ({ scope, state: SCOPE_STATES.indexOf(state) as 1 | 2 | 3 }))
        : undefined;
    this.#words = new WordWatch(control, () => role.latest, (...word) => {
      role.guard.spread(...word).catch((error) => this.#link.trouble(error));
    });
    return role.guard;
  }

  configuration(node: ComposedNode, journal: Journal, audit: AuditLog): ConfigurationPort {
    return new ConfigurationDesk({
      ...{ link: this.#link, book: this.book, config: this.#config, node, journal, audit, held: this.held },
    });
  }

  takeOver({ path, run, runPath }: { readonly path: string; readonly run: number; readonly runPath: string }) {
    const doubt = doubtOf(readSuccession(path, run), this.#self);
    this.#runPath = runPath;
    writeSuccession(runPath, this.#self);
    if (doubt !== null) this.#io.err(doubt);
    return doubt;
  }

  async begin(node: ComposedNode, journal: Journal): Promise<void> {
    await this.#confirm();
    [this.#node, this.#journal] = [node, journal];
    this.#tenure.begin();
    this.#link.onRoute = showFallback(node.parts);
    this.#record({});
    this.#io.out(`gateway ${this.#tenure.epoch} of the cluster "${this.#self.cluster}", as ${this.#self.node}`);
    this.#say("running");
  }

  readonly refresh = (): void => {
    this.#words?.look();
    const now = wallNanos();
    if (now - this.#spoken < BEAT_NANOS) return;
    this.#spoken = now;
    this.#say(this.held() ? "running" : this.over === null ? "waiting" : "fenced");
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

  /** That it ends; what it is about is closed by then. */
  say(): void {
    if (this.#status !== null) this.#link.say({ ...this.#status, state: "stopping" });
  }

  /** Gives the lease back. */
  end(): Promise<void> {
    return this.#tenure.end();
  }

  /** Nobody knows whether there is another gateway: seats and venue let nothing in, and what rests is withdrawn. */
  #doubted(): void {
    const { epoch } = this.#tenure;
    this.#io.err(
      `the lease of gateway ${epoch} is not confirmed: nothing but withdrawals passes; waiting for the broker`,
    );
    this.#record({ doubt: true });
    this.#concern(true, `the lease of gateway ${epoch} is not confirmed: the broker does not answer in time`);
  }

  #resumed(epoch: number): void {
    writeSuccession(this.#runPath, this.#self);
    this.#record({});
    this.#concern(false, `the broker answers again: gateway ${epoch}`);
    this.#io.out(`gateway ${epoch} of the cluster "${this.#self.cluster}", as ${this.#self.node}: the broker answers`);
    this.#say("running");
  }

  #record(more: { readonly doubt?: true }): void {
    this.#journal!.note(RecordType.Note, {
      gateway: { ...this.#self, start: this.#link.start, config: this.#hash, ...more },
    });
  }

  #concern(active: boolean, detail: string): void {
    const { system, mode } = this.#node!.parts;
    const time = system.clock.now();
    mode.report(concern({ kind: "gateway-lease", active, detail, time }), time);
  }

  #say(state: NodeState): void {
    const { system, mode, control } = this.#node!.parts;
    this.#status = {
      state,
      version: VERSION,
      config: this.#hash,
      epoch: this.#tenure.epoch,
      shards: this.#shards(),
      detail: mode.mode === "FullPerformance" ? "" : mode.reason,
      alarms: alarmsOf(this.#node!),
      time: system.clock.now(),
      speed: this.#config.node.speed as number,
      mode: mode.mode,
      firm: scopeStateName(control.scope(FIRM_SCOPE)),
    };
    this.#link.say(this.#status);
  }

  /** Signs of life may be overdue: asks, and waits until one is confirmed. Throws UserError GATEWAY_FENCED. */
  async #confirm(): Promise<void> {
    const { lease } = this.#tenure;
    do {
      const lost = await lease.check().then(() => false, (error) => (error as BrokerError).code === "LEASE_LOST");
      if (lost) {
        throw new UserError(
          "GATEWAY_FENCED",
          `another gateway has begun while gateway ${lease.epoch} was starting: start this one again as a standby`,
        );
      }
      if (!lease.held) await sleepWall(BEAT_MS, this.#io.signal);
    } while (!lease.held && !this.#io.signal.aborted);
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

/** Most alerts that a status carries; the gateway's own console has them all. */
const MOST_ALARMS = 20;
const LONGEST_ALARM = 500;
/** Everybody who can read the topic sees them: nothing about who trades. */
const EVERYBODY: Principal = { kind: "owner", id: "status", person: "owner", roles: [], actions: [], session: null };

function alarmsOf({ alerts }: Pick<ComposedNode, "alerts">): readonly string[] | undefined {
  const open = alerts.view(EVERYBODY).alerts
    .filter(({ kind, state }) => state !== "closed" && !ABOUT_TRADERS.includes(kind))
    .slice(0, MOST_ALARMS)
    .map(({ id, severity, text }) => `${severity} alert ${id}: ${text}`.slice(0, LONGEST_ALARM));
  return open.length === 0 ? undefined : open;
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
