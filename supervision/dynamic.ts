/**
 * The supervisor of many children of one kind (OTP's simple_one_for_one): each is started by a command with arguments of
 * its own and known by its ref; every cost but that of stopping all is the same for one child and for a million.
 *
 * When it stops, all children are asked at once and have one time for all, and equal faults are one report. A child that
 * ended for good leaves nothing.
 */
import type { ActorContext, ActorDef, ActorRef, ExitReason, Handlers, Signal } from "../runtime/mod.ts";
import { describeExit, MICROS_PER_MS } from "../runtime/mod.ts";
import { checkFor } from "./commands.ts";
import { type Child, countChildren, newChild, shutdownOf, viewOf, viewOfChild } from "./child.ts";
import { type Internal, Keeper, type Overdrawn, type Retry } from "./keeper.ts";
import { DECISIONS, endOf, endsSupervisor } from "./policy.ts";
import type { Asker, ChildName, SupervisorMessage, SupervisorReply, SupervisorView } from "./protocol.ts";
import { answer, didNotStart, isStopping, named, notFound, wrongKind } from "./refusals.ts";
import type { AnySupervisorSpec, DynamicSupervisorSpec } from "./spec.ts";

type Ref = ActorRef<never>;

/** The one child that a command starts or stops; everything else waits. */
interface Work {
  readonly child: Child;
  readonly replyTo: ActorRef<SupervisorReply> | undefined;
}

const NOT_KNOWN = "dynamic: its children are known by their refs, and end for good when they are terminated.";

export class DynamicSupervisor implements Handlers<SupervisorMessage | Internal> {
  private readonly children = new Map<Ref, Child>();
  private readonly args = new Map<Child, unknown>();
  private readonly keeper: Keeper;
  private started = 0;
  /** While its first start runs: nobody knows its ref yet. */
  private first: Child | null = null;
  private work: Work | null = null;
  private readonly exits: Child[] = [];
  private readonly retries: Retry[] = [];
  private readonly commands: SupervisorMessage[] = [];
  /** While all are stopping: what is done when none is left, and what went wrong. */
  private end: { readonly then: () => void; readonly faults: Map<string, Child[]>; waiting: number } | null = null;

  constructor(
    private readonly context: ActorContext<SupervisorMessage | Internal>,
    private readonly spec: DynamicSupervisorSpec,
    actor: ActorDef<never, AnySupervisorSpec>,
  ) {
    this.keeper = new Keeper(context, spec, actor);
    this.keeper.explain((ref) => this.children.get(ref) ?? this.beginning(ref));
    this.keeper.control.onStop((reason) => this.endWith(reason));
  }

