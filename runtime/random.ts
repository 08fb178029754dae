/**
 * Seeded chance.
 *
 * A run is reproducible only if every draw comes from a stream that is derived from the run's seed and from who draws,
 * never from what happened to run first. `fork` gives each actor its own stream.
 */
export interface Random {
  /** Uniform in [0, 1) with 53 random bits. */
  next(): number;
  /** Uniform integer in [0, n); n is an integer from 1 to 2^32. */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with the given rate (mean 1 / rate). */
  exponential(rate: number): number;
  /** An independent stream named by `label`: equal seeds and labels give equal streams, whatever was drawn before. */
  fork(label: string): Random;
}
