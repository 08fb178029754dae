/**
 * Timers of the page: reconnects, and the age of what is shown.
 *
 * The page runs in a browser, far from the node's clock, so wall time is the only time it has. The only file of the
 * page that touches timers.
 */

/** Milliseconds from an arbitrary origin; never goes backwards. */
export function wallMillis(): number {
  return performance.now();
}

export function afterMillis(millis: number, call: () => void): () => void {
  const id = setTimeout(call, millis);
  return () => clearTimeout(id);
}

export function everyMillis(millis: number, call: () => void): () => void {
  const id = setInterval(call, millis);
  return () => clearInterval(id);
}

/** Milliseconds since 1970 by the clock of whoever looks: for the end of what is asked to hold for a time. */
export function dateMillis(): number {
  return performance.timeOrigin + performance.now();
}
