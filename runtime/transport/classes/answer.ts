/** Waits for an answer, and not for ever. */
import { Sleep, wallMs } from "../../internal/wall.ts";

export const LATE: unique symbol = Symbol("no answer in time");

/** What `promise` comes to, or LATE. Its failure after that is nobody's. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  const sleep = new Sleep(ms);
  promise.catch(() => {});
  try {
    return await Promise.race<T | typeof LATE>([promise, sleep.done.then((): typeof LATE => LATE)]);
  } finally {
    sleep.end();
  }
}

/** As circuit breakers count time. */
export const nowMicros = (): number => wallMs() * 1_000;
