/**
 * Everything that will happen at a moment of virtual time, on one hierarchical wheel.
 *
 * A time is a number of thirteen digits of four bits. The wheel has a row per digit and a slot per value of it; an entry
 * stands in the row of the highest digit in which its time differs from the wheel's, in the slot of that digit. So setting
 * and cancelling touch one slot, whatever else is waiting (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels",
 * 1987). A slot of the lowest row holds one moment. When time moves into a slot of a higher row, its entries are spread over
 * the rows below in their order, so entries of one moment always stand in the order of their setting, and no entry needs a
 * number for that.
 *
 * Virtual time jumps, so the earliest entry must be known without ticking: it is the first of the lowest row in use, or the
 * earliest of that row's first slot. It is remembered until it leaves.
 */
import type { Micros } from "../time.ts";

/** Something that is due once at `time`. */
export abstract class Timed {
  time: Micros = 0;
  /** Row and place of its slot; −1 while not waiting. */
  slot = -1;
  later: Timed | null = null;
  earlier: Timed | null = null;

  /** Runs when the clock has reached `time`. */
  abstract fire(): void;
}

const BITS = 4;
const SLOTS = 1 << BITS;
/** Rows of the lower 32 bits of a time, and of the 21 bits above them: safe integers have 53. */
const LOW_ROWS = 32 / BITS;
const ROWS = LOW_ROWS + Math.ceil(21 / BITS);
const TWO_TO_MINUS_32 = 2 ** -32;

export class TimerWheel {
  size = 0;
  /** The wheel's own time, in two halves: not after any entry, nor after now. */
  private low = 0;
  private high = 0;
  /** The first entry of each slot; the entries of a slot form a ring. */
  private readonly first: (Timed | null)[] = new Array(ROWS * SLOTS).fill(null);
  /** Per row, a bit per slot in use. */
  private readonly used: number[] = new Array(ROWS).fill(0);
  /** Rows in use, a bit each. */
  private rows = 0;
  /** The earliest entry if it has been looked for and nothing has changed since. */
  private found: Timed | null = null;

  /** `time` is not before the wheel's, see `advance`. */
  add(entry: Timed, time: Micros): void {
    entry.time = time;
    this.size++;
    if (this.found !== null && time < this.found.time) this.found = null;
    this.place(entry);
  }

  remove(entry: Timed): void {
    const { slot } = entry;
    if (slot < 0) return;
    entry.slot = -1;
    this.size--;
    if (entry === this.found) this.found = null;
    const later = entry.later!;
    if (later === entry) this.release(slot);
    else {
      const earlier = entry.earlier!;
      earlier.later = later;
      later.earlier = earlier;
      if (this.first[slot] === entry) this.first[slot] = later;
    }
    entry.earlier = entry.later = null;
  }

  /** The entry that is due first; of those due at once, the one set first. */
  peek(): Timed | undefined {
    if (this.found !== null) return this.found;
    if (this.size === 0) return undefined;
    const row = lowestBit(this.rows);
    const first = this.first[row * SLOTS + lowestBit(this.used[row])]!;
    let found = first;
    if (row > 0) {
      for (let entry = first.later!; entry !== first; entry = entry.later!) if (entry.time < found.time) found = entry;
    }
    return this.found = found;
  }

  /** Moves the wheel's time forward: to a time not after the earliest entry's and not after any time that will be set. */
  advance(to: Micros): void {
    const low = to >>> 0;
    const high = (to * TWO_TO_MINUS_32) >>> 0;
    if (high < this.high || (high === this.high && low <= this.low)) return;
    const row = rowOf(high ^ this.high, low ^ this.low);
    this.low = low;
    this.high = high;
    const slot = row * SLOTS + digit(row, high, low);
    const first = this.first[slot];
    if (first === null) return;
    this.release(slot);
    let entry = first;
    do {
      const later: Timed = entry.later!;
      this.place(entry);
      entry = later;
    } while (entry !== first);
  }

  private place(entry: Timed): void {
    const { time } = entry;
    const low = time >>> 0;
    const high = (time * TWO_TO_MINUS_32) >>> 0;
    const row = rowOf(high ^ this.high, low ^ this.low);
    const column = digit(row, high, low);
    const slot = row * SLOTS + column;
    entry.slot = slot;
    const first = this.first[slot];
    if (first === null) {
      entry.earlier = entry.later = this.first[slot] = entry;
      this.used[row] |= 1 << column;
      this.rows |= 1 << row;
    } else {
      const last = first.earlier!;
      entry.earlier = last;
      entry.later = first;
      last.later = first.earlier = entry;
    }
  }

  private release(slot: number): void {
    this.first[slot] = null;
    const row = slot >> BITS;
    if ((this.used[row] &= ~(1 << (slot & (SLOTS - 1)))) === 0) this.rows &= ~(1 << row);
  }
}

/** The row of the highest digit in which two times differ, given the differences of their halves. */
function rowOf(high: number, low: number): number {
  return high === 0 ? (31 - Math.clz32(low | 1)) >> 2 : LOW_ROWS + ((31 - Math.clz32(high)) >> 2);
}

function digit(row: number, high: number, low: number): number {
  return (row < LOW_ROWS ? low >>> (row << 2) : high >>> ((row - LOW_ROWS) << 2)) & (SLOTS - 1);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
