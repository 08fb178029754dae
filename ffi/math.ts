/**
 * Arithmetic over arrays in the processor's widest registers: depth near a price, the price of a size, signals of many
 * books, worst-case exposure, a checksum.
 *
 *     const math = new VectorMath();
 *     const count = engine.depth(instrument, side, levels);
 *     math.depthWithinLevels(levels, count, bestBid, 10); // lots within ten ticks
 *     math.microprice(bids, bidQuantities, asks, askQuantities, out); // one price per book
 *
 * Whole numbers (ticks, lots, money) stand in `BigInt64Array`s or in records, signals in `Float64Array`s. Arrays are read
 * and written in place, shared memory too; nothing is kept and nothing allocated. Where a call says `count`, that many
 * values from the start of each array are meant, all of the first array's when left out. `out` of a call that gives a
 * value per value may be one of its inputs, but must not overlap one in another way. Results are the same to the bit on
 * every processor. Formulas and their sources stand in `ffi/core/src/math`.
 */
import { NativeError } from "./errors.ts";
import { bytes, check, checkBatch, type NativeBytes } from "./handle.ts";
import { Code, DepthLevelView, ExposureView } from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** Instruction sets there are kernels for; "scalar" is every processor. The numbers are the core's. */
const LEVELS = { "scalar": 1, "sse4.2": 2, "avx2": 3, "avx512": 4, "neon": 5 } as const;
export type MathLevel = keyof typeof LEVELS;
const NAMES = Object.keys(LEVELS) as MathLevel[];

/** What it would take to trade a size at once. Made once, overwritten by each `sweep`. */
export class Sweep {
  /** As the core writes them. */
  readonly figures = new Float64Array(4);

  /** Lots found, at most those asked for. */
  get filled(): number {
    return this.figures[0];
  }
  /** Volume-weighted average price of them in ticks; NaN when none were found. */
  get average(): number {
    return this.figures[1];
  }
  /** Price of the last level that gave any, ticks; 0 when none did. */
  get worst(): number {
    return this.figures[2];
  }
  /** Levels from the first to that one, both included. */
  get levels(): number {
    return this.figures[3];
  }
}

/** Where in `out` of `exposure` the sums of a scope stand; `SIZE` numbers per scope. */
export const ExposureSums = {
  /** Σ max(0, position + openBuy): as long as everything open could make us. */
  LONG: 0,
  /** Σ max(0, openSell − position): as short, as a positive number. */
  SHORT: 1,
  /** Σ max(|position + openBuy|, |position − openSell|): what the gate compares with a limit. */
  GROSS: 2,
  /** Σ position. */
  NET: 3,
  SIZE: 4,
} as const;

export class VectorMath {
  readonly #core: Core = core();
  readonly #number: number;
  readonly #out = new Float64Array(1);
  readonly #outBytes = memory(this.#out);

  /** The best kernels this processor has, or those of a level, to compare. Throws `NativeError` when it has not. */
  constructor(level?: MathLevel) {
    this.#number = level === undefined ? this.#core.cwts_math_level() : LEVELS[level];
    if (this.#core.cwts_math_has_level(this.#number) === 1) return;
    throw NativeError.of(
      Code.BadArgument,
      `this processor has no ${level}: it has ${VectorMath.levels().join(", ")}`,
    );
  }

  /** Levels of this processor, the best last. */
  static levels(): MathLevel[] {
    return NAMES.filter((name) => core().cwts_math_has_level(LEVELS[name]) === 1);
  }

  /** The level of these kernels. */
  get level(): MathLevel {
    return NAMES[this.#number - 1];
  }

  /**
   * Lots of the levels, in any order, whose price is at most `distance` ticks from `reference`. Exact up to 2^53, rounded
   * once beyond.
   */
  depthWithin(
    prices: BigInt64Array,
    quantities: BigInt64Array,
    reference: number,
    distance: number,
    count = prices.length,
  ): number {
    checkColumn(prices, count);
    checkColumn(quantities, count);
    return this.#sum(
      this.#core.cwts_math_depth_within(
        this.#number,
        reference,
        distance,
        memory(prices),
        memory(quantities),
        count,
        this.#outBytes,
        this.#out.byteLength,
      ),
    );
  }

