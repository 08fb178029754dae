/** The reading end of a topic of a class: all brokers at once, in the order that routes.ts promises. */
import { wallMs } from "../../internal/wall.ts";
import type { Beginning, Broker, Delivered, Position, SubscribeOptions, Subscription } from "../broker.ts";
import { BrokerError, FrameError } from "../errors.ts";
import { encodeFrame } from "../frame.ts";
import { LATE, within } from "./answer.ts";
import { Evidence } from "./evidence.ts";
import { type Mark, type Marked, unseal } from "./mark.ts";
import type { Verdict } from "./progress.ts";
import { type Arrived, Road } from "./road.ts";

/** Says what is to be done with a letter; `settled` asks the other brokers, and is false until they have answered. */
export interface Judge {
  judge(mark: Mark, settled: () => boolean): Verdict;
  /** A reader that went back is to hear again what it has heard. */
  forget(): void;
}

export class ClassSubscription implements Subscription {
  private readonly roads: readonly Road[];
  private readonly evidence: readonly Evidence[];
  private arrival = Promise.withResolvers<void>();
  private ticks = 0;
  private turn = 0;
  private blocked = 0;
  private closed = false;

  constructor(
    private readonly brokers: readonly Broker[],
    group: string,
    topic: string,
    options: SubscribeOptions,
    private readonly judge: Judge,
    private readonly answerMs: number,
    /** A group that this subscription has to itself. */
    peek: string,
    private readonly forgetMe: (self: ClassSubscription) => void,
  ) {
    const tick = () => ++this.ticks;
    const arrived = () => {
      this.arrival.resolve();
      this.arrival = Promise.withResolvers();
    };
    this.evidence = brokers.map((broker) => new Evidence(broker, group, topic, peek, tick, arrived));
    this.roads = brokers.map((broker) => new Road(broker, group, topic, options, tick, arrived));
  }

  /** Numbers of its own: partition p of the n-th of k brokers is p·k + n. */
  get partitions(): readonly number[] {
    return this.roads.flatMap((road, at) => road.partitions.map((partition) => this.numbered(partition, at)))
      .sort((a, b) => a - b);
  }

  /** Partitions that wait for what another broker has not brought yet. */
  get waiting(): number {
    return this.blocked;
  }

  async take(most: number, waitMs: number): Promise<readonly Delivered[]> {
    const until = wallMs() + waitMs;
    for (;;) {
      if (this.closed) throw new BrokerError("BROKER_CLOSED", "the subscription has been closed.");
      const { arrival } = this;
      const taken = this.collect(most);
      const left = until - wallMs();
      if (taken.length > 0) return taken;
      const failures = this.roads.map(({ failure }) => failure);
      if (failures.every((failure) => failure !== null)) throw failures[0];
      if (left <= 0) return taken;
      await within(arrival.promise, left);
    }
  }

  /**
   * Rejects with BROKER_UNREACHABLE when a broker that letters came from does not answer in time; it is told again by itself,
   * and until then the letters may come again.
   */
  async commit(delivered: readonly Position[]): Promise<void> {
    const commits = this.roads.map((road, at) => {
      const mine = delivered.filter(({ partition }) => partition % this.brokers.length === at)
        .map(({ partition, offset }) => ({ partition: this.inner(partition), offset }));
      return mine.length === 0 ? null : within(road.commit(mine), this.answerMs);
    });
    const results = await Promise.allSettled(commits);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const late = results.findIndex((result) => result.status === "fulfilled" && result.value === LATE);
    if (late < 0) return;
    const { kind } = this.brokers[late];
    throw new BrokerError(
      "BROKER_UNREACHABLE",
      `${kind} does not answer: what came from it is committed when it does.`,
    );
  }

  async seek(partition: number, to: number | Beginning): Promise<void> {
    const road = this.roads[partition % this.brokers.length];
    await road.seek(this.inner(partition), to);
    this.judge.forget();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forgetMe(this);
    this.arrival.resolve();
    await Promise.all([...this.evidence, ...this.roads].map((one) => one.close()));
  }

  private numbered(partition: number, at: number): number {
    return partition * this.brokers.length + at;
  }

  private inner(partition: number): number {
    return Math.floor(partition / this.brokers.length);
  }

  /** Another broker first each time, so that a full one does not keep the others waiting. */
  private collect(most: number): Delivered[] {
    const out: Delivered[] = [];
    this.blocked = 0;
    const begin = this.turn++ % this.roads.length;
    for (let i = 0; i < this.roads.length && out.length < most; i++) {
      const at = (begin + i) % this.roads.length;
      const road = this.roads[at];
      let more = false;
      for (const [partition, { queue }] of road.strands) {
        let count = 0;
        while (count < queue.length && out.length < most) {
          const verdict = this.open(queue[count], at);
          if (verdict === "wait") break;
          const { one } = queue[count++];
          if (verdict === "duplicate") road.dropped(partition, one.offset);
          else {
            road.handed(partition, one.offset);
            out.push(verdict);
          }
        }
        queue.splice(0, count);
        if (queue.length > 0) {
          if (out.length < most) this.blocked++;
          else more = true;
        }
      }
      if (!more) road.want();
    }
    return out;
  }

  /** What is handed out for it, or that it is not. */
  private open({ one, seen }: Arrived, at: number): Delivered | "duplicate" | "wait" {
    const { offset } = one;
    const partition = this.numbered(one.partition, at);
    if (one.kind !== "letter") return { ...one, partition };
    let marked: Marked;
    try {
      marked = unseal(one.letter);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      const { code, message: why } = error;
      return { kind: "bad", partition, offset, code, why, frame: one.frame };
    }
    const verdict = this.judge.judge(marked.mark, () => this.settled(at, seen, marked.mark));
    if (verdict !== "deliver") return verdict;
    const { key, letter } = marked;
    return {
      ...{ kind: "letter", partition, offset, key, letter },
      /** Without the mark: what another topic may be given as it is. */
      get frame() {
        return encodeFrame({ key, letter });
      },
    };
  }

  /** Whether nothing of its lane below its route's beginning is open on another broker, as looked at after it came. */
  private settled(at: number, seen: number, mark: Mark): boolean {
    // Each of them is asked, so that they look at one time.
    return this.evidence.map((one, other) => other === at || one.settled(mark, seen)).every((settled) => settled);
  }
}
