/**
 * A node in its cluster: its name, which no other live node may bear, a number that no other start of a process has, the
 * topics, and the board of all nodes.
 *
 * Topics have one partition, so that what one gateway reads has one order. Every process reads with a group of its own from
 * the moment it begins: what was said before is about another state of the world.
 */
import { UserError } from "../../../config/mod.ts";
import {
  type Broker,
  BrokerError,
  type Lease,
  type Letter,
  type Position,
  type Publication,
  type RouteChange,
  type Subscription,
} from "../../../runtime/transport/mod.ts";
import { LetterFaults, LetterSeal, readSecrets } from "../../cluster/mod.ts";
import { clockSentence, NodeBoard, readStatus, statusLetter } from "../../placement/status.ts";
import { type NodeStatus, type OfferStatus, SCOPE_STATES } from "../../protocol/mod.ts";
import { sleepWall, wallMillis, wallNanos } from "../wall.ts";
import { Carriers } from "./brokers.ts";
import type { ClusterOptions } from "./cluster_options.ts";
import type { RoleGuard } from "./role_guard.ts";
import { BEAT_MS } from "./seats.ts";

/** A lease outlives its last sign of life by this, wall milliseconds: how long a shard or the gateway is gone at least. */
export const DEFAULT_LEASE_MS = 2_000;
/** Share of a lease after which its holder stops by itself; the same for silence. */
export const silenceOf = (leaseMs: number): number => Math.round(leaseMs * 0.75);

export interface Topics {
  /** What holders say, by shard. */
  readonly orders: string;
  /** What seats say, by shard. */
  readonly reports: string;
  readonly status: string;
}

export const topicsOf = (cluster: string): Topics => ({
  orders: `${cluster}-orders`,
  reports: `${cluster}-reports`,
  status: `${cluster}-status`,
});

const NAME = /^[A-Za-z0-9_-]{1,40}$/;
const TAKE = 500;
const TAKE_MS = 500;
/** Between two lines about the same trouble, nanoseconds. */
const SAID_NANOS = 5e9;

export class ClusterLink {
  readonly topics: Topics;
  readonly board: NodeBoard;
  readonly leaseMs: number;
  /** Letters that were refused, of whatever topic. */
  bad = 0;
  readonly #closing = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #said = new Map<string, number>();
  readonly #carriers = new Carriers();
  /** Starts of nodes whose clock was told to be another one than this machine's. */
  readonly #apart = new Set<string>();
  readonly #faults = new LetterFaults();
  /** Configurations that were offered; null: it follows none. */
  book: { readonly status: OfferStatus | undefined } | null = null;
  /** By which this node is killed; null: it is told nothing. */
  guard: RoleGuard | null = null;
  /** Hears when a topic of this node goes over another of several brokers. */
  onRoute: (change: RouteChange) => void = () => {};
  #lastPublish: Promise<void> = Promise.resolve();
  #beats = 0;

  private constructor(
    readonly broker: Broker,
    readonly options: ClusterOptions,
    /** Unique in the cluster, and higher than that of every start before. */
    readonly start: number,
    readonly name: Lease,
    /** Signs what goes out by `publish`, and opens what comes by `follow`. */
    private readonly seal: LetterSeal,
  ) {
    this.topics = topicsOf(options.cluster);
    this.leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.board = new NodeBoard({ now: wallNanos }, BEAT_MS);
  }

