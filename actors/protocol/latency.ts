/**
 * A log-linear histogram of nanoseconds (as HdrHistogram): fixed memory, one addition per value, at most 1/32 relative
 * error in any quantile.
 */

const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
/** Largest exponent: 2^40 ns is about 18 minutes. */
const MAX_EXPONENT = 40;

export class LatencyHistogram {
  readonly #counts = new Float64Array((MAX_EXPONENT - SUB_BITS + 2) * SUB);
  #count = 0;
  #max = 0;

  /** Adds one value in nanoseconds; negative or NaN values are ignored. */
  add(nanos: number): void {
    if (!(nanos >= 0)) return;
    this.#counts[slotOf(nanos)]++;
    this.#count++;
    if (nanos > this.#max) this.#max = nanos;
  }

  get count(): number {
    return this.#count;
  }

  /** Largest value, nanoseconds, exact. */
  get max(): number {
    return this.#max;
  }

  /** Upper bound of the slot that holds quantile `q` (0 to 1), nanoseconds; 0 when empty. */
  quantile(q: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let slot = 0; slot < this.#counts.length; slot++) {
      seen += this.#counts[slot];
      if (seen >= rank) return Math.min(upperOf(slot), this.#max);
    }
    return this.#max;
  }

  /** Counts by powers of two: [upper bound in nanoseconds, count], from the first to the last non-empty one. */
  octaves(): Array<readonly [upperNanos: number, count: number]> {
    const sums = new Map<number, number>();
    for (let slot = 0; slot < this.#counts.length; slot++) {
      if (this.#counts[slot] === 0) continue;
      const upper = 2 ** Math.ceil(Math.log2(Math.max(1, upperOf(slot))));
      sums.set(upper, (sums.get(upper) ?? 0) + this.#counts[slot]);
    }
    const uppers = [...sums.keys()].sort((a, b) => a - b);
    if (uppers.length === 0) return [];
    const octaves: Array<readonly [number, number]> = [];
    for (let upper = uppers[0]; upper <= uppers[uppers.length - 1]; upper *= 2) {
      octaves.push([upper, sums.get(upper) ?? 0]);
    }
    return octaves;
  }
}

/** Values below 32 have a slot each; above, 32 slots per power of two. */
function slotOf(nanos: number): number {
  const value = Math.floor(nanos);
  if (value < SUB) return value;
  const exponent = value < 0x80000000 ? 31 - Math.clz32(value) : Math.min(MAX_EXPONENT, Math.floor(Math.log2(value)));
  const shift = exponent - SUB_BITS;
  const mantissa = Math.min(SUB - 1, Math.floor(value / 2 ** shift) - SUB);
  return (shift + 1) * SUB + mantissa;
}

function upperOf(slot: number): number {
  if (slot < SUB) return slot;
  const shift = Math.floor(slot / SUB) - 1;
  return (SUB + (slot % SUB) + 1) * 2 ** shift - 1;
}
