/**
 * The supervisor: starts its children in order, restarts them by its strategy, stops them in reverse.
 *
 * The rules are OTP's `supervisor`; SEMANTICS.md of the runtime lists them with the intended differences (back-off,
 * mailboxes that survive, budgets of single children, what happens when a budget is spent). What follows from an end is in
 * policy.ts. Stopping a child takes messages and time, and starting one may, so the supervisor does one `Work` at a time;
 * exits and commands that arrive meanwhile wait and are then served in order.
 */
import type { ActorContext, ActorDef, ExitReason, Handlers, Signal } from "../runtime/mod.ts";
import { type Child, isUp, newChild, viewOf } from "./child.ts";
import { type CommandedSupervisor, type Start, StaticCommands } from "./commands.ts";
import { type Internal, Keeper, type Overdrawn, type Retry } from "./keeper.ts";
import { affected, DECISIONS, endOf, endsSupervisor } from "./policy.ts";
import type { Asker, SupervisorMessage, SupervisorView } from "./protocol.ts";
import { answer, isStopping } from "./refusals.ts";
import type { AnySupervisorSpec, SupervisorSpec } from "./spec.ts";

/** What the supervisor waits for. Closures run when it is over; `cut` when a stop of the supervisor itself is put in its place. */
type Work =
  | {
    readonly kind: "stopping";
    current: Child | null;
    readonly left: Child[];
    readonly then: () => void;
    readonly cut?: (() => void) | undefined;
  }
  | { readonly kind: "starting"; current: Child | null; readonly left: Child[]; readonly plan: Start };

export class Supervisor implements Handlers<SupervisorMessage | Internal>, CommandedSupervisor {
  /** By id, in start order. */
  readonly children = new Map<string, Child>();
  readonly keeper: Keeper;
  private readonly orders: StaticCommands;
  private work: Work | null = null;
  private readonly exits: Child[] = [];
  private readonly retries: Retry[] = [];
  private readonly commands: SupervisorMessage[] = [];
  private ending = false;
  /** While its own start waits for that of a child. */
  private opening = false;

  constructor(
    private readonly context: ActorContext<SupervisorMessage | Internal>,
    readonly spec: SupervisorSpec,
    actor: ActorDef<never, AnySupervisorSpec>,
  ) {
    this.keeper = new Keeper(context, spec, actor);
    this.keeper.explain(({ path }) => this.children.get(path.slice(this.path.length + 1)));
    this.orders = new StaticCommands(this);
    this.keeper.control.onStop((reason) => this.shutDown(reason));
    for (const childSpec of spec.children) this.children.set(childSpec.id, newChild(childSpec));
    this.startAll([...this.children.values()], {
      done: () => this.opened(),
      failed: (child, error) => this.notOpened(child, error),
    });
    if (this.work === null) return;
    this.opening = true;
    this.keeper.control.defer();
  }

  signal(signal: Signal): void {
    if (signal.kind !== "child-exit" && signal.kind !== "child-started") return;
    const child = this.children.get(signal.child.path.slice(this.path.length + 1));
    if (child === undefined || child.ref !== signal.child) return;
    const awaited = this.work !== null && this.work.current === child ? this.work : null;
    if (signal.kind === "child-started") {
      if (awaited?.kind !== "starting") return;
      this.keeper.started(child);
      this.startNext(awaited);
    } else {
      child.exit = signal.reason;
      if (awaited === null) this.noteExit(child);
      else if (awaited.kind === "stopping") {
        this.keeper.stopped(child);
        this.stopNext(awaited);
      } else if (signal.reason.kind === "normal") {
        // Its init, which took time, returned IGNORE.
        this.keeper.started(child);
        child.state = "ended";
        this.leave(child);
        this.startNext(awaited);
      } else this.startFailed(awaited, child, this.keeper.failedStart(child, signal.reason));
    }
    this.pump();
  }

