/**
 * The organisms of a node over one gateway: a system of actors that begins with the gateway's time and ends with its epoch.
 * Another gateway is another market: its organisms begin anew in a system of their own.
 */
import type { Config } from "../../../config/mod.ts";
import { UserError } from "../../../config/mod.ts";
import { type ActorRef, ActorSystem } from "../../../runtime/mod.ts";
import type { Letter } from "../../../runtime/transport/mod.ts";
import { supervise, type SupervisorMessage } from "../../../supervision/mod.ts";
import { DoorState, type FromSeat, type KilledHere } from "../../placement/door.ts";
import { readSeatWord, WordError } from "../../placement/words.ts";
import type { Instrument, NodeStatus, ShardStatus } from "../../protocol/mod.ts";
import { type ClusterLink, silenceOf } from "./cluster_link.ts";
import type { HeldShard } from "./shard_leases.ts";
import { DOOR, ORGANISM, shardBranch } from "./shard_tree.ts";

/** Ids that one start of a process may give out, and as many starts as fit below the ids of a simulated crowd. */
const IDS = 2 ** 32;
const MOST_STARTS = 2 ** 20;
const ROOT = "shards";

export interface HostingOptions {
  readonly link: ClusterLink;
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly hash: string;
  readonly gateway: NodeStatus;
  readonly out: (line: string) => void;
  /** Why no order of a shard in an instrument may leave this node; null: it may. */
  readonly killed: (shard: string, instrument: number) => KilledHere | null;
  /** The gateway refuses this node for a shard, or has a later holder. */
  readonly over: (shard: string, reason: string) => void;
}

interface Hosted {
  readonly held: HeldShard;
  readonly state: DoorState;
}

export class Hosting {
  readonly #options: HostingOptions;
  readonly #system: ActorSystem;
  readonly #root: ActorRef<SupervisorMessage>;
  readonly #running: Promise<unknown>;
  readonly #hosted = new Map<string, Hosted>();

  constructor(options: HostingOptions) {
    this.#options = options;
    const { link, config, gateway } = options;
    if (link.start >= MOST_STARTS) {
      throw new UserError(
        "CLUSTER_WORN",
        `the cluster has started ${link.start} nodes and has no ids left: name another`,
      );
    }
    this.#system = new ActorSystem({
      seed: config.node.seed,
      start: gateway.time,
      speed: gateway.speed,
      idsAfter: link.start * IDS,
      epoch: link.start,
    });
    this.#root = supervise(this.#system, ROOT, { id: ROOT, strategy: "one_for_one", children: [] });
    this.#system.events.subscribe((event) => {
      if (event.kind === "crashed") options.out(`${event.path} crashed: ${event.reason}`);
    });
    this.#running = this.#system.run();
  }

  get epoch(): number {
    return this.#options.gateway.epoch;
  }

  begin(held: HeldShard): void {
    const { link, config, instruments, hash, gateway, over, out } = this.#options;
    const { shard, lease } = held;
    const state = new DoorState();
    this.#hosted.set(shard, { held, state });
    const spec = shardBranch(config, instruments, {
      shard,
      state,
      node: link.options.node,
      epoch: lease.epoch,
      gateway: gateway.epoch,
      config: hash,
      held: () => lease.held,
      killed: (instrument) => this.#options.killed(shard, instrument),
      silenceMs: silenceOf(link.leaseMs),
      send: (letter) => link.publish(link.topics.orders, shard, letter),
      again: (reason) => {
        out(`${shard}: halted, ${reason}; it begins anew`);
        const branch = this.#find<SupervisorMessage>(shard);
        branch?.tell({ kind: "TerminateChild", id: ORGANISM });
        branch?.tell({ kind: "RestartChild", id: ORGANISM });
      },
      over: (reason) => over(shard, reason),
    });
    this.#system.inject(() => this.#root.tell({ kind: "StartChild", spec }));
  }

  /** Resolves when its organism has ended and the gateway has been told. */
  async end(shard: string): Promise<void> {
    if (!this.#hosted.delete(shard)) return;
    this.#system.inject(() => this.#root.tell({ kind: "TerminateChild", id: shard }));
    for (let i = 0; i < ENDS && this.#system.find(`/${ROOT}/${shard}`) !== undefined; i++) await passing(this.#system);
    await this.#options.link.flushed();
  }

  /** A letter of the topic of reports; those of shards that are elsewhere are none of ours. */
  hear(letter: Letter, shard: string): void {
    if (!this.#hosted.has(shard)) return;
    try {
      const word = readSeatWord(letter);
      const { epoch, sequence } = letter.envelope;
      const door = this.#find<FromSeat>(`${shard}/${DOOR}`);
      if (door) this.#system.deliver(door, { kind: "FromSeat", epoch, sequence, ...word }, letter.envelope);
    } catch (error) {
      if (!(error instanceof WordError)) throw error;
      this.#options.link.refused(error.message);
    }
  }

  shards(): ShardStatus[] {
    const { node } = this.#options.link.options;
    return [...this.#hosted].map(([shard, { held, state }]) => ({
      shard,
      holder: node,
      epoch: held.lease.epoch,
      halted: this.#haltOf(shard, held, state),
      sent: state.sent,
      taken: state.fence.last,
      refused: state.kept,
    }));
  }

  #haltOf(shard: string, { lease }: HeldShard, { halted }: DoorState): string | null {
    if (!lease.held) return "its lease is not confirmed";
    return halted === null && this.#find(`${shard}/${DOOR}`) === undefined ? "its organism failed too often" : halted;
  }

  async close(): Promise<void> {
    await this.#system.stop();
    this.#system.halt();
    await this.#running;
  }

  #find<M>(path: string): ActorRef<M> | undefined {
    return this.#system.find(`/${ROOT}/${path}`) as ActorRef<M> | undefined;
  }
}

/** Turns of the system that a branch may take to end. */
const ENDS = 1_000;

/** Resolves after what the system has to do now. */
const passing = (system: ActorSystem): Promise<void> =>
  new Promise((resolve) => system.inject(() => system.inject(resolve)));
