/**
 * The supervisor: starts its children in order, restarts them by its strategy, stops them in reverse.
 *
 * The rules are OTP's `supervisor`; SEMANTICS.md of the runtime lists them with the intended differences (back-off,
 * mailboxes that survive, what happens when the budget is spent). Stopping a child takes messages and time, so the
 * supervisor does one `Stopping` at a time; exits and commands that arrive meanwhile wait and are then served in order.
 */
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type ActorSystem,
  type Children,
  childrenOf,
  type ExitReason,
  type Handlers,
  type Micros,
  MICROS_PER_MS,
} from "../runtime/mod.ts";
import { backoffDelay, isRestarted, RestartBudget } from "./accounting.ts";
import { checkSpec, isSupervisorSpec } from "./check.ts";
import { backoffOf, type Child, newChild, shutdownOf, stateShown, viewOf } from "./child.ts";
import type { SupervisorMessage, SupervisorReply, SupervisorView } from "./protocol.ts";
import { reportOf } from "./report.ts";
import { type ChildSpec, DEFAULT_INTENSITY, DEFAULT_PERIOD_MS, type SupervisorSpec } from "./spec.ts";

/** Messages a supervisor sends to itself. */
type Internal =
  /** Try again after a failed start: spends one restart. */
  | { readonly kind: "RetryChild"; readonly child: Child; readonly ticket: number }
  /** A back-off delay is over: the restart it belongs to was already spent. */
  | { readonly kind: "DelayOver"; readonly child: Child; readonly ticket: number }
  | { readonly kind: "ShutdownTimeout"; readonly child: Child };

type Then =
  | { readonly kind: "start"; readonly failed: Child; readonly delay: Micros }
  | { readonly kind: "end"; readonly reason: ExitReason }
  | { readonly kind: "stay-stopped" }
  | { readonly kind: "terminated"; readonly child: Child; readonly replyTo: ActorRef<SupervisorReply> | undefined };

interface Stopping {
  current: Child | null;
  /** Next to stop at the end. */
  readonly left: Child[];
  readonly then: Then;
}

class Supervisor implements Handlers<SupervisorMessage | Internal> {
  /** By id, in start order. */
  private readonly children = new Map<string, Child>();
  private readonly control: Children<SupervisorMessage | Internal>;
  private budget: RestartBudget;
  private stopping: Stopping | null = null;
  private readonly exits: Child[] = [];
  private readonly retries: Exclude<Internal, { kind: "ShutdownTimeout" }>[] = [];
  private readonly commands: SupervisorMessage[] = [];
  private ending = false;
  private gaveUp = false;

  constructor(
    private readonly context: ActorContext<SupervisorMessage | Internal>,
    private readonly spec: SupervisorSpec,
  ) {
    const problems = checkSpec(spec);
    if (problems.length > 0) throw new Error(problems.join(" "));
    this.control = childrenOf(context);
    this.control.describe(spec.strategy);
    this.control.onStop((reason) => this.shutDown(reason));
    this.budget = this.freshBudget();
    this.control.explain((id) => {
      const child = this.children.get(id);
      const { self, clock } = this.context;
      return child === undefined ? null : reportOf(self.path, this.spec, child, this.budget, clock.now());
    });
    for (const childSpec of spec.children) {
      const child = newChild(childSpec);
      this.children.set(child.spec.id, child);
      const failure = this.startChild(child);
      if (failure !== null) throw failure;
    }
  }

  signal(signal: Parameters<NonNullable<Handlers<never>["signal"]>>[0]): void {
    if (signal.kind !== "child-exit") return;
    const child = this.children.get(signal.child.path.slice(this.context.self.path.length + 1));
    if (child === undefined || child.ref !== signal.child) return;
    child.exit = signal.reason;
    child.state = "ended";
    if (this.stopping !== null && this.stopping.current === child) {
      this.control.timers.cancel("shutdown");
      this.stopNext();
    } else {
      this.exits.push(child);
    }
    this.pump();
  }

  receive(message: SupervisorMessage | Internal): void {
    switch (message.kind) {
      case "RetryChild":
      case "DelayOver":
        this.retries.push(message);
        break;
      case "ShutdownTimeout":
        if (this.stopping?.current === message.child) this.overran(message.child);
        break;
      default:
        this.commands.push(message);
    }
    this.pump();
  }

  inspect(): SupervisorView {
    const restartsInPeriod = this.budget.spent(this.context.clock.now());
    return viewOf(this.spec, [...this.children.values()], restartsInPeriod, this.gaveUp);
  }

  stopped(): void {
    for (const command of this.commands) answer(command.replyTo, `${this.context.self.path} is stopping.`);
  }

