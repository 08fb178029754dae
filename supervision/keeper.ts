/**
 * The hands of a supervisor: starts, stops and releases one child, counts its restarts, reports on it. Decides nothing;
 * what is done when and why is in supervisor.ts and dynamic.ts.
 */
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type Children,
  childrenOf,
  describeExit,
  type ExitReason,
  type GiveUpAction,
  type Micros,
  MICROS_PER_MS,
  redaction,
  type ReportContext,
} from "../runtime/mod.ts";
import { backoffDelay, RestartBudget } from "./budget.ts";
import { backoffOf, type Child, plainSpec, shutdownOf } from "./child.ts";
import { isExpectedEnd } from "./policy.ts";
import { reportOf } from "./report.ts";
import {
  type AnySupervisorSpec,
  DEFAULT_INTENSITY,
  DEFAULT_PERIOD_MS,
  DEFAULT_START_TIMEOUT_MS,
  isSupervisorSpec,
  type WorkerSpec,
} from "./spec.ts";

/** Messages a supervisor sends to itself. */
export type Internal =
  /** Try again after a failed start: spends one restart. `life`: the incarnation whose child it is. */
  | { readonly kind: "RetryChild"; readonly child: Child; readonly ticket: number; readonly life: number }
  /** A back-off delay is over: the restart it belongs to was already spent. */
  | { readonly kind: "DelayOver"; readonly child: Child; readonly ticket: number }
  | { readonly kind: "StartTimeout"; readonly child: Child; readonly ticket: number }
  | { readonly kind: "ShutdownTimeout"; readonly child: Child }
  /** Of a dynamic supervisor: the time of all. */
  | { readonly kind: "ShutdownTimeoutOfAll" };

export type Retry = Extract<Internal, { readonly kind: "RetryChild" | "DelayOver" }>;

/** What came of a start: "gone": its `init` returned IGNORE. */
export type Started = "running" | "opening" | "gone" | Error;

/** Whose budget a restart has overdrawn. */
export type Overdrawn = "none" | "child" | "supervisor";

export class Keeper {
  readonly control: Children<Internal>;
  gaveUp = false;
  private budget: RestartBudget;

  constructor(
    private readonly context: ActorContext<Internal>,
    readonly spec: AnySupervisorSpec,
    /** The actor that a supervisor among the children is. */
    private readonly supervisorActor: ActorDef<never, AnySupervisorSpec>,
  ) {
    this.control = childrenOf(context);
    this.control.describe(spec.strategy);
    this.budget = this.freshBudget();
  }

  start(child: Child, args?: unknown): Started {
    const { spec, name } = child;
    child.ticket++;
    child.exit = null;
    child.args = args ?? (isSupervisorSpec(spec) ? undefined : spec.args);
    try {
      child.ref = isSupervisorSpec(spec)
        ? this.control.start(name, this.supervisorActor, spec)
        : this.control.start(name, spec.actor as ActorDef<never, unknown>, child.args, spec.mailboxOnRestart);
    } catch (error) {
      child.state = "restarting";
      return error instanceof Error ? error : new Error(String(error));
    }
    const standing = this.control.standing(child.ref);
    child.startedAt = this.context.clock.now();
    child.state = standing === "gone" ? "ended" : standing === "opening" ? "starting" : "running";
    if (standing === "opening") this.timeStart(child);
    return standing;
  }

  /** A start that took time has come to an end. */
  started(child: Child): void {
    this.control.timers.cancel(`start ${child.name}`);
    child.startedAt = this.context.clock.now();
    child.state = "running";
  }

  /** The error of a start that took time and ended with `reason`. */
  failedStart(child: Child, reason: ExitReason): Error {
    this.control.timers.cancel(`start ${child.name}`);
    child.state = "restarting";
    if (reason.kind === "init-failed") return reason.error;
    const ms = startTimeoutOf(child.spec as WorkerSpec);
    return new Error(reason.kind === "killed" ? `it had not started after ${ms} ms` : describeExit(reason));
  }

  /** Asks the child to stop, in its way. A child-exit follows. `alone`: with a timer of its own. */
  stop(child: Child, alone = true): void {
    child.state = "stopping";
    const shutdown = shutdownOf(child.spec);
    if (shutdown === "brutal_kill") {
      this.control.kill(child.ref!);
      return;
    }
    this.control.stop(child.ref!);
    if (shutdown === "infinity" || !alone) return;
    this.control.timers.once(`stop ${child.name}`, shutdown * MICROS_PER_MS, { kind: "ShutdownTimeout", child });
  }

  overran(child: Child): void {
    this.control.overran(child.ref!, shutdownOf(child.spec) as number);
    this.control.kill(child.ref!);
  }

  /** It has stopped after it was asked to; how, is reported when it is not what was asked for. */
  stopped(child: Child): void {
    this.control.timers.cancel(`stop ${child.name}`);
    child.state = "ended";
    this.judgeStop(child);
  }

