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