  /** Serves what waited, as long as no stopping is in progress. */
  private pump(): void {
    while (this.stopping === null && !this.ending) {
      const child = this.exits.shift();
      if (child !== undefined) {
        if (child.state === "ended") this.decide(child);
        continue;
      }
      const retry = this.retries.shift();
      if (retry !== undefined) {
        if (retry.ticket === retry.child.ticket) this.tryAgain(retry);
        continue;
      }
      const command = this.commands.shift();
      if (command === undefined) return;
      this.carryOut(command);
    }
  }

  private decide(child: Child): void {
    if (!isRestarted(child.restart, child.exit!)) {
      this.leave(child);
      return;
    }
    const backoff = backoffOf(child.spec);
    const quiet = this.context.clock.now() - child.startedAt;
    if (backoff !== undefined && quiet >= backoff.resetAfterMs * MICROS_PER_MS) child.failures = 0;
    this.again(child);
  }

  private tryAgain(retry: (typeof this.retries)[number]): void {
    if (retry.kind === "RetryChild") this.again(retry.child);
    else this.startGroup(retry.child);
  }

  /** One restart: spends from the budget, stops the siblings the strategy names, then starts them all. */
  private again(child: Child): void {
    child.state = "restarting";
    child.ticket++;
    child.failures++;
    if (!this.budget.spend(this.context.clock.now())) {
      this.giveUp(child);
      return;
    }
    const backoff = backoffOf(child.spec);
    const delay = backoff === undefined ? 0 : backoffDelay(backoff, child.failures, this.context.random);
    const siblings = this.group(child).filter((other) => other !== child);
    this.stopAll(siblings, { kind: "start", failed: child, delay });
  }

  /** The children that a failure of `child` restarts, in start order. */
  private group(child: Child): Child[] {
    switch (this.spec.strategy) {
      case "one_for_one":
        return [child];
      case "rest_for_one": {
        const all = [...this.children.values()];
        return all.slice(all.indexOf(child));
      }
      case "one_for_all":
        return [...this.children.values()];
    }
  }

  private startGroup(failed: Child): void {
    for (const child of this.group(failed)) {
      if (child.state === "running") continue;
      if (this.startChild(child) !== null) {
        // Back to the loop before the next try, so that a request to stop is never starved.
        const retry: Internal = { kind: "RetryChild", child, ticket: child.ticket };
        this.context.self.urgent(retry);
        return;
      }
    }
  }

  private startChild(child: Child): Error | null {
    const { spec } = child;
    child.ticket++;
    child.exit = null;
    try {
      child.ref = isSupervisorSpec(spec)
        ? this.control.start(spec.id, supervisorActor, spec)
        : this.control.start(spec.id, spec.actor as ActorDef<never, unknown>, spec.args, spec.mailboxOnRestart);
    } catch (error) {
      child.state = "restarting";
      return error instanceof Error ? error : new Error(String(error));
    }
    child.state = "running";
    child.startedAt = this.context.clock.now();
    return null;
  }

  /** Stops the running ones among `children`, last started first, one after the other. */
  private stopAll(children: Iterable<Child>, then: Then): void {
    this.stopping = { current: null, left: [...children], then };
    this.stopNext();
  }

  private stopNext(): void {
    const stopping = this.stopping!;
    stopping.current = null;
    for (let child = stopping.left.pop(); child !== undefined; child = stopping.left.pop()) {
      if (child.state !== "running") continue;
      stopping.current = child;
      this.stopChild(child);
      return;
    }
    this.stopping = null;
    this.afterStopping(stopping.then);
  }

  private stopChild(child: Child): void {
    child.state = "stopping";
    const shutdown = shutdownOf(child.spec);
    if (shutdown === "brutal_kill") {
      this.control.kill(child.ref!);
      return;
    }
    this.control.stop(child.ref!);
    if (shutdown === "infinity") return;
    this.control.timers.once("shutdown", shutdown * MICROS_PER_MS, { kind: "ShutdownTimeout", child });
  }

  private overran(child: Child): void {
    this.control.overran(child.ref!, shutdownOf(child.spec) as number);
    this.control.kill(child.ref!);
  }

  private afterStopping(then: Then): void {
    switch (then.kind) {
      case "start": {
        const { failed, delay } = then;
        // A temporary child is not restarted for its siblings either.
        for (const child of this.group(failed)) {
          if (child.restart === "temporary" && child.state === "ended") this.leave(child);
        }
        if (delay === 0) this.startGroup(failed);
        else {
          const over: Internal = { kind: "DelayOver", child: failed, ticket: failed.ticket };
          this.control.timers.once(`delay ${failed.spec.id}`, delay, over);
        }
        return;
      }
      case "end":
        this.context.stop(then.reason);
        return;
      case "stay-stopped":
        for (const child of [...this.children.values()].reverse()) this.leave(child);
        return;
      case "terminated":
        this.leave(then.child);
        answer(then.replyTo, null);
    }
  }

