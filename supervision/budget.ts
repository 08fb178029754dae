/**
 * The two clocks of restarting: the budget that ends it and the delay that slows it. Pure, in microseconds.
 */
import { type Micros, MICROS_PER_MS, type Random } from "../runtime/mod.ts";
import type { Backoff } from "./spec.ts";

/** Restarts within a sliding window whose edge counts as inside. */
export class RestartBudget {
  private times: Micros[] = [];

  constructor(readonly intensity: number, readonly periodMs: number) {}

  /** Spends one restart; false when that is one more than `intensity` within the period. */
  spend(now: Micros): boolean {
    this.times.push(now);
    this.forget(now);
    return this.times.length <= this.intensity;
  }

  /** Restarts in the window that ends now. */
  spent(now: Micros): number {
    this.forget(now);
    return this.times.length;
  }

  private forget(now: Micros): void {
    const edge = now - this.periodMs * MICROS_PER_MS;
    let old = 0;
    while (old < this.times.length && this.times[old] < edge) old++;
    if (old > 0) this.times = this.times.slice(old);
  }
}

/** Delay before restart `attempt` (1, 2, …) of a run of failures: min(max, initial · factor^(attempt−1)) · (1 ± jitter). */
export function backoffDelay(backoff: Backoff, attempt: number, random: Random): Micros {
  const plain = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (attempt - 1));
  const spread = 1 + backoff.jitter * (2 * random.next() - 1);
  return Math.round(plain * spread * MICROS_PER_MS);
}
