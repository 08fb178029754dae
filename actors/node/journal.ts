/** Puts the life of the actors on record: crashes, restarts, give-ups. */
import { RecordType } from "../../ffi/layout.gen.ts";
import type { AuditLog } from "../../ffi/mod.ts";
import type { Clock, SystemEvent } from "../../runtime/mod.ts";

export class Journal {
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  restarts = 0;

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  event(event: SystemEvent): void {
    switch (event.kind) {
      case "crashed":
        return this.note(RecordType.ActorCrashed, {
          actor: event.path,
          reason: event.reason,
          restarts: event.restarts,
        });
      case "restarted":
        this.restarts++;
        return;
      case "gave-up":
        return this.note(RecordType.ActorCrashed, { actor: event.path, reason: `gave up (${event.onGiveUp})` });
    }
  }

  /** Appends a JSON record; a log that failed has already shut the gate, so there is nobody left to tell. */
  note(type: number, value: unknown): void {
    if (!this.#audit.failed) this.#audit.appendJson(type, this.#clock.now(), value);
  }
}
