/** Where things stand on the histogram's logarithmic axis. Pure. */

export interface Bar {
  /** Upper bound, microseconds. */
  readonly upper: number;
  readonly count: number;
  /** 0 to 1: logarithm of the count against the fullest bar's. */
  readonly height: number;
}

export function bars(buckets: readonly (readonly [upper: number, count: number])[]): Bar[] {
  const most = Math.max(0, ...buckets.map(([, n]) => n));
  return buckets.map(([upper, n]) => ({ upper, count: n, height: n === 0 ? 0 : Math.log1p(n) / Math.log1p(most) }));
}

/**
 * Place of a value on an axis where every bucket is equally wide, 0 to 1; inside its bucket by the logarithm. The
 * first bucket is taken to begin at half its upper bound.
 */
export function placeOf(micros: number, buckets: readonly (readonly [upper: number, count: number])[]): number {
  const index = buckets.findIndex(([upper]) => micros <= upper);
  if (buckets.length === 0 || index < 0) return 1;
  const upper = buckets[index][0];
  const lower = index === 0 ? upper / 2 : buckets[index - 1][0];
  const inside = micros <= lower || lower <= 0 ? 0 : Math.log(micros / lower) / Math.log(upper / lower);
  return (index + inside) / buckets.length;
}
