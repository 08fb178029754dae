/**
 * System modes: how far the node is allowed to trade, as a pure function of the concerns that are active.
 *
 * FullPerformance: trade. SafeMode: only orders that reduce a position. EmergencyShutdown: gate shut, resting orders
 * cancelled; left only by an explicit re-arm, never by itself.
 */
import { type Micros, MICROS_PER_SECOND } from "../runtime/mod.ts";

export type SystemMode = "FullPerformance" | "SafeMode" | "EmergencyShutdown";

/** A reason to leave FullPerformance, or, with `active` false, the end of one. */
export interface ConcernReport {
  /** Stable name, for example "stale-market:ALPHA". */
  readonly id: string;
  readonly active: boolean;
  /** How far the concern pushes the mode while it is active. */
  readonly demands: "SafeMode" | "EmergencyShutdown";
  /** One sentence for people. */
  readonly detail: string;
}

export interface ModeDecision {
  readonly mode: SystemMode;
  /** Whether this step changed the mode. */
  readonly changed: boolean;
  /** Why the mode is what it is, one sentence. */
  readonly reason: string;
}

export interface ModeMachine {
  readonly mode: SystemMode;
  /** Active concerns, in the order they arose. */
  readonly concerns: readonly ConcernReport[];
  /** A concern arose, changed or ended. */
  report(concern: ConcernReport, now: Micros): ModeDecision;
  /** Time has passed: lets SafeMode end. Call it now and then. */
  tick(now: Micros): ModeDecision;
  /** An operator re-arms after an EmergencyShutdown. Refused while a concern still demands it. */
  rearm(now: Micros): ModeDecision;
}

export interface ModeOptions {
  /** How long no concern may have been active before SafeMode ends. */
  readonly recoverAfter: Micros;
}

/**
 * The whole rule. Strictest: the strictest demand of the active concerns. Quiet: no concern has been active, and nobody
 * re-armed, for `recoverAfter`.
 *
 *   mode              | report: strictest is     | tick                        | rearm
 *   ------------------|--------------------------|-----------------------------|---------------------------------------
 *   FullPerformance   | none: stay               | stay                        | stay
 *                     | SafeMode: SafeMode       |                             |
 *                     | Emergency…: Emergency…   |                             |
 *   SafeMode          | none, SafeMode: stay     | quiet: FullPerformance,     | stay
 *                     | Emergency…: Emergency…   | else stay                   |
 *   EmergencyShutdown | stay (latched)           | stay (latched)              | strictest is Emergency…: refused, stay
 *                     |                          |                             | else SafeMode
 */
export function createModeMachine(options: ModeOptions): ModeMachine {
  const { recoverAfter } = options;
  if (!Number.isSafeInteger(recoverAfter) || recoverAfter < 0) {
    throw new RangeError(`recoverAfter is a span in whole microseconds, not ${recoverAfter}.`);
  }
  const active = new Map<string, ConcernReport>();
  let mode: SystemMode = "FullPerformance";
  let reason = "No concern has been reported.";
  /** Since when it has been quiet. */
  let quietSince: Micros = 0;

  const strictest = (): ConcernReport | undefined => {
    let found: ConcernReport | undefined;
    for (const concern of active.values()) {
      if (found === undefined || (found.demands === "SafeMode" && concern.demands === "EmergencyShutdown")) {
        found = concern;
      }
    }
    return found;
  };
  const enter = (next: SystemMode, why: string): ModeDecision => {
    const changed = next !== mode;
    mode = next;
    reason = why;
    return { mode, changed, reason };
  };
  const stay = (): ModeDecision => ({ mode, changed: false, reason });

  return {
    get mode() {
      return mode;
    },
    get concerns() {
      return [...active.values()];
    },
    report(concern, now) {
      if (concern.active) active.set(concern.id, concern);
      else if (active.delete(concern.id) && active.size === 0) quietSince = now;
      const worst = strictest();
      if (mode === "EmergencyShutdown" || worst === undefined) return stay();
      if (worst.demands === "SafeMode" && mode === "SafeMode") return stay();
      return enter(worst.demands, `${worst.id}: ${worst.detail}`);
    },
    tick(now) {
      if (mode !== "SafeMode" || active.size > 0 || now - quietSince < recoverAfter) return stay();
      return enter("FullPerformance", `No concern for ${recoverAfter / MICROS_PER_SECOND} s.`);
    },
    rearm(now) {
      if (mode !== "EmergencyShutdown") return stay();
      const worst = strictest();
      if (worst?.demands === "EmergencyShutdown") {
        return { mode, changed: false, reason: `Not re-armed, because ${worst.id} is still active: ${worst.detail}` };
      }
      quietSince = now;
      return enter(
        "SafeMode",
        worst === undefined ? "Re-armed by an operator." : `Re-armed; ${worst.id}: ${worst.detail}`,
      );
    },
  };
}