  /** `depthWithin` of `count` `DepthLevel` records, as `MatchingEngine.depth` writes them. */
  depthWithinLevels(levels: Uint8Array, count: number, reference: number, distance: number): number {
    checkBatch(levels, count, DepthLevelView.SIZE);
    return this.#sum(
      this.#core.cwts_math_depth_within_levels(
        this.#number,
        reference,
        distance,
        bytes(levels),
        count,
        this.#outBytes,
        this.#out.byteLength,
      ),
    );
  }

  /** Writes to each place the lots up to and with that level: exact, or the nearest 64-bit number. */
  cumulative(quantities: BigInt64Array, out: BigInt64Array, count = quantities.length): void {
    checkColumn(quantities, count);
    checkColumn(out, count);
    check(this.#core.cwts_math_cumulative(this.#number, memory(quantities), memory(out), count));
  }

  /**
   * Takes `lots` from the levels, best first, as far as they go, and says at what average price. Levels without lots give
   * none.
   */
  sweep(
    prices: BigInt64Array,
    quantities: BigInt64Array,
    lots: number,
    out: Sweep,
    count = prices.length,
  ): Sweep {
    checkColumn(prices, count);
    checkColumn(quantities, count);
    check(
      this.#core.cwts_math_sweep(
        this.#number,
        lots,
        memory(prices),
        memory(quantities),
        count,
        memory(out.figures),
        out.figures.byteLength,
      ),
    );
    return out;
  }

  /** `sweep` of `count` `DepthLevel` records, as `MatchingEngine.depth` writes them. */
  sweepLevels(levels: Uint8Array, count: number, lots: number, out: Sweep): Sweep {
    checkBatch(levels, count, DepthLevelView.SIZE);
    const figures = memory(out.figures);
    check(
      this.#core.cwts_math_sweep_levels(this.#number, lots, bytes(levels), count, figures, out.figures.byteLength),
    );
    return out;
  }

  /**
   * Writes for each book the mid price weighted with the opposite quantities, `bid + (ask − bid) · Qb / (Qb + Qa)`; NaN for
   * a book with an empty side.
   */
  microprice(
    bids: Float64Array,
    bidQuantities: Float64Array,
    asks: Float64Array,
    askQuantities: Float64Array,
    out: Float64Array,
    count = bids.length,
  ): void {
    checkColumn(bids, count);
    checkColumn(bidQuantities, count);
    checkColumn(asks, count);
    checkColumn(askQuantities, count);
    checkColumn(out, count);
    check(
      this.#core.cwts_math_microprice(
        this.#number,
        memory(bids),
        memory(bidQuantities),
        memory(asks),
        memory(askQuantities),
        memory(out),
        count,
      ),
    );
  }

  /** Writes for each book `(Qb − Qa) / (Qb + Qa)`, from −1 (all on the ask) to 1; NaN for a book with an empty side. */
  imbalance(
    bidQuantities: Float64Array,
    askQuantities: Float64Array,
    out: Float64Array,
    count = bidQuantities.length,
  ): void {
    checkColumn(bidQuantities, count);
    checkColumn(askQuantities, count);
    checkColumn(out, count);
    const askBytes = memory(askQuantities);
    check(this.#core.cwts_math_imbalance(this.#number, memory(bidQuantities), askBytes, memory(out), count));
  }

  /**
   * Sums worst-case exposure over scopes of `width` entries, one scope after the other, and writes `ExposureSums.SIZE`
   * numbers for each: exact, or the nearest of 64 bits. Returns the number of scopes. All entries in one unit.
   */
  exposure(
    positions: BigInt64Array,
    openBuys: BigInt64Array,
    openSells: BigInt64Array,
    out: BigInt64Array,
    width: number,
    count = positions.length,
  ): number {
    checkColumn(positions, count);
    checkColumn(openBuys, count);
    checkColumn(openSells, count);
    checkColumn(out, 0);
    return check(
      this.#core.cwts_math_exposure(
        this.#number,
        width,
        memory(positions),
        memory(openBuys),
        memory(openSells),
        count,
        memory(out),
        out.byteLength,
      ),
    );
  }

  /** `exposure` of `count` `Exposure` records. */
  exposureRecords(exposures: Uint8Array, count: number, out: BigInt64Array, width: number): number {
    checkBatch(exposures, count, ExposureView.SIZE);
    checkColumn(out, 0);
    const sums = memory(out);
    return check(
      this.#core.cwts_math_exposure_records(this.#number, width, bytes(exposures), count, sums, out.byteLength),
    );
  }

  /** CRC-32C of `data`, or of what `previous` is the checksum of, followed by `data`. Finds damage, not tampering. */
  crc32c(data: Uint8Array, previous = 0): number {
    checkBatch(data, data.length, 1);
    return check(this.#core.cwts_math_crc32c(this.#number, previous, bytes(data), data.length));
  }

  #sum(status: number): number {
    check(status);
    return this.#out[0];
  }
}

type Column = Float64Array | BigInt64Array;

/** Any view as a call takes it; shared memory is welcome. */
function memory(view: Column): NativeBytes {
  return view as unknown as NativeBytes;
}

/** Refuses a column that does not hold so many values: the core trusts counts. */
function checkColumn(column: Column, count: number): void {
  if (column.length > 0 && count <= column.length && count >= 0 && Number.isInteger(count)) return;
  if (column.length === 0 && count === 0 && !(column.buffer as ArrayBuffer).detached) return;
  throw NativeError.of(
    Code.BadArgument,
    (column.buffer as ArrayBuffer).detached
      ? "an array was given away (it is detached)"
      : `${count} values are not in an array of ${column.length}`,
  );
}
