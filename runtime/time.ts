/**
 * Time, as every actor sees it.
 *
 * No actor reads the machine's clock. It asks its context, so that a run can be repeated exactly and a whole tree can
 * be tested in virtual time.
 */

/** Microseconds since the Unix epoch (or a span of microseconds); a safe integer. */
export type Micros = number;

export interface Clock {
  /** The current time. Never goes backwards. */
  now(): Micros;
}

/**
 * Measures how long something really took, in nanoseconds from an arbitrary origin.
 *
 * For figures shown to people only. A decision that depends on it cannot be replayed.
 */
export interface Stopwatch {
  now(): number;
}

export const MICROS_PER_MS = 1_000;
export const MICROS_PER_SECOND = 1_000_000;