  signal(signal: Signal): void {
    if (signal.kind !== "child-exit" && signal.kind !== "child-started") return;
    const child = this.children.get(signal.child);
    if (child === undefined) return;
    if (signal.kind === "child-started") {
      if (this.end === null) this.hasStarted(child);
    } else this.hasEnded(child, signal.reason);
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
        if (message.child.state === "stopping") this.keeper.overran(message.child);
        break;
      case "ShutdownTimeoutOfAll":
        for (const child of this.children.values()) if (child.state === "stopping") this.keeper.overran(child);
        break;
      default:
        this.commands.push(message);
    }
    this.pump();
  }

  inspect(): SupervisorView {
    return viewOf(this.spec, [...this.children.values()], this.keeper.spent(), this.keeper.gaveUp);
  }

  stopped(): void {
    for (const command of this.commands) answer(command.replyTo as Asker, isStopping(this.context.self.path));
  }

  private pump(): void {
    while (this.work === null && this.end === null) {
      const child = this.exits.shift();
      if (child !== undefined) {
        if (child.state === "ended") this.decide(child);
        continue;
      }
      const retry = this.retries.shift();
      if (retry !== undefined) {
        if (retry.ticket !== retry.child.ticket) continue;
        if (retry.kind === "RetryChild") this.again(retry.child);
        else this.restart(retry.child);
        continue;
      }
      const command = this.commands.shift();
      if (command === undefined) return;
      this.carryOut(command);
    }
  }

  private decide(child: Child): void {
    const { action, reported } = DECISIONS[child.restart][endOf(child.exit!)];
    if (reported) this.keeper.reportExit(child);
    if (action === "restart") {
      this.keeper.forgive(child);
      this.again(child);
      return;
    }
    this.forget(child);
    const { autoShutdown = "never", template } = this.spec;
    const othersLeft = () => this.children.size > 0;
    if (endsSupervisor(autoShutdown, template.significant === true, othersLeft)) this.endWith({ kind: "shutdown" });
  }

  private again(child: Child): void {
    child.state = "restarting";
    child.ticket++;
    child.failures++;
    const overdrawn = this.keeper.spend(child);
    if (overdrawn !== "none") {
      this.giveUp(child, overdrawn);
      return;
    }
    const delay = this.keeper.delay(child);
    if (delay === 0) this.restart(child);
    else this.keeper.later(child, delay);
  }

  private restart(child: Child): void {
    const started = this.keeper.start(child, this.args.get(child));
    if (started === "gone") this.forget(child);
    else if (started === "opening") this.work = { child, replyTo: undefined };
    else if (started !== "running") this.restartFailed(child, started);
  }

  private restartFailed(child: Child, error: Error): void {
    this.keeper.report("start-error", child, error.message);
    this.keeper.retry(child);
  }

  private carryOut(command: SupervisorMessage): void {
    const { path } = this.context.self;
    switch (command.kind) {
      case "StartDynamic":
        return this.startOne(command.args, command.replyTo);
      case "TerminateChild":
        return this.terminate(command.id, command.replyTo);
      case "StartChild":
        return answer(command.replyTo, wrongKind(path, "dynamic; use StartDynamic with arguments."));
      case "RestartChild":
      case "DeleteChild":
      case "DisableChild":
      case "EnableChild":
        return answer(command.replyTo, wrongKind(path, NOT_KNOWN));
      case "CheckChild":
        return answer(command.replyTo, checkFor(this.spec, command.spec) ?? { ok: true });
      case "WhichChildren":
        return answer(command.replyTo, [...this.children.values()].map(viewOfChild));
      case "CountChildren":
        return answer(command.replyTo, countChildren([...this.children.values()], 1));
      case "GetChildSpec":
        return answer(command.replyTo, { ok: true, spec: this.spec.template });
    }
  }

  private startOne(extra: unknown, replyTo: ActorRef<SupervisorReply> | undefined): void {
    const { template } = this.spec;
    const child = newChild(template, `${template.id}-${++this.started}`);
    const args = combine(template.args, extra);
    this.keeper.renew(child);
    this.first = child;
    const started = this.keeper.start(child, args);
    this.first = null;
    if (started === "gone") return answer(replyTo, { ok: true, child: null });
    if (started instanceof Error) return answer(replyTo, didNotStart(child, started));
    this.children.set(child.ref!, child);
    // Never started again, so what it was started with is not kept.
    if (child.restart !== "temporary") this.args.set(child, args);
    if (started === "opening") this.work = { child, replyTo };
    else answer(replyTo, { ok: true, child: child.ref });
  }

  /** A child that crashes in its first start, by its place. */
  private beginning({ path }: Ref): Child | undefined {
    const { first } = this;
    return first !== null && path === `${this.context.self.path}/${first.name}` ? first : undefined;
  }

  private terminate(id: ChildName, replyTo: ActorRef<SupervisorReply> | undefined): void {
    const child = typeof id === "string" ? undefined : this.children.get(id);
    if (child === undefined) return answer(replyTo, notFound(named(id)));
    if (child.state !== "running") {
      this.forget(child);
      return answer(replyTo, { ok: true });
    }
    this.work = { child, replyTo };
    this.keeper.stop(child);
  }

  private hasStarted(child: Child): void {
    this.keeper.started(child);
    this.doneWith(child, { ok: true, child: child.ref });
  }

  private doneWith(child: Child, reply: SupervisorReply): void {
    if (this.work?.child !== child) return;
    answer(this.work.replyTo, reply);
    this.work = null;
  }

  private hasEnded(child: Child, reason: ExitReason): void {
    const { state } = child;
    child.exit = reason;
    child.state = "ended";
    if (this.end !== null) {
      if (state === "stopping") this.noteStopped(child);
    } else if (state === "stopping") {
      this.keeper.stopped(child);
      this.forget(child);
      this.doneWith(child, { ok: true });
    } else if (state === "starting") this.notStarted(child, reason);
    else this.exits.push(child);
  }

  /** A start that took time came to nothing. */
  private notStarted(child: Child, reason: ExitReason): void {
    const first = child.failures === 0;
    const error = this.keeper.failedStart(child, reason);
    const ignored = reason.kind === "normal";
    if (first || ignored) this.forget(child);
    this.doneWith(child, ignored ? { ok: true, child: null } : didNotStart(child, error));
    if (!first && !ignored) this.restartFailed(child, error);
  }

  private forget(child: Child): void {
    this.children.delete(child.ref!);
    this.args.delete(child);
    this.keeper.release(child, "stopped");
  }

  private giveUp(child: Child, overdrawn: Overdrawn): void {
    if (this.keeper.giveUp(child, overdrawn) === "escalate") {
      this.endWith({ kind: "shutdown", detail: "restart budget spent" });
    } else {
      this.stopAll(() => {
        for (const other of [...this.children.values()].reverse()) this.forget(other);
        this.end = null;
      });
    }
  }

  private endWith(reason: ExitReason): void {
    if (this.end === null || this.keeper.gaveUp) this.stopAll(() => this.context.stop(reason));
  }

  /** Asks all at once. */
  private stopAll(then: () => void): void {
    const already = this.end;
    const end = { then, faults: already?.faults ?? new Map<string, Child[]>(), waiting: already?.waiting ?? 0 };
    this.end = end;
    if (this.work !== null) answer(this.work.replyTo, isStopping(this.context.self.path));
    const unseen = new Set(this.exits);
    for (const child of [...this.children.values()].reverse()) {
      if (unseen.has(child)) this.noteFault(child);
      else if (child.state === "running" || child.state === "starting") {
        end.waiting++;
        this.keeper.stop(child, false);
      } else if (child.state === "stopping" && child === this.work?.child) end.waiting++;
    }
    this.exits.length = 0;
    this.work = null;
    const shutdown = shutdownOf(this.spec.template);
    if (already === null && end.waiting > 0 && typeof shutdown === "number") {
      this.keeper.control.timers.once("stop all", shutdown * MICROS_PER_MS, { kind: "ShutdownTimeoutOfAll" });
    }
    this.noneLeft();
  }

  private noteStopped(child: Child): void {
    this.end!.waiting--;
    this.noteFault(child);
    this.noneLeft();
  }

  private noteFault(child: Child): void {
    if (this.keeper.isExpected(child)) return;
    const reason = describeExit(child.exit!);
    const { faults } = this.end!;
    faults.set(reason, [...faults.get(reason) ?? [], child]);
  }

  private noneLeft(): void {
    const end = this.end!;
    if (end.waiting > 0) return;
    this.keeper.control.timers.cancel("stop all");
    for (const [reason, [child, ...more]] of end.faults) {
      this.keeper.report("shutdown-error", child, reason, { children: 1 + more.length });
    }
    end.then();
  }
}

/** An object is laid over another; anything else takes its place. */
function combine(args: unknown, extra: unknown): unknown {
  if (extra === undefined) return args;
  return isPlain(args) && isPlain(extra) ? { ...args, ...extra } : extra;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
