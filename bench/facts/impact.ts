/**
 * What a large order of ours does to a simulated price. Each seed is run once without us and once for every size, on the
 * same chance (`Crowd` gives every participant a stream of its own), so that the difference is ours and little else.
 */
import { BUY } from "../../actors/protocol/mod.ts";
import { Pen } from "./pen.ts";
import { average, slope } from "./stylised.ts";

export interface Impact {
  /** Lots bought, in equal parts, one a second. */
  readonly lots: number;
  /** Ticks at the end of the order: mean over the seeds, and its standard error. */
  readonly ticks: number;
  readonly error: number;
  /** Ticks left as long again after the end. */
  readonly later: number;
}

const QUIET_SECONDS = 5;

/** `seconds` must divide the sizes. */
export function measureImpact(sizes: readonly number[], seconds: number, seeds: readonly number[]): Impact[] {
  const atEnd = sizes.map((): number[] => []);
  const later = sizes.map((): number[] => []);
  for (const seed of seeds) {
    const alone = buy(0, seconds, seed);
    sizes.forEach((lots, i) => {
      const moved = buy(lots, seconds, seed);
      atEnd[i].push(moved.atEnd - alone.atEnd);
      later[i].push(moved.later - alone.later);
    });
  }
  return sizes.map((lots, i) => {
    const ticks = average(atEnd[i]);
    const variance = average(atEnd[i].map((value) => (value - ticks) ** 2));
    return { lots, ticks, error: Math.sqrt(variance / (seeds.length - 1)), later: average(later[i]) };
  });
}

/** Exponent δ of impact ∝ lots^δ, by least squares on logarithms. NaN if an impact is not positive. */
export function impactExponent(impacts: readonly Impact[]): number {
  return slope(impacts.map(({ lots }) => Math.log(lots)), impacts.map(({ ticks }) => Math.log(ticks)));
}

function buy(lots: number, seconds: number, seed: number): { readonly atEnd: number; readonly later: number } {
  using pen = new Pen({ seed });
  pen.seconds(QUIET_SECONDS);
  for (let i = 0; i < seconds; i++) {
    if (lots > 0) pen.order(BUY, lots / seconds, 0);
    pen.seconds(1);
  }
  const atEnd = pen.mid;
  pen.seconds(seconds);
  return { atEnd, later: pen.mid };
}
