/**
 * The node's few looks at the real world: stamps for people and other processes, the operator's token. Nothing here ever
 * reaches a decision or a record that a replay must reproduce.
 */
// deno-lint-ignore-file cwts/no-ambient -- this is the one door to wall time and real chance outside the runtime

/** Wall nanoseconds since the Unix epoch, to the microsecond. */
export function wallNanos(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) * 1000;
}

export function wallTimestamp(): string {
  return new Date().toISOString();
}

/** 192 random bits; a fresh one at every start. */
export function operatorToken(): string {
  return randomBytes(24).toBase64({ alphabet: "base64url" });
}

/** Bytes that nobody can foresee: tokens and salts. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Wall milliseconds since the Unix epoch. */
export function wallMillis(): number {
  return Date.now();
}

/** Runs `task` after `millis` of wall time; does not keep the process alive. */
export function afterWall(millis: number, task: () => void): void {
  Deno.unrefTimer(setTimeout(task, millis));
}

/** Resolves after `millis` of wall time, or when the signal comes. */
export function sleepWall(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, millis);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done);
  });
}
