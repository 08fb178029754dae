/** Counts and sizes drawn at random. Exact for every mean, so that a slow step or a busy market distorts nothing. */
import type { Random } from "../../../runtime/mod.ts";

/** Largest mean drawn at once: e^-30 is far from the smallest number that a product of draws can be compared with. */
const LARGEST_PART = 30;

/** Poisson with the given mean; 0 for a mean of 0 or less. Knuth's products; a large mean is a sum of independent parts. */
export function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let rest = mean; rest > 0; rest -= LARGEST_PART) {
    const limit = Math.exp(-Math.min(rest, LARGEST_PART));
    for (let product = random.next(); product > limit; product *= random.next()) count++;
  }
  return count;
}

/** Geometric on 1, 2, 3 … with the given mean; 1 for a mean of 1 or less. */
export function geometric(random: Random, mean: number): number {
  if (mean <= 1) return 1;
  return 1 + Math.floor(Math.log1p(-random.next()) / Math.log1p(-1 / mean));
}
