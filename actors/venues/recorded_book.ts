/**
 * The recorded market of one instrument, as the replay exchange sees it.
 *
 * Three layers: the level book that diffs and snapshots build; over it the newest best prices, which arrive between
 * diffs and are never written into the book; and what our own orders already took, because a recorded lot can be taken
 * once. `displayed` is what the market shows; `available` is that less what we took.
 *
 * What we took from a level stays taken until the level falls below it or disappears: lots that are added later are new,
 * lots that were there are not.
 */
import { BUY, type LevelChange, type SideCode } from "../protocol/mod.ts";
import { LevelBook } from "../protocol/level_book.ts";

type Levels = readonly (readonly [price: number, quantity: number])[];

export class RecordedBook {
  readonly #levels = new LevelBook();
  readonly #taken: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  /** Best prices newer than the book, if any. */
  #newer = false;
  #bid = 0;
  #bidQuantity = 0;
  #ask = 0;
  #askQuantity = 0;

  /** Whether the last diff left the best bid at or above the best ask. */
  get crossed(): boolean {
    return this.#levels.crossed;
  }

  snapshot(bids: Levels, asks: Levels): void {
    this.clear();
    for (const [price, quantity] of bids) this.#levels.bids.set(price, quantity);
    for (const [price, quantity] of asks) this.#levels.asks.set(price, quantity);
  }

  /** A diff. It is taken to be newer than the best prices known; the feed repeats those that are not. */
  apply(changes: readonly LevelChange[]): void {
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i];
      (change[0] === BUY ? this.#levels.bids : this.#levels.asks).set(change[1], change[2]);
    }
    this.#newer = false;
  }

  /** Best prices newer than the book. False, and ignored, when they are no market: empty, or bid at or above ask. */
  top(bid: number, bidQuantity: number, ask: number, askQuantity: number): boolean {
    if (!(bid > 0 && bidQuantity > 0 && ask > bid && askQuantity > 0)) return false;
    this.#newer = true;
    this.#bid = bid;
    this.#bidQuantity = bidQuantity;
    this.#ask = ask;
    this.#askQuantity = askQuantity;
    return true;
  }

  clear(): void {
    this.#levels.clear();
    this.#newer = false;
    this.#taken[0].clear();
    this.#taken[1].clear();
  }

  /** Best displayed price; 0 when the side is empty. */
  best(side: SideCode): number {
    if (this.#newer) return side === BUY ? this.#bid : this.#ask;
    return this.#levels.side(side).best;
  }

  /** Lots displayed at a price. */
  displayed(side: SideCode, price: number): number {
    if (!this.#newer) return this.#levels.side(side).get(price);
    const best = side === BUY ? this.#bid : this.#ask;
    if (price === best) return side === BUY ? this.#bidQuantity : this.#askQuantity;
    const gone = side === BUY ? price > best : price < best;
    return gone ? 0 : this.#levels.side(side).get(price);
  }

  /** Next displayed price behind `price`, which must be displayed; 0 when there is none. */
  behind(side: SideCode, price: number): number {
    return this.#levels.side(side).behind(price);
  }

  /** Displayed lots that we have not taken. */
  available(side: SideCode, price: number): number {
    return Math.max(0, this.displayed(side, price) - (this.#taken[side].get(price) ?? 0));
  }

  /** Lots available at `limit` or better, counted up to `enough`. */
  reachable(side: SideCode, limit: number, enough: number): number {
    let sum = 0;
    for (let price = this.best(side); price !== 0 && sum < enough; price = this.behind(side, price)) {
      if (side === BUY ? price < limit : price > limit) break;
      sum += this.available(side, price);
    }
    return sum;
  }

  take(side: SideCode, price: number, lots: number): void {
    this.#taken[side].set(price, (this.#taken[side].get(price) ?? 0) + lots);
  }

  /** After the market changed: what we took cannot be more than what is still shown. */
  settle(): void {
    for (const side of [0, 1] as const) {
      const taken = this.#taken[side];
      if (taken.size === 0) continue;
      for (const [price, lots] of taken) {
        const displayed = this.displayed(side, price);
        if (displayed === 0) taken.delete(price);
        else if (displayed < lots) taken.set(price, displayed);
      }
    }
  }

  /** The best `count` levels of one side, best first. */
  depth(side: SideCode, count: number): [price: number, quantity: number][] {
    if (!this.#newer) return this.#levels.levels(side, count);
    const result: [number, number][] = [];
    for (let price = this.best(side); price !== 0 && result.length < count; price = this.behind(side, price)) {
      result.push([price, this.displayed(side, price)]);
    }
    return result;
  }
}
