/** Moments of a run for people: the node's clock, to the microsecond. */

/** "2024-01-02T14:30:00.000001Z" of microseconds since the Unix epoch. */
export function timeText(micros: number): string {
  const millis = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23);
  return `${millis}${String(micros - Math.floor(micros / 1000) * 1000).padStart(3, "0")}Z`;
}
