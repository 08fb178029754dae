/**
 * A price-level book: what a stream of `LevelChange` means, kept in order.
 *
 * Each side is two parallel arrays sorted so that the best price is last: nearly every change of a real book is close
 * to the best price, so a galloping search from the end finds it in a few steps and an insertion moves few entries.
 * Prices are ticks and quantities lots, both above zero. For feeds that check what they receive, and for venues that
 * fill against a recorded book.
 */
import { BUY, type SideCode } from "./orders.ts";

/** Below this many entries a plain loop moves them faster than a call to copyWithin. */
const SHORT_MOVE = 24;
const FIRST_CAPACITY = 1024;

/** One side of a book. Index 0 of `priceAt` and `quantityOf` is the best price. */
export class BookSide {
  /** Bids ascend, asks are held negated and ascend, so that the best is always last. */
  #keys = new Float64Array(FIRST_CAPACITY);
  #quantities = new Float64Array(FIRST_CAPACITY);
  #size = 0;
  readonly #sign: 1 | -1;

  constructor(side: SideCode) {
    this.#sign = side === BUY ? 1 : -1;
  }

  /** Number of price levels. */
  get size(): number {
    return this.#size;
  }

  /** Best price in ticks; 0 when the side is empty. */
  get best(): number {
    return this.#size === 0 ? 0 : this.#keys[this.#size - 1] * this.#sign;
  }

  /** Lots at the best price; 0 when the side is empty. */
  get bestQuantity(): number {
    return this.#size === 0 ? 0 : this.#quantities[this.#size - 1];
  }

  /** Price of the level `rank` places behind the best (0 is the best); the rank must be below `size`. */
  priceAt(rank: number): number {
    return this.#keys[this.#size - 1 - rank] * this.#sign;
  }

  /** Lots at the level `rank` places behind the best; the rank must be below `size`. */
  quantityAt(rank: number): number {
    return this.#quantities[this.#size - 1 - rank];
  }

  /** Lots at a price; 0 when there is no such level. */
  get(price: number): number {
    const key = price * this.#sign;
    const index = this.#find(key);
    return index < this.#size && this.#keys[index] === key ? this.#quantities[index] : 0;
  }

  /** The best price that is worse than `price`; 0 when there is none. */
  behind(price: number): number {
    const index = this.#find(price * this.#sign) - 1;
    return index < 0 ? 0 : this.#keys[index] * this.#sign;
  }

  /** Sets the total quantity of a level, 0 to remove it, and returns what it was before. */
  set(price: number, quantity: number): number {
    const key = price * this.#sign;
    const index = this.#find(key);
    const size = this.#size;
    if (index < size && this.#keys[index] === key) {
      const before = this.#quantities[index];
      if (quantity > 0) this.#quantities[index] = quantity;
      else this.#remove(index);
      return before;
    }
    if (quantity > 0) this.#insert(index, key, quantity);
    return 0;
  }

  clear(): void {
    this.#size = 0;
  }

  /** First index whose key is not below `key`, searching from the best price downwards. */
  #find(key: number): number {
    const keys = this.#keys;
    let high = this.#size;
    let step = 1;
    let low = high - 1;
    while (low >= 0 && keys[low] >= key) {
      high = low;
      low -= step;
      step <<= 1;
    }
    low = low < 0 ? 0 : low + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, key: number, quantity: number): void {
    const size = this.#size;
    if (size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const quantities = this.#quantities;
    if (size - index <= SHORT_MOVE) {
      for (let i = size; i > index; i--) {
        keys[i] = keys[i - 1];
        quantities[i] = quantities[i - 1];
      }
    } else {
      keys.copyWithin(index + 1, index, size);
      quantities.copyWithin(index + 1, index, size);
    }
    keys[index] = key;
    quantities[index] = quantity;
    this.#size = size + 1;
  }

  #remove(index: number): void {
    const last = --this.#size;
    const keys = this.#keys;
    const quantities = this.#quantities;
    if (last - index <= SHORT_MOVE) {
      for (let i = index; i < last; i++) {
        keys[i] = keys[i + 1];
        quantities[i] = quantities[i + 1];
      }
    } else {
      keys.copyWithin(index, index + 1, last + 1);
      quantities.copyWithin(index, index + 1, last + 1);
    }
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const quantities = new Float64Array(keys.length);
    keys.set(this.#keys);
    quantities.set(this.#quantities);
    this.#keys = keys;
    this.#quantities = quantities;
  }
}

export class LevelBook {
  readonly bids = new BookSide(0);
  readonly asks = new BookSide(1);

  side(side: SideCode): BookSide {
    return side === BUY ? this.bids : this.asks;
  }

  /** Whether the best bid is at or above the best ask: no continuous market looks like that. */
  get crossed(): boolean {
    return this.bids.size > 0 && this.asks.size > 0 && this.bids.best >= this.asks.best;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** The best `levels` levels of one side as [price, quantity], best first; a copy. */
  levels(side: SideCode, levels: number): [price: number, quantity: number][] {
    const from = this.side(side);
    const count = Math.min(levels, from.size);
    const result = new Array<[number, number]>(count);
    for (let rank = 0; rank < count; rank++) result[rank] = [from.priceAt(rank), from.quantityAt(rank)];
    return result;
  }
}