  judgeStop(child: Child): void {
    if (!this.isExpected(child)) this.report("shutdown-error", child, describeExit(child.exit!));
  }

  isExpected({ restart, spec, exit }: Child): boolean {
    return isExpectedEnd(restart, shutdownOf(spec), exit!);
  }

  /** Forgets that the child was to be tried again. */
  overtake(child: Child): void {
    child.state = "ended";
    child.ticket++;
  }

  /** Lets the actor of a child go for good. */
  release(child: Child, state: "stopped" | "disabled"): void {
    if (child.ref !== null && this.control.standing(child.ref) === "gone") this.control.release(child.ref);
    child.ref = null;
    child.state = state;
    child.ticket++;
  }

  /** Spends one restart of the child's own budget, if it has one, and one of the supervisor's. */
  spend(child: Child): Overdrawn {
    const now = this.context.clock.now();
    const own = child.spec.budget;
    if (own !== undefined) {
      child.budget ??= new RestartBudget(own.intensity, own.periodMs);
      if (!child.budget.spend(now)) return "child";
    }
    return this.budget.spend(now) ? "none" : "supervisor";
  }

  /** A child that has been up long enough starts again from the shortest delay. */
  forgive(child: Child): void {
    const backoff = backoffOf(child.spec);
    const quiet = this.context.clock.now() - child.startedAt;
    if (backoff !== undefined && quiet >= backoff.resetAfterMs * MICROS_PER_MS) child.failures = 0;
  }

  /** How long its next restart waits. */
  delay(child: Child): Micros {
    const backoff = backoffOf(child.spec);
    return backoff === undefined ? 0 : backoffDelay(backoff, child.failures, this.context.random);
  }

  /** Tries the child again when its delay is over. */
  later(child: Child, delay: Micros): void {
    this.control.timers.once(`delay ${child.name}`, delay, { kind: "DelayOver", child, ticket: child.ticket });
  }

  /** Tries the child again after a turn of the loop, so that a request to stop is never starved. */
  retry(child: Child): void {
    this.context.self.urgent({ kind: "RetryChild", child, ticket: child.ticket, life: this.context.incarnation });
  }

  /** The mailbox outlives a supervisor that is restarted, and what its last life wanted to try again is in it. */
  isOwn(retry: Retry): boolean {
    return retry.kind !== "RetryChild" || retry.life === this.context.incarnation;
  }

  spent(): number {
    return this.budget.spent(this.context.clock.now());
  }

  /** Says that the budget is spent; returns what is to be done. */
  giveUp(child: Child, overdrawn: Overdrawn): GiveUpAction {
    const action = this.spec.onGiveUp ?? "escalate";
    const { intensity, periodMs } = overdrawn === "child" ? child.budget! : this.budget;
    const reason = `"${child.name}" needed more than ${intensity} restarts in ${periodMs} ms`;
    this.gaveUp = true;
    this.report("intensity-reached", child, reason);
    this.control.gaveUp(action, reason);
    return action;
  }

  /** After it gave up, a supervisor that is told to start a child begins with a fresh budget. */
  renew(child: Child): void {
    child.budget = null;
    if (!this.gaveUp) return;
    this.gaveUp = false;
    this.budget = this.freshBudget();
  }

  reportExit(child: Child): void {
    this.report("child-terminated", child, describeExit(child.exit!));
  }

  report(context: ReportContext, child: Child, reason: string, more: Readonly<Record<string, unknown>> = {}): void {
    const redact = redaction(isSupervisorSpec(child.spec) ? undefined : child.spec.actor.redact, child.args);
    this.control.report({ context, reason: redact(reason), child: { ...plainSpec(child.spec), ...more } });
  }

  /** What crash records of the children tell of their supervision. */
  explain(find: (child: ActorRef<never>) => Child | undefined): void {
    this.control.explain((ref) => {
      const child = find(ref);
      const { self, clock } = this.context;
      return child === undefined ? null : reportOf(self.path, this.spec, child, this.budget, clock.now());
    });
  }

  private timeStart(child: Child): void {
    if (isSupervisorSpec(child.spec)) return;
    const timeout = startTimeoutOf(child.spec) * MICROS_PER_MS;
    this.control.timers.once(`start ${child.name}`, timeout, { kind: "StartTimeout", child, ticket: child.ticket });
  }

  private freshBudget(): RestartBudget {
    const { intensity = DEFAULT_INTENSITY, periodMs = DEFAULT_PERIOD_MS } = this.spec;
    return new RestartBudget(intensity, periodMs);
  }
}

function startTimeoutOf({ startTimeoutMs = DEFAULT_START_TIMEOUT_MS }: { readonly startTimeoutMs?: number }): number {
  return startTimeoutMs;
}
