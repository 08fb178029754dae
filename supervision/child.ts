/** What a supervisor remembers of each child, and how it shows it. */
import type { ActorRef, ExitReason, Micros } from "../runtime/mod.ts";
import type { RestartBudget } from "./budget.ts";
import type { ChildCounts, ChildState, ChildView, SupervisorView } from "./protocol.ts";
import {
  type AnySupervisorSpec,
  type Backoff,
  type ChildSpec,
  DEFAULT_INTENSITY,
  DEFAULT_PERIOD_MS,
  DEFAULT_SHUTDOWN_MS,
  isSupervisorSpec,
  type RestartType,
  type ShutdownTime,
} from "./spec.ts";

/** "ended": its incarnation is over and its actor waits to be started again or released. "stopped", "disabled": no actor. */
export type State = "running" | "starting" | "stopping" | "ended" | "restarting" | "stopped" | "disabled";

export interface Child {
  readonly spec: ChildSpec;
  /** Name of its actor: the id of the specification, for a dynamic child with a number. */
  readonly name: string;
  readonly restart: RestartType;
  state: State;
  ref: ActorRef<never> | null;
  /** What its actor was started with last. */
  args: unknown;
  exit: ExitReason | null;
  startedAt: Micros;
  /** Failures in a row, for the back-off. */
  failures: number;
  /** Raised by every start, so that a retry or delay from before is recognised as stale. */
  ticket: number;
  /** Its own budget, once it has been used. */
  budget: RestartBudget | null;
}

export function newChild(spec: ChildSpec, name: string = spec.id): Child {
  const restart = spec.restart ?? "permanent";
  return {
    spec,
    name,
    restart,
    state: "stopped",
    ref: null,
    args: undefined,
    exit: null,
    startedAt: 0,
    failures: 0,
    ticket: 0,
    budget: null,
  };
}

export function backoffOf(spec: ChildSpec): Backoff | undefined {
  return isSupervisorSpec(spec) ? undefined : spec.backoff;
}

/** A supervisor gets the time it needs unless it says otherwise: it has children of its own to stop. */
export function shutdownOf(spec: ChildSpec): ShutdownTime {
  return spec.shutdown ?? (isSupervisorSpec(spec) ? "infinity" : DEFAULT_SHUTDOWN_MS);
}

/** Whether the child runs or is going to without anybody's command. */
export function isUp({ state }: Child): boolean {
  return state !== "stopped" && state !== "disabled";
}

/** Whether it has no life and a command may give it one. */
export function isDown({ state }: Child): boolean {
  return state === "stopped" || state === "ended";
}

export function stateShown({ state }: Child): ChildState {
  return state === "ended" ? "restarting" : state;
}

/** A specification as plain data, for reports: OTP's child specification, with every default filled in. */
export function plainSpec(spec: ChildSpec): Readonly<Record<string, unknown>> {
  const { id, restart = "permanent", significant = false, budget, tags } = spec;
  const kind = isSupervisorSpec(spec) ? "supervisor" : "worker";
  const common = { id, kind, restart, significant, shutdown: shutdownOf(spec), budget, tags };
  if (isSupervisorSpec(spec)) {
    return { ...common, strategy: spec.strategy, intensity: spec.intensity, periodMs: spec.periodMs };
  }
  const { actor: { type }, backoff, mailboxOnRestart = "keep" } = spec;
  return { ...common, actor: type, backoff, mailboxOnRestart };
}

export function viewOfChild(child: Child): ChildView {
  const kind = isSupervisorSpec(child.spec) ? "supervisor" : "worker";
  return { id: child.name, state: stateShown(child), kind, restart: child.restart };
}

/** `specs`: of a dynamic supervisor one, however many children it has. */
export function countChildren(children: readonly Child[], specs: number = children.length): ChildCounts {
  const supervisors = children.filter(({ spec }) => isSupervisorSpec(spec)).length;
  const active = children.filter(({ state }) => state === "running" || state === "stopping").length;
  return { specs, active, supervisors, workers: children.length - supervisors };
}

/** The supervisor as the console sees it; `children` in start order. */
export function viewOf(
  spec: AnySupervisorSpec,
  children: readonly Child[],
  restartsInPeriod: number,
  gaveUp: boolean,
): SupervisorView {
  return {
    strategy: spec.strategy,
    intensity: spec.intensity ?? DEFAULT_INTENSITY,
    periodMs: spec.periodMs ?? DEFAULT_PERIOD_MS,
    restartsInPeriod,
    autoShutdown: spec.autoShutdown ?? "never",
    onGiveUp: spec.onGiveUp ?? "escalate",
    gaveUp,
    counts: countChildren(children, spec.strategy === "dynamic" ? 1 : children.length),
    children: children.map(viewOfChild),
  };
}
