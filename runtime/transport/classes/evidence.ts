/**
 * What a group has not dealt with on one broker, lane by lane: asked only while a letter of another broker waits to know it.
 * When the group is behind there, what it is behind with is read, in a group of its own that commits nothing.
 */
import { Sleep } from "../../internal/wall.ts";
import type { Broker, PartitionLag, Subscription } from "../broker.ts";
import { BrokerError, FrameError } from "../errors.ts";
import { type Mark, unseal } from "./mark.ts";

const PAUSE_MS = 50;
const TAKE = 1_000;
const TAKE_MS = 250;
/** Who is further behind than this has to read it anyway before anything waits for it in vain. */
const MOST_READ = 200_000;
/** Looks for something that does not come: the server has stopped, or it has been thrown away meanwhile. */
const PATIENCE = 4;

interface Found {
  readonly partition: number;
  readonly offset: number;
  readonly sequence: number;
}

const laneName = ({ producer, lane }: Mark): string => `${producer}#${lane}`;

export class Evidence {
  /** The latest moment, as `tick` counts, after which what is said here was looked at. */
  private lookedAt = -1;
  private readonly open = new Map<string, Found[]>();
  /** Of each partition: how far it has been read. */
  private readonly readTo = new Map<number, number>();
  /** Counts questions, so that asking ends when the last one has been answered. */
  private wanted = 0;
  private asking: Promise<void> | null = null;
  private closed = false;
  private peek: Subscription | null = null;

  constructor(
    private readonly broker: Broker,
    private readonly group: string,
    private readonly topic: string,
    /** Name of a group that nobody else uses. */
    private readonly own: string,
    private readonly tick: () => number,
    private readonly arrived: () => void,
  ) {}

  /** Whether, after moment `seen`, nothing of the mark's lane below its route's beginning was open here; asks when it does not know. */
  settled(mark: Mark, seen: number): boolean {
    if (this.lookedAt > seen && !this.open.get(laneName(mark))?.some(({ sequence }) => sequence < mark.begins)) {
      return true;
    }
    this.wanted++;
    this.asking ??= this.ask().finally(() => this.asking = null);
    return false;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.asking;
    await this.peek?.close();
  }

  private async ask(): Promise<void> {
    let answered = -1;
    while (!this.closed && answered < this.wanted) {
      answered = this.wanted;
      const asked = this.tick();
      try {
        if (await this.look()) this.lookedAt = asked;
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
      }
      // Whoever still has to wait asks again.
      this.arrived();
      await new Sleep(PAUSE_MS).done;
    }
    await this.drop();
  }

  /** What is known stays known: it can only become less. */
  private async drop(): Promise<void> {
    const { peek } = this;
    this.peek = null;
    await peek?.close().catch(() => {});
  }

  /** Whether all that was open when it began is known now. */
  private async look(): Promise<boolean> {
    const lag = await this.broker.lag(this.group, this.topic);
    for (const [lane, found] of this.open) {
      const left = found.filter(({ partition, offset }) => offset >= (lag[partition]?.committed ?? 0));
      if (left.length > 0) this.open.set(lane, left);
      else this.open.delete(lane);
    }
    const behind = lag.filter((one) => one.behind > 0);
    if (behind.length === 0) return true;
    if (behind.reduce((sum, one) => sum + one.behind, 0) > MOST_READ) return false;
    if (this.peek === null) {
      this.unknow();
      this.peek = await this.broker.subscribe(this.own, this.topic);
    }
    return await this.read(this.peek, behind);
  }

  private async read(peek: Subscription, behind: readonly PartitionLag[]): Promise<boolean> {
    const ends = new Map<number, number>();
    const unknown = new Map<number, number>();
    for (const { partition, committed, behind: count } of behind) {
      if (!peek.partitions.includes(partition)) {
        // It comes to a subscriber by and by, while it takes.
        await peek.take(1, TAKE_MS);
        this.unknow();
        return false;
      }
      if (committed === null) unknown.set(partition, count);
      else ends.set(partition, committed + count);
      const at = this.readTo.get(partition);
      if (at !== undefined && committed !== null && at >= committed) continue;
      await peek.seek(partition, committed ?? "first");
      this.forgetPartition(partition);
      this.readTo.set(partition, committed ?? 0);
    }
    const missing = () =>
      [...ends].some(([partition, end]) => (this.readTo.get(partition) ?? 0) < end) ||
      [...unknown.values()].some((count) => count > 0);
    for (let empty = 0; missing() && empty < PATIENCE && !this.closed;) {
      const taken = await peek.take(TAKE, TAKE_MS);
      empty = taken.length === 0 ? empty + 1 : 0;
      for (const one of taken) {
        this.readTo.set(one.partition, one.offset + 1);
        const left = unknown.get(one.partition);
        if (left !== undefined) unknown.set(one.partition, left - 1);
        if (one.kind === "letter") this.note(one.partition, one.offset, one.letter);
      }
    }
    // A server that has stopped brings nothing either: what was not read is not known.
    return !missing();
  }

  private unknow(): void {
    this.lookedAt = -1;
    this.open.clear();
    this.readTo.clear();
  }

  private forgetPartition(partition: number): void {
    this.lookedAt = -1;
    for (const [lane, found] of this.open) this.open.set(lane, found.filter((one) => one.partition !== partition));
  }

  private note(partition: number, offset: number, letter: Parameters<typeof unseal>[0]): void {
    let mark: Mark;
    try {
      ({ mark } = unseal(letter));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return;
    }
    const lane = laneName(mark);
    const found = this.open.get(lane) ?? [];
    found.push({ partition, offset, sequence: mark.sequence });
    this.open.set(lane, found);
  }
}
