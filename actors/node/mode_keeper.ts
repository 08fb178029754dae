/**
 * Keeps the system mode of the node: feeds the pure rule, and carries every change out, on the control page (which the
 * gate reads), in the audit log, and, for EmergencyShutdown, as a kill of the firm that only an operator takes back.
 */
import { FIRM_SCOPE, RecordType, ScopeState } from "../../ffi/layout.gen.ts";
import type { AuditLog, ControlPage } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { type ConcernReport, createModeMachine, type ModeDecision, type SystemMode } from "../../supervision/mod.ts";

const MODE_WORD: Readonly<Record<SystemMode, number>> = { FullPerformance: 0, SafeMode: 1, EmergencyShutdown: 2 };

export interface ModeKeeperOptions {
  readonly recoverAfter: Micros;
  readonly control: ControlPage;
  readonly audit: AuditLog;
  readonly wallNanos: () => number;
  /** A request was stored on the control page. */
  readonly onRequest: () => void;
  readonly onChange: () => void;
}

export class ModeKeeper {
  readonly #machine: ReturnType<typeof createModeMachine>;
  readonly #options: ModeKeeperOptions;
  #reason = "";

  constructor(options: ModeKeeperOptions) {
    this.#options = options;
    this.#machine = createModeMachine({ recoverAfter: options.recoverAfter });
    options.control.setMode(MODE_WORD[this.mode]);
  }

  /** Why the mode is what it is. */
  get reason(): string {
    return this.#reason;
  }

  get mode(): SystemMode {
    return this.#machine.mode;
  }

  /** Concerns that are active now. */
  concerns(): readonly ConcernReport[] {
    return this.#machine.concerns;
  }

  report(concern: ConcernReport, now: Micros): void {
    this.#carryOut(this.mode, () => this.#machine.report(concern, now), now);
  }

  tick(now: Micros): void {
    this.#carryOut(this.mode, () => this.#machine.tick(now), now);
  }

  rearm(now: Micros): void {
    this.#carryOut(this.mode, () => this.#machine.rearm(now), now);
  }

  #carryOut(from: SystemMode, transition: () => ModeDecision, now: Micros): void {
    const step = transition();
    if (!step.changed) return;
    const { control, audit, wallNanos, onRequest, onChange } = this.#options;
    this.#reason = step.reason;
    control.setMode(MODE_WORD[step.mode]);
    if (step.mode === "EmergencyShutdown") {
      control.request(FIRM_SCOPE, ScopeState.Killed, step.reason, "system mode", wallNanos());
      onRequest();
    }
    // A log that cannot record is one of the reasons to get here; the gate is shut by then.
    if (!audit.failed) audit.appendJson(RecordType.ModeChanged, now, { from, to: step.mode, reason: step.reason });
    onChange();
  }
}
