/** What a crash record tells of the supervision of the child that crashed: as it stands before anything is decided. */
import type { GiveUpAction } from "../runtime/mod.ts";
import { isSupervisorSpec } from "./check.ts";
import { type Child, shutdownOf } from "./child.ts";
import type { RestartBudget } from "./accounting.ts";
import {
  type Backoff,
  DEFAULT_PERIOD_MS,
  type RestartType,
  type ShutdownTime,
  type Strategy,
  type SupervisorSpec,
  type WorkerSpec,
} from "./spec.ts";

export interface ChildReport {
  readonly supervisor: string;
  readonly strategy: Strategy;
  readonly child: {
    readonly id: string;
    readonly kind: "worker" | "supervisor";
    readonly restart: RestartType;
    readonly shutdown: ShutdownTime;
    /** Null: restarted at once. */
    readonly backoff: Backoff | null;
    readonly mailboxOnRestart: "keep" | "dead-letter";
    /** Failures in a row, without this one: the next restart waits accordingly. */
    readonly failures: number;
  };
  /** Restarts that the supervisor allows itself in a sliding period. */
  readonly budget: {
    readonly intensity: number;
    readonly periodMs: number;
    readonly left: number;
    /** What it does when it needs one more than are left. */
    readonly onGiveUp: GiveUpAction;
  };
}

/** `now` in microseconds. */
export function reportOf(
  supervisor: string,
  spec: SupervisorSpec,
  child: Child,
  budget: RestartBudget,
  now: number,
): ChildReport {
  const own: Partial<WorkerSpec> = isSupervisorSpec(child.spec) ? {} : child.spec as WorkerSpec;
  return {
    supervisor,
    strategy: spec.strategy,
    child: {
      id: child.spec.id,
      kind: isSupervisorSpec(child.spec) ? "supervisor" : "worker",
      restart: child.restart,
      shutdown: shutdownOf(child.spec),
      backoff: own.backoff ?? null,
      mailboxOnRestart: own.mailboxOnRestart ?? "keep",
      failures: child.failures,
    },
    budget: {
      intensity: budget.intensity,
      periodMs: spec.periodMs ?? DEFAULT_PERIOD_MS,
      left: Math.max(0, budget.intensity - budget.spent(now)),
      onGiveUp: spec.onGiveUp ?? "escalate",
    },
  };
}