  receive(message: SupervisorMessage | Internal): void {
    switch (message.kind) {
      case "RetryChild":
      case "DelayOver":
        if (this.keeper.isOwn(message)) this.retries.push(message);
        break;
      case "StartTimeout":
        if (message.ticket === message.child.ticket) this.keeper.control.kill(message.child.ref!);
        break;
      case "ShutdownTimeout":
        if (this.work?.current === message.child) this.keeper.overran(message.child);
        break;
      case "ShutdownTimeoutOfAll":
        break;
      default:
        this.commands.push(message);
    }
    this.pump();
  }

  get path(): string {
    return this.context.self.path;
  }

  inspect(): SupervisorView {
    return viewOf(this.spec, [...this.children.values()], this.keeper.spent(), this.keeper.gaveUp);
  }

  stopped(): void {
    for (const command of this.commands) answer(command.replyTo as Asker, isStopping(this.path));
  }

  /** Starts the children that do not run, in order, each after the one before has started. */
  private startAll(children: Child[], plan: Start): void {
    const work: Work = { kind: "starting", current: null, left: children.reverse(), plan };
    this.work = work;
    this.startNext(work);
  }

  waitFor(child: Child, plan: Start): void {
    this.work = { kind: "starting", current: child, left: [], plan };
  }

  /** Stops the running ones among `children`, last started first, one after the other. */
  stopAll(children: Iterable<Child>, then: () => void, cut?: () => void): void {
    const work: Work = { kind: "stopping", current: null, left: [...children], then, cut };
    this.work = work;
    this.stopNext(work);
  }

  /** The child's actor is gone for good; a temporary child's spec goes with it. */
  leave(child: Child): void {
    this.keeper.release(child, child.state === "disabled" ? "disabled" : "stopped");
    if (child.restart === "temporary" && child.state === "stopped") this.forget(child);
  }

  forget(child: Child): void {
    if (this.children.get(child.name) === child) this.children.delete(child.name);
  }

  /** Serves what waited, as long as no work is in progress. */
  private pump(): void {
    while (this.work === null && !this.ending) {
      const child = this.exits.shift();
      if (child !== undefined) {
        if (child.state === "ended") this.decide(child);
        continue;
      }
      const retry = this.retries.shift();
      if (retry !== undefined) {
        if (retry.ticket !== retry.child.ticket) continue;
        if (retry.kind === "RetryChild") this.again(retry.child);
        else this.startGroup(retry.child);
        continue;
      }
      const command = this.commands.shift();
      if (command === undefined) return;
      this.orders.carryOut(command);
    }
  }

  private noteExit(child: Child): void {
    child.state = "ended";
    this.exits.push(child);
  }

  private takeExit(child: Child): boolean {
    const at = this.exits.indexOf(child);
    if (at < 0) return false;
    this.exits.splice(at, 1);
    return child.state === "ended";
  }

  /** A child ended by itself. */
  private decide(child: Child): void {
    const reason = child.exit!;
    const { action, reported } = DECISIONS[child.restart][endOf(reason)];
    if (reported) this.keeper.reportExit(child);
    if (action === "restart") {
      this.keeper.forgive(child);
      this.again(child);
      return;
    }
    this.leave(child);
    const { autoShutdown = "never" } = this.spec;
    if (endsSupervisor(autoShutdown, child.spec.significant === true, () => this.significantLeft())) {
      this.end({ kind: "shutdown" });
    }
  }

  private significantLeft(): boolean {
    for (const child of this.children.values()) if (child.spec.significant === true && isUp(child)) return true;
    return false;
  }

  /** One restart: spends from the budgets, stops the siblings the strategy names, then starts them all. */
  private again(child: Child): void {
    child.state = "restarting";
    child.ticket++;
    child.failures++;
    const overdrawn = this.keeper.spend(child);
    if (overdrawn === "child" && child.spec.budget!.onSpent === "quarantine") this.quarantine(child);
    else if (overdrawn !== "none") this.giveUp(child, overdrawn);
    else {
      const delay = this.keeper.delay(child);
      this.stopAll(this.group(child).filter((other) => other !== child), () => {
        // A temporary child is not restarted for its siblings either.
        for (const other of this.group(child)) {
          if (other.restart === "temporary" && other.state === "ended") this.leave(other);
        }
        if (delay === 0) this.startGroup(child);
        else this.keeper.later(child, delay);
      });
    }
  }

