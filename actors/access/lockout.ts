/**
 * Back-off after wrong passwords, per person. It stands before log-in only: sessions, keys and the kill path never ask.
 *
 * Time is wall milliseconds. Names that nobody has are counted like the others, so that a lock tells nobody who exists.
 */

/** Failures without a lock: people mistype. */
const FREE = 4;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;
/** Quiet time after which failures are forgotten. */
const FORGET_MS = 60 * 60_000;
/** Names that are remembered; the longest quiet goes first. */
const MOST_NAMES = 1_000;

interface Attempts {
  readonly failures: number;
  readonly last: number;
  readonly until: number;
}

export class Lockout {
  readonly #attempts = new Map<string, Attempts>();

  /** Until when the name is locked; null when it is not. */
  lockedUntil(name: string, now: number): number | null {
    const until = this.#attempts.get(name)?.until ?? 0;
    return until > now ? until : null;
  }

  /** Counts a failure; returns until when the name is locked by it. */
  failed(name: string, now: number): number | null {
    const before = this.#attempts.get(name);
    const failures = before === undefined || now - before.last > FORGET_MS ? 1 : before.failures + 1;
    const lock = failures <= FREE ? 0 : Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** (failures - FREE - 1));
    this.#attempts.delete(name);
    this.#attempts.set(name, { failures, last: now, until: now + lock });
    if (this.#attempts.size > MOST_NAMES) this.#attempts.delete(this.#attempts.keys().next().value!);
    return lock === 0 ? null : now + lock;
  }

  succeeded(name: string): void {
    this.#attempts.delete(name);
  }
}
