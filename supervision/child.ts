/** What a supervisor remembers of each child, and how it shows it. */
import type { ActorRef, ExitReason, Micros } from "../runtime/mod.ts";
import { isSupervisorSpec } from "./check.ts";
import type { ChildState, SupervisorView } from "./protocol.ts";
import {
  type Backoff,
  type ChildSpec,
  DEFAULT_INTENSITY,
  DEFAULT_PERIOD_MS,
  DEFAULT_SHUTDOWN_MS,
  type RestartType,
  type ShutdownTime,
  type SupervisorSpec,
} from "./spec.ts";

/** "ended": its incarnation is over and its actor waits to be started again or released. "stopped": no actor. */
export type State = "running" | "stopping" | "ended" | "restarting" | "stopped";

export interface Child {
  readonly spec: ChildSpec;
  readonly restart: RestartType;
  state: State;
  ref: ActorRef<never> | null;
  exit: ExitReason | null;
  startedAt: Micros;
  /** Failures in a row, for the back-off. */
  failures: number;
  /** Raised by every start, so that a retry or delay from before is recognised as stale. */
  ticket: number;
}

export function newChild(spec: ChildSpec): Child {
  const restart = spec.restart ?? "permanent";
  return { spec, restart, state: "stopped", ref: null, exit: null, startedAt: 0, failures: 0, ticket: 0 };
}

export function backoffOf(spec: ChildSpec): Backoff | undefined {
  return isSupervisorSpec(spec) ? undefined : spec.backoff;
}

/** A supervisor always gets the time it needs: it has children of its own to stop. */
export function shutdownOf(spec: ChildSpec): ShutdownTime {
  return isSupervisorSpec(spec) ? "infinity" : spec.shutdown ?? DEFAULT_SHUTDOWN_MS;
}

export function stateShown(state: State): ChildState {
  return state === "ended" ? "restarting" : state;
}

/** The supervisor as the console sees it; `children` in start order. */
export function viewOf(
  spec: SupervisorSpec,
  children: readonly Child[],
  restartsInPeriod: number,
  gaveUp: boolean,
): SupervisorView {
  const supervisors = children.filter((child) => isSupervisorSpec(child.spec)).length;
  return {
    strategy: spec.strategy,
    intensity: spec.intensity ?? DEFAULT_INTENSITY,
    periodMs: spec.periodMs ?? DEFAULT_PERIOD_MS,
    restartsInPeriod,
    onGiveUp: spec.onGiveUp ?? "escalate",
    gaveUp,
    counts: {
      specs: children.length,
      active: children.filter((child) => child.state === "running" || child.state === "stopping").length,
      supervisors,
      workers: children.length - supervisors,
    },
    children: children.map((child) => ({
      id: child.spec.id,
      state: stateShown(child.state),
      kind: isSupervisorSpec(child.spec) ? "supervisor" : "worker",
      restart: child.restart,
    })),
  };
}