  /** The children that a failure of `child` restarts, in start order. */
  private group(child: Child): Child[] {
    if (this.spec.strategy === "one_for_one") return [child];
    const all = [...this.children.values()];
    return all.slice(...affected(this.spec.strategy, all.indexOf(child), all.length));
  }

  private startGroup(failed: Child): void {
    this.startAll(this.group(failed), {
      done: () => {},
      failed: (child, error) => {
        this.keeper.report("start-error", child, error.message);
        this.keeper.retry(child);
      },
    });
  }

  private startNext(work: Extract<Work, { kind: "starting" }>): void {
    work.current = null;
    for (let child = work.left.pop(); child !== undefined; child = work.left.pop()) {
      if (child.state === "running" || child.state === "disabled") continue;
      const started = this.keeper.start(child);
      if (started === "gone") this.leave(child);
      else if (started === "opening") {
        work.current = child;
        return;
      } else if (started !== "running") {
        this.startFailed(work, child, started);
        return;
      }
    }
    this.work = null;
    work.plan.done();
  }

  private startFailed(work: Extract<Work, { kind: "starting" }>, child: Child, error: Error): void {
    this.work = null;
    work.plan.failed(child, error);
  }

  private stopNext(work: Extract<Work, { kind: "stopping" }>): void {
    work.current = null;
    for (let child = work.left.pop(); child !== undefined; child = work.left.pop()) {
      // It ended by itself and nobody has looked at that yet; now it counts as stopped.
      if (this.takeExit(child)) this.keeper.judgeStop(child);
      // A restart of its own that was still to come is now part of what comes after.
      if (child.state === "restarting") this.keeper.overtake(child);
      if (child.state !== "running") continue;
      work.current = child;
      this.keeper.stop(child);
      return;
    }
    this.work = null;
    work.then();
  }

  private quarantine(child: Child): void {
    const { intensity, periodMs } = child.spec.budget!;
    // First said, then done: who follows the events knows why it is gone.
    this.keeper.report("disabled", child, `it needed more than ${intensity} restarts in ${periodMs} ms`);
    this.keeper.release(child, "disabled");
  }

  private giveUp(child: Child, overdrawn: Overdrawn): void {
    if (this.keeper.giveUp(child, overdrawn) === "escalate") {
      this.end({ kind: "shutdown", detail: "restart budget spent" });
    } else {
      this.stopAll(this.children.values(), () => {
        for (const other of [...this.children.values()].reverse()) this.leave(other);
      });
    }
  }

  private opened(): void {
    if (this.opening) this.keeper.control.opened();
    this.opening = false;
  }

  /** A child did not start, so neither does its supervisor. What had been started before it is undone. */
  private notOpened(child: Child, error: Error): void {
    this.keeper.report("start-error", child, error.message);
    if (!this.opening) throw error;
    this.end({ kind: "init-failed", error });
  }

  private end(reason: ExitReason): void {
    this.ending = true;
    this.stopAll(this.children.values(), () => this.context.stop(reason));
  }

  /** Somebody asked this supervisor to stop. Work in progress becomes part of it; a start is cut short. */
  private shutDown(reason: ExitReason): void {
    if (this.ending) return;
    this.ending = true;
    const current = this.work?.current ?? null;
    if (this.work !== null) (this.work.kind === "stopping" ? this.work : this.work.plan).cut?.();
    const left = [...this.children.values()].filter((child) => child !== current);
    const work: Work = { kind: "stopping", current, left, then: () => this.context.stop(reason) };
    if (current !== null && this.work!.kind === "starting") {
      current.state = "stopping";
      this.keeper.control.kill(current.ref!);
    }
    this.work = work;
    if (current === null) this.stopNext(work);
  }
}
