/** Puts what is no order on record, as JSON. */
import type { AuditLog } from "../../ffi/mod.ts";
import type { Clock, Micros } from "../../runtime/mod.ts";

export interface NoteOptions {
  /** Default: now. */
  readonly time?: Micros;
  /** Id of the message that caused it; 0, the default, when unknown. */
  readonly cause?: number;
  /** Version of the payload's schema; default 1. */
  readonly version?: number;
}

export class Journal {
  readonly #audit: AuditLog;
  readonly #clock: Clock;

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /**
   * Appends a JSON record and returns its index; null from a log that failed, which has already shut the gate, so that there
   * is nobody left to tell.
   */
  note(
    type: number,
    value: unknown,
    { time = this.#clock.now(), cause = 0, version = 1 }: NoteOptions = {},
  ): number | null {
    return this.#audit.failed ? null : this.#audit.appendJson(type, time, value, cause, version);
  }
}

/**
 * Puts on record what must be there before it counts: durable when this returns true. False from a log that cannot record,
 * which has shut the gate by itself; whoever asks must not stumble over it.
 */
export function noteDurably(journal: Journal, audit: AuditLog, type: number, value: unknown): boolean {
  try {
    if (journal.note(type, value) === null) return false;
    audit.commit();
    return true;
  } catch {
    return false;
  }
}
