/** What a crash record tells of the supervision of the child that crashed: as it stands before anything is decided. */
import type { GiveUpAction } from "../runtime/mod.ts";
import { type Child, shutdownOf } from "./child.ts";
import type { RestartBudget } from "./budget.ts";
import {
  type AnySupervisorSpec,
  type Backoff,
  isSupervisorSpec,
  type RestartType,
  type ShutdownTime,
  type WorkerSpec,
} from "./spec.ts";

export interface ChildReport {
  readonly supervisor: string;
  readonly strategy: AnySupervisorSpec["strategy"];
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
  /** Restarts that the supervisor allows this child alone; null when it sets no limit of its own. */
  readonly own: { readonly intensity: number; readonly periodMs: number; readonly left: number } | null;
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
  spec: AnySupervisorSpec,
  child: Child,
  budget: RestartBudget,
  now: number,
): ChildReport {
  const own: Partial<WorkerSpec> = isSupervisorSpec(child.spec) ? {} : child.spec as WorkerSpec;
  const limit = child.spec.budget;
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
    own: limit === undefined ? null : {
      intensity: limit.intensity,
      periodMs: limit.periodMs,
      left: Math.max(0, limit.intensity - (child.budget?.spent(now) ?? 0)),
    },
    budget: {
      intensity: budget.intensity,
      periodMs: budget.periodMs,
      left: Math.max(0, budget.intensity - budget.spent(now)),
      onGiveUp: spec.onGiveUp ?? "escalate",
    },
  };
}
