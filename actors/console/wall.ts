/**
 * Wall-clock timers of the console.
 *
 * The console serves people and their browsers, so it waits in wall time: heartbeats, at most so many updates a second,
 * a bounded wait when closing. Nothing here reaches an actor or the node's clock, so a run stays repeatable whatever
 * the console does. This file is the only one of the server that touches timers.
 */
// deno-lint-ignore-file cwts/no-ambient -- wall time is the console's own, see above

/** Milliseconds from an arbitrary origin; never goes backwards. */
export function wallMillis(): number {
  return performance.now();
}

/** Calls back once after `millis`; returns the cancel. Does not keep the process alive. */
export function afterMillis(millis: number, call: () => void): () => void {
  const id = setTimeout(call, millis);
  Deno.unrefTimer(id);
  return () => clearTimeout(id);
}
