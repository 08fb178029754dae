/** Where things stand on the histogram's logarithmic axis. Pure. */

export interface Bar {
  /** Upper bound, microseconds. */
  readonly upper: number;
  readonly count: number;
  /** 0 to 1: logarithm of the count against the fullest bar's. */
  readonly height: number;
}

type Buckets = readonly (readonly [upper: number, count: number])[];

/** The buckets with the empty octaves between them put back, so that equal widths are equal ratios. */
export function octaves(buckets: Buckets): Buckets {
  const all: (readonly [number, number])[] = [];
  for (const bucket of buckets) {
    for (let upper = (all.at(-1)?.[0] ?? bucket[0]) * 2; upper < bucket[0] * 0.75; upper *= 2) all.push([upper, 0]);
    all.push(bucket);
  }
  return all;
}

export function bars(buckets: Buckets): Bar[] {
  const most = Math.max(0, ...buckets.map(([, n]) => n));
  return buckets.map(([upper, n]) => ({ upper, count: n, height: n === 0 ? 0 : Math.log1p(n) / Math.log1p(most) }));
}

/**
 * Place of a value on an axis where every bucket is equally wide, 0 to 1; inside its bucket by the logarithm. The
 * first bucket is taken to begin at half its upper bound.
 */
export function placeOf(micros: number, buckets: Buckets): number {
  const index = buckets.findIndex(([upper]) => micros <= upper);
  if (buckets.length === 0 || index < 0) return 1;
  const upper = buckets[index][0];
  const lower = index === 0 ? upper / 2 : buckets[index - 1][0];
  const inside = micros <= lower || lower <= 0 ? 0 : Math.log(micros / lower) / Math.log(upper / lower);
  return (index + inside) / buckets.length;
}
