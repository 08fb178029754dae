/**
 * The machine's own hiccups: the gaps a spinning loop sees between two readings of the stopwatch. Printed beside every
 * tail latency, because on a shared machine the tail is often the machine's and not ours.
 */
import type { Stopwatch } from "../../runtime/mod.ts";
import { LatencyHistogram } from "../protocol/latency.ts";

/** Spins for `millis` of wall time; returns the 99.99th percentile gap in nanoseconds. */
export function hiccupBaseline(stopwatch: Stopwatch, millis: number): number {
  const gaps = new LatencyHistogram();
  const end = stopwatch.now() + millis * 1e6;
  let last = stopwatch.now();
  while (last < end) {
    const now = stopwatch.now();
    gaps.add(now - last);
    last = now;
  }
  return gaps.quantile(0.9999);
}
