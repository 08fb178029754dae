/** Refusals over time as stacked columns. Pure. */
import type { RejectSeries } from "../../protocol/controls.ts";

/** Codes with a colour of their own; the rest is one. */
export const NAMED = 7;

export interface RejectLayer {
  readonly name: string;
  readonly sentence: string;
  readonly total: number;
  readonly counts: readonly number[];
}

/** The codes with most refusals, and all others as one layer. */
export function layers({ codes, times }: RejectSeries): readonly RejectLayer[] {
  const [first, rest] = [codes.slice(0, NAMED), codes.slice(NAMED)];
  if (rest.length === 0) return first;
  const counts = times.map((_, i) => rest.reduce((sum, code) => sum + code.counts[i], 0));
  const total = rest.reduce((sum, code) => sum + code.total, 0);
  return [...first, {
    name: `${rest.length} others`,
    sentence: rest.map(({ name }) => name).join(", "),
    total,
    counts,
  }];
}

/**
 * [seconds, tops of the layers], the highest top first: drawn in that order each layer covers all but its own part of
 * the ones before it.
 */
export function stacked(times: readonly number[], of: readonly RejectLayer[]): [number[], ...number[][]] {
  const sums = times.map(() => 0);
  const tops = of.map(({ counts }) => counts.map((count, i) => sums[i] += count));
  return [times.map((time) => time / 1e6), ...tops.reverse()];
}
