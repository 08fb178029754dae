/**
 * The two clocks of restarting: the budget that ends it and the delay that slows it. Pure, in microseconds.
 */
import { type ExitReason, type Micros, MICROS_PER_MS, type Random } from "../runtime/mod.ts";
import type { Backoff, RestartType } from "./spec.ts";

/**
 * OTP's decision, one row per restart type. Abnormal is everything but normal and shutdown.
 *
 *            | normal, shutdown | abnormal
 *  permanent | restart          | restart
 *  transient | leave            | restart
 *  temporary | leave            | leave
 */
export function isRestarted(type: RestartType, reason: ExitReason): boolean {
  switch (type) {
    case "permanent":
      return true;
    case "transient":
      return reason.kind !== "normal" && reason.kind !== "shutdown";
    case "temporary":
      return false;
  }
}

/** Restarts within a sliding window whose edge counts as inside. */
export class RestartBudget {
  private times: Micros[] = [];

  constructor(readonly intensity: number, readonly period: Micros) {}

  /** Spends one restart; false when that is one more than `intensity` within `period`. */
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
    const edge = now - this.period;
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
