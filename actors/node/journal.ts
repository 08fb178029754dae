/** Puts the life of the actors on record: crashes, restarts, give-ups, and who took one out of service. */
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
      case "report":
        if (event.context !== "disabled" && event.context !== "enabled") return;
        return this.note(RecordType.OperatorAction, {
          action: event.context,
          actor: `${event.path}/${event.child.id}`,
          reason: event.reason,
        });
      case "gave-up":
        return this.note(RecordType.ActorCrashed, { actor: event.path, reason: `gave up (${event.onGiveUp})` });
    }
  }

  /** Appends a JSON record; a log that failed has already shut the gate, so there is nobody left to tell. */
  note(type: number, value: unknown): void {
    if (!this.#audit.failed) this.#audit.appendJson(type, this.#clock.now(), value);
  }
}