  /** Throws UserError NODE_NAME_TAKEN, CLUSTER_NAME or CLUSTER_SECRET, and what the broker refuses. */
  static async join(options: ClusterOptions): Promise<ClusterLink> {
    const { cluster, node, leaseMs = DEFAULT_LEASE_MS } = options;
    for (const [what, name] of [["--cluster", cluster], ["--node", node]]) {
      if (NAME.test(name)) continue;
      throw new UserError("CLUSTER_NAME", `${what} is 1 to 40 letters, digits, "-" and "_", not "${name}"`);
    }
    const secretFile = options.kill?.secretFile;
    const seal = new LetterSeal(cluster, secretFile === undefined ? null : readSecrets(secretFile));
    const early: RouteChange[] = [];
    let hear = (change: RouteChange): void => void early.push(change);
    const broker = await options.open({ node: `${cluster}-${node}`, partitions: 1 }, (change) => hear(change));
    try {
      const name = await broker.lease(`${cluster}-node-${node}`, { ttlMs: leaseMs, waitMs: 2 * leaseMs });
      if (name === null) {
        throw new UserError(
          "NODE_NAME_TAKEN",
          `a node "${node}" is running in the cluster "${cluster}": stop it, or name this one with --node`,
        );
      }
      const start = await startNumber(broker, cluster);
      const link = new ClusterLink(broker, options, start, name, seal);
      hear = (change) => link.#routed(change);
      early.forEach(hear);
      for (const topic of Object.values(link.topics)) await broker.createTopic(topic, 1);
      await link.follow(link.topics.status, (letter) => {
        const status = readStatus(letter);
        if (status === null) link.refused(`a letter of ${letter.envelope.node} is no status of a node`);
        else link.#heard(status, letter.envelope.sequence);
      });
      return link;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  #heard(status: NodeStatus, sequence: number): void {
    const clock = wallMillis();
    this.board.hear(status, clock, sequence);
    const start = `${status.node} ${status.start}`;
    const aheadMs = (status.clock ?? clock) - clock;
    const sentence = clockSentence(status.node, aheadMs, "this machine's");
    if (sentence === null || this.#apart.has(start)) return;
    this.#apart.add(start);
    this.options.err(sentence);
  }

  /** Whether letters are signed here. */
  get signs(): boolean {
    return this.seal.signs;
  }

  /** Name of a lease of this cluster. */
  lease(what: string): string {
    return `${this.options.cluster}-${what.replace(/[^A-Za-z0-9-]/g, (one) => `_${one.codePointAt(0)!.toString(16)}`)}`;
  }

  /** Signs, and sends behind everything sent before; never rejects. What is lost is noticed by whoever should have got it. */
  publish(topic: string, key: string, letter: Letter): void {
    const signed = this.seal.sign(topic, key, letter);
    this.#lastPublish = this.broker.publish(topic, key, signed).catch((error) => this.trouble(error));
  }

  /** Resolves when everything is kept that was published up to now, or is lost. */
  flushed(): Promise<void> {
    return this.#lastPublish;
  }

  /** Reads a topic from now on; resolves when nothing that is published from here on is missed. */
  async follow(topic: string, hear: (letter: Letter, key: string) => void): Promise<void> {
    const { cluster, node } = this.options;
    const group = `${cluster}-${node}-${this.start}`;
    const subscription = await this.broker.subscribe(group, topic, { from: "next", passing: true });
    const begun = Promise.withResolvers<void>();
    const loop = async () => {
      while (!this.#closing.signal.aborted) {
        try {
          if (subscription.partitions.length > 0) begun.resolve();
          const taken = await subscription.take(TAKE, TAKE_MS);
          for (const one of taken) {
            if (one.kind === "letter") this.#open(topic, one, hear);
            else if (one.kind === "bad") this.refused(one.why);
          }
          this.#dealtWith(subscription, taken);
        } catch (error) {
          if (this.#closing.signal.aborted) return;
          this.trouble(error);
          await sleepWall(TAKE_MS, this.#closing.signal);
        }
      }
    };
    this.#loops.push(loop());
    await begun.promise;
  }

  /** Nobody hears a letter that is not believed. */
  #open(topic: string, { letter, key }: Publication, hear: (letter: Letter, key: string) => void): void {
    const opened = this.seal.open(topic, key, letter);
    if (opened.ok) return hear(opened.letter, key);
    this.bad++;
    const sentence = this.#faults.tell(opened.code, letter.envelope.node, topic);
    if (sentence !== null) this.options.err(sentence);
  }

  /** Of several brokers, one is asked what is not dealt with on another before a letter that moved is handed out. */
  #dealtWith(subscription: Subscription, taken: readonly Position[]): void {
    if (this.broker.kind !== "classed" || taken.length === 0) return;
    subscription.commit(taken).catch((error) => this.trouble(error));
  }

  #routed(change: RouteChange): void {
    this.#carriers.hear(change);
    this.onRoute(change);
  }

  /** Waited for when the link closes. */
  keep(loop: Promise<void>): void {
    this.#loops.push(loop);
  }

  /** Aborted when the link closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** A letter that is none of ours: counted, and told now and then. */
  refused(why: string): void {
    this.bad++;
    this.#say("bad", `refused: ${why}`);
  }

  trouble(error: unknown): void {
    const { code, message } = error instanceof BrokerError ? error : { code: "BROKER", message: String(error) };
    if (code !== "BROKER_CLOSED") this.#say(code, `${code}: ${message}`);
  }

  /** Tells the others how this node is. */
  say(status: Omit<NodeStatus, "node" | "start" | "role" | "bad" | "carriers" | "kills" | "offer" | "clock">): void {
    const { node, role } = this.options;
    const { all } = this.#carriers;
    const carriers = all.length === 0 ? undefined : all;
    const kills = this.guard?.latest.map(({ id, scope, state, from, reason }) => ({
      ...{ id, scope, state: SCOPE_STATES[state], from, reason },
    }));
    const offer = this.book?.status;
    const own = { node, role, start: this.start, bad: this.bad, carriers, kills, offer, clock: wallMillis() };
    const letter = statusLetter({ ...status, ...own }, ++this.#beats);
    this.publish(this.topics.status, node, letter);
  }

  async close(): Promise<void> {
    await this.flushed();
    this.#closing.abort();
    await this.guard?.close();
    await this.broker.close();
    await Promise.all(this.#loops);
  }

  #say(what: string, line: string): void {
    const now = wallNanos();
    if (now - (this.#said.get(what) ?? -Infinity) < SAID_NANOS) return;
    this.#said.set(what, now);
    this.options.err(line);
  }
}

/** Each holder of this lease has an epoch of its own, which is all that is wanted of it. */
async function startNumber(broker: Broker, cluster: string): Promise<number> {
  const lease = await broker.lease(`${cluster}-start`, { ttlMs: 2_000, waitMs: 30_000 });
  if (lease === null) throw new UserError("CLUSTER_BUSY", "too many nodes start at one time: start this one again");
  await lease.release();
  return lease.epoch;
}
