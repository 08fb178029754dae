/**
 * Binance's order book from diffs and a snapshot, by the exchange's published rules.
 *
 * 1. Until a snapshot arrives, diffs are buffered.
 * 2. Diffs that end before the snapshot are dropped: u ≤ lastUpdateId on spot, u < lastUpdateId on usdm.
 * 3. The first diff applied must straddle the snapshot: U ≤ lastUpdateId + 1 ≤ u on spot, U ≤ lastUpdateId ≤ u on usdm
 *    (or follow it directly, pu = lastUpdateId, which says the same).
 * 4. From then on each diff continues the one before: U = previous u + 1 on spot, pu = previous u on usdm.
 *
 * A diff that breaks rule 3 or 4 is a gap; a book whose best bid is at or above its best ask after a whole diff is
 * crossed. Both make the book invalid until the next snapshot: a book that may be wrong is no book. No tolerance is
 * given for a crossed book: in the recordings we have, usdm depth@0ms and spot depth@100ms, not one of 13 037 diffs
 * leaves one. A recording without a snapshot therefore never becomes live, unless it continues one that is.
 *
 * A snapshot that arrives while the book is live is not used: it knows fewer levels (1 000) than a book that is kept.
 * Which market it is shows in the diffs themselves: only usdm has pu.
 */
import { type CaptureMessage, NO_PREVIOUS } from "../replay/message.ts";
import { LevelBook } from "../../protocol/level_book.ts";

export const Outcome = {
  /** The diff was applied; the book is live. */
  Applied: 1,
  /** The diff is older than the snapshot: dropped. */
  Dropped: 2,
  /** No usable snapshot yet: the diff is kept for it. */
  Buffered: 3,
  /** A snapshot and the diffs kept for it made the book live. */
  Live: 4,
  /** The book was live and is not any more; `detail` says why. */
  Lost: 5,
  /** The snapshot was not used: the book is live without it, or it is older than the diffs kept. */
  Unused: 6,
} as const;
export type Outcome = typeof Outcome[keyof typeof Outcome];

/** Diffs kept while waiting; a snapshot is seconds old at most, and a diff comes every 50 to 100 ms. */
const MAX_KEPT = 4096;

interface KeptDiff {
  readonly firstId: number;
  readonly lastId: number;
  readonly previousId: number;
  readonly bidCount: number;
  readonly prices: Float64Array<ArrayBuffer>;
  readonly quantities: Float64Array<ArrayBuffer>;
}

type Diff = Pick<CaptureMessage, "firstId" | "lastId" | "previousId" | "bidCount" | "prices" | "quantities">;

export class BookBuilder {
  readonly book = new LevelBook();
  /** Why the book is not live, for people; "" while it is. */
  detail = "waiting for a snapshot";
  /** Times the book was lost. */
  losses = 0;
  /** Level changes applied. */
  levelUpdates = 0;
  #live = false;
  /** Set between a snapshot and the first diff after it, which has to straddle it. */
  #joining = false;
  #lastId = 0;
  #kept: KeptDiff[] = [];

  /** Whether the book is what the exchange had at update `lastId`. */
  get live(): boolean {
    return this.#live;
  }

  /** Update id the book has reached; 0 before the first snapshot. */
  get lastId(): number {
    return this.#lastId;
  }

  /** A diff: Applied, Dropped, Buffered or Lost. */
  onDiff(message: CaptureMessage): Outcome {
    if (!this.#live) {
      this.#keep(message);
      return Outcome.Buffered;
    }
    if (this.#joining) {
      if (stale(message, this.#lastId)) return Outcome.Dropped;
      if (!straddles(message, this.#lastId)) {
        return this.#lose(
          message,
          `the first update after snapshot ${this.#lastId} begins at ${message.firstId} and does not join it`,
        );
      }
      this.#joining = false;
    } else if (!continues(message, this.#lastId)) {
      return this.#lose(
        message,
        `updates are missing between ${this.#lastId} and ${
          message.previousId === NO_PREVIOUS ? message.firstId : message.previousId
        }`,
      );
    }
    this.#apply(message, message.levelCount);
    if (this.book.crossed) return this.#lose(message, this.#crossedDetail());
    return Outcome.Applied;
  }

  /** A REST snapshot: Live, Unused or Lost (crossed at once). */
  onSnapshot(message: CaptureMessage): Outcome {
    if (this.#live) return Outcome.Unused;
    const id = message.lastId;
    const fresh = this.#kept.findIndex((diff) => !stale(diff, id));
    if (fresh >= 0 && !straddles(this.#kept[fresh], id)) {
      this.detail = `the snapshot ${id} is older than the updates kept, which begin at ${this.#kept[fresh].firstId}`;
      return Outcome.Unused;
    }
    this.book.clear();
    this.#lastId = id;
    this.#levels(message, message.levelCount);
    this.#joining = fresh < 0;
    const kept = fresh < 0 ? [] : this.#kept.slice(fresh);
    this.#kept = [];
    for (const diff of kept) this.#apply(diff, diff.prices.length);
    if (this.book.crossed) return this.#lose(null, this.#crossedDetail());
    this.#live = true;
    this.detail = "";
    return Outcome.Live;
  }

  #apply(diff: Diff, count: number): void {
    this.#levels(diff, count);
    this.#lastId = diff.lastId;
    this.levelUpdates += count;
  }

  #levels(from: Diff, count: number): void {
    const { prices, quantities, bidCount } = from;
    const { bids, asks } = this.book;
    for (let i = 0; i < bidCount; i++) bids.set(prices[i], quantities[i]);
    for (let i = bidCount; i < count; i++) asks.set(prices[i], quantities[i]);
  }

  #lose(message: CaptureMessage | null, detail: string): Outcome {
    this.#live = false;
    this.#joining = false;
    this.detail = detail;
    this.losses++;
    this.book.clear();
    this.#kept = [];
    this.#keep(message);
    return Outcome.Lost;
  }

  /** Keeps a copy for the next snapshot. Only an unbroken run is of use, so a break forgets what came before it. */
  #keep(message: CaptureMessage | null): void {
    if (message === null) return;
    const last = this.#kept.at(-1);
    if (last !== undefined && !continues(message, last.lastId)) this.#kept = [];
    if (this.#kept.length === MAX_KEPT) this.#kept.splice(0, MAX_KEPT / 2);
    this.#kept.push({
      firstId: message.firstId,
      lastId: message.lastId,
      previousId: message.previousId,
      bidCount: message.bidCount,
      prices: message.prices.slice(0, message.levelCount),
      quantities: message.quantities.slice(0, message.levelCount),
    });
  }

  #crossedDetail(): string {
    return `the book is crossed at update ${this.#lastId}: best bid ${this.book.bids.best}, best ask ` +
      `${this.book.asks.best} ticks`;
  }
}

function stale(diff: Pick<Diff, "lastId" | "previousId">, snapshot: number): boolean {
  return diff.previousId === NO_PREVIOUS ? diff.lastId <= snapshot : diff.lastId < snapshot;
}

function straddles(diff: Pick<Diff, "firstId" | "lastId" | "previousId">, snapshot: number): boolean {
  if (diff.previousId === NO_PREVIOUS) return diff.firstId <= snapshot + 1 && snapshot + 1 <= diff.lastId;
  return (diff.firstId <= snapshot && snapshot <= diff.lastId) || diff.previousId === snapshot;
}

function continues(diff: Pick<Diff, "firstId" | "previousId">, before: number): boolean {
  return diff.previousId === NO_PREVIOUS ? diff.firstId === before + 1 : diff.previousId === before;
}
