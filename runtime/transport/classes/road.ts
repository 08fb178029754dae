/** A reader's end of one of the brokers of a class: what it has brought and nobody has taken, and what is to be committed there. */
import { Sleep } from "../../internal/wall.ts";
import type { Beginning, Broker, Delivered, Position, SubscribeOptions, Subscription } from "../broker.ts";
import { BrokerError, passes } from "../errors.ts";

const TAKE = 256;
const TAKE_MS = 500;
/** Letters of a partition that wait behind one that has to wait; of more, the rest is read again later. */
const MOST_QUEUED = 2_000;
const PAUSE_MS = 50;

/** Something that came, and after what: `seen` rises with everything that happens in a subscription. */
export interface Arrived {
  readonly one: Delivered;
  readonly seen: number;
}

interface Strand {
  readonly queue: Arrived[];
  /** Offset of the first that was let fall because too many wait. */
  resumeAt: number | null;
  /** Offsets of the latest that was handed out, and of the latest that was dropped as a duplicate. */
  handed: number;
  dropped: number;
  committed: number;
}

export class Road {
  readonly strands = new Map<number, Strand>();
  /** Of partitions that were lost: how far they had been handed out. They may come back before that is committed. */
  private readonly handedBefore = new Map<number, number>();
  private subscription: Subscription | null = null;
  private closed = false;
  private sleep: Sleep | null = null;
  private demand = Promise.withResolvers<void>();
  private wanted = true;
  private readonly running: Promise<void>;
  private readonly toCommit = new Map<number, number>();
  private committing: Promise<void> | null = null;
  /** What no other try would change. */
  failure: BrokerError | null = null;

  constructor(
    readonly broker: Broker,
    private readonly group: string,
    private readonly topic: string,
    private readonly options: SubscribeOptions,
    private readonly tick: () => number,
    private readonly arrived: () => void,
  ) {
    this.running = this.run();
  }

  get partitions(): readonly number[] {
    return this.subscription?.partitions ?? [];
  }

  /** All that may be handed out has been: read on. */
  want(): void {
    this.wanted = true;
    this.demand.resolve();
  }

  handed(partition: number, offset: number): void {
    this.strands.get(partition)!.handed = offset;
  }

  /** A duplicate is dealt with as soon as all before it is. */
  dropped(partition: number, offset: number): void {
    const strand = this.strands.get(partition)!;
    strand.dropped = offset;
    if (strand.committed >= strand.handed) void this.commit([{ partition, offset }]).catch(() => {});
  }

  /** In one write at a time, again and again until the broker answers. Rejects with what another try does not change. */
  commit(positions: readonly Position[]): Promise<void> {
    for (const { partition, offset } of positions) {
      const strand = this.strands.get(partition);
      const upTo = strand !== undefined && offset >= strand.handed ? Math.max(offset, strand.dropped) : offset;
      if (strand !== undefined) strand.committed = Math.max(strand.committed, upTo);
      this.toCommit.set(partition, Math.max(this.toCommit.get(partition) ?? -1, upTo));
    }
    // What comes while a write is under way goes out in the next.
    const before = this.committing;
    const mine = (before ?? Promise.resolve()).catch(() => {}).then(() => this.commitNow());
    this.committing = mine;
    const settled = () => {
      if (this.committing === mine) this.committing = null;
    };
    mine.then(settled, settled);
    return mine;
  }

  async seek(partition: number, to: number | Beginning): Promise<void> {
    if (this.subscription === null) throw this.lost(partition);
    await this.subscription.seek(partition, to);
    this.strands.delete(partition);
    this.handedBefore.delete(partition);
    this.want();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.sleep?.end();
    this.demand.resolve();
    await this.subscription?.close();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        this.subscription ??= await this.broker.subscribe(this.group, this.topic, this.options);
        if (this.closed) return void await this.subscription.close();
        await this.read(this.subscription);
        this.failure = null;
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (!passes(error) && error.code !== "PARTITION_LOST") {
          this.failure = error;
          this.arrived();
        }
        if (this.closed) return;
        this.sleep = new Sleep(PAUSE_MS);
        await this.sleep.done;
      }
    }
  }

  private async read(subscription: Subscription): Promise<void> {
    if (!this.wanted) {
      await this.demand.promise;
      return;
    }
    await this.resume(subscription);
    const taken = await subscription.take(TAKE, TAKE_MS);
    // Lost to another member, who gets what was not committed.
    for (const partition of [...this.strands.keys()]) {
      if (!subscription.partitions.includes(partition)) this.lose(partition);
    }
    if (taken.length === 0 || this.closed) return;
    this.wanted = false;
    this.demand = Promise.withResolvers();
    for (const one of taken) this.put(one);
    this.arrived();
  }

  private lose(partition: number): void {
    const { handed, committed } = this.strands.get(partition)!;
    if (handed > committed) this.handedBefore.set(partition, handed);
    this.strands.delete(partition);
  }

  private put(one: Delivered): void {
    let strand = this.strands.get(one.partition);
    if (strand === undefined) {
      const handed = this.handedBefore.get(one.partition) ?? -1;
      strand = { queue: [], resumeAt: null, handed, dropped: -1, committed: -1 };
      this.strands.set(one.partition, strand);
    }
    if (strand.resumeAt !== null) return;
    if (strand.queue.length < MOST_QUEUED) strand.queue.push({ one, seen: this.tick() });
    else strand.resumeAt = one.offset;
  }

  private async resume(subscription: Subscription): Promise<void> {
    for (const [partition, strand] of this.strands) {
      if (strand.resumeAt === null || strand.queue.length > 0) continue;
      await subscription.seek(partition, strand.resumeAt);
      strand.resumeAt = null;
    }
  }

  private async commitNow(): Promise<void> {
    while (this.toCommit.size > 0 && !this.closed) {
      const { subscription } = this;
      const positions = [...this.toCommit].map(([partition, offset]) => ({ partition, offset }));
      try {
        if (subscription === null) throw this.lost(positions[0].partition);
        this.toCommit.clear();
        // Each by itself: one that is lost says nothing of the others.
        const commits = await Promise.allSettled(positions.map((one) => subscription.commit([one])));
        const failed = commits.findLast((one) => one.status === "rejected");
        if (failed !== undefined) throw failed.reason;
        return;
      } catch (error) {
        if (!passes(error)) throw error;
        for (const { partition, offset } of positions) {
          this.toCommit.set(partition, Math.max(this.toCommit.get(partition) ?? -1, offset));
        }
        await new Sleep(PAUSE_MS).done;
      }
    }
  }

  private lost(partition: number): BrokerError {
    return new BrokerError("PARTITION_LOST", `partition ${partition} of "${this.topic}" is not held here.`);
  }
}