  /** The child's actor is gone for good; a temporary child's spec goes with it. */
  private leave(child: Child): void {
    if (child.ref !== null && child.state !== "stopped") this.control.release(child.ref);
    child.ref = null;
    child.state = "stopped";
    child.ticket++;
    if (child.restart === "temporary") this.forget(child);
  }

  private forget(child: Child): void {
    if (this.children.get(child.spec.id) === child) this.children.delete(child.spec.id);
  }

  private giveUp(child: Child): void {
    const action = this.spec.onGiveUp ?? "escalate";
    const { intensity } = this.budget;
    const periodMs = this.spec.periodMs ?? DEFAULT_PERIOD_MS;
    this.gaveUp = true;
    this.control.gaveUp(action, `"${child.spec.id}" needed more than ${intensity} restarts in ${periodMs} ms`);
    if (action === "escalate") {
      this.ending = true;
      this.stopAll(this.children.values(), {
        kind: "end",
        reason: { kind: "shutdown", detail: "restart budget spent" },
      });
    } else {
      this.stopAll(this.children.values(), { kind: "stay-stopped" });
    }
  }

  /** Somebody asked this supervisor to stop. A stopping in progress becomes part of it. */
  private shutDown(reason: ExitReason): void {
    if (this.ending) return;
    this.ending = true;
    const current = this.stopping?.current ?? null;
    const left = [...this.children.values()].filter((child) => child !== current);
    this.stopping = { current, left, then: { kind: "end", reason } };
    if (current === null) this.stopNext();
  }

  private carryOut(command: SupervisorMessage): void {
    const refusal = command.kind === "StartChild" ? this.addChild(command.spec) : this.changeChild(command);
    if (refusal !== "later") answer(command.replyTo, refusal);
  }

  private addChild(spec: ChildSpec): string | null {
    const problems = checkSpec(spec);
    if (problems.length > 0) return problems.join(" ");
    if (this.children.has(spec.id)) return `A child "${spec.id}" already exists.`;
    const child = newChild(spec);
    this.children.set(spec.id, child);
    const failure = this.startChild(child);
    if (failure === null) return null;
    this.forget(child);
    return `"${spec.id}" did not start: ${failure.message}`;
  }

  private changeChild(command: Exclude<SupervisorMessage, { kind: "StartChild" }>): string | null | "later" {
    const child = this.children.get(command.id);
    if (child === undefined) return `There is no child "${command.id}".`;
    if (command.kind === "TerminateChild") {
      this.stopAll([child], { kind: "terminated", child, replyTo: command.replyTo });
      return "later";
    }
    if (child.state !== "stopped") return `"${command.id}" is ${stateShown(child.state)}; terminate it first.`;
    if (command.kind === "DeleteChild") {
      this.forget(child);
      return null;
    }
    if (this.gaveUp) {
      this.gaveUp = false;
      this.budget = this.freshBudget();
    }
    const failure = this.startChild(child);
    if (failure === null) return null;
    child.state = "stopped";
    return `"${command.id}" did not start: ${failure.message}`;
  }

  private freshBudget(): RestartBudget {
    const { intensity = DEFAULT_INTENSITY, periodMs = DEFAULT_PERIOD_MS } = this.spec;
    return new RestartBudget(intensity, periodMs * MICROS_PER_MS);
  }
}

const supervisorActor: ActorDef<SupervisorMessage, SupervisorSpec> = {
  type: "supervisor",
  init: (context, spec) => new Supervisor(context as ActorContext<SupervisorMessage | Internal>, spec),
};

/** The actor and the arguments that make a supervisor of `spec`. */
export function supervisor(
  spec: SupervisorSpec,
): { readonly actor: ActorDef<SupervisorMessage, SupervisorSpec>; readonly args: SupervisorSpec } {
  return { actor: supervisorActor, args: spec };
}

/** Starts a supervisor as a root actor: all its children have started when this returns. Throws if one did not. */
export function supervise(system: ActorSystem, name: string, spec: SupervisorSpec): ActorRef<SupervisorMessage> {
  return system.start(name, supervisorActor, spec);
}

function answer(replyTo: ActorRef<SupervisorReply> | undefined, error: string | null): void {
  replyTo?.tell(error === null ? { ok: true } : { ok: false, error });
}
