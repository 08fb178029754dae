/**
 * Wall time held against a clock that cannot be set: when the two disagree, the wall clock jumped. Milliseconds.
 */

/** What a clock may be put right by without anybody having to know. */
const TOLERANCE_MS = 5_000;

export class SteadyClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #anchor: number;
  #started: number;

  /** `seen`: the latest wall time known from before; a clock behind it was put back. */
  constructor(wall: () => number, monotonic: () => number, seen = 0) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#started = monotonic();
    this.#anchor = wall() < seen - TOLERANCE_MS ? -Infinity : wall();
  }

  now(): number {
    return this.#wall();
  }

  /** Whether it jumped since `jumped` was last asked. */
  get disagrees(): boolean {
    return Math.abs(this.#wall() - this.#anchor - (this.#monotonic() - this.#started)) > TOLERANCE_MS;
  }

  /** True once for every jump. */
  jumped(): boolean {
    if (!this.disagrees) return false;
    this.#started = this.#monotonic();
    this.#anchor = this.#wall();
    return true;
  }
}
