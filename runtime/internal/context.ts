/**
 * The context of one incarnation, and what that incarnation holds.
 *
 * Most actors use few of its parts, so streams, timers and tables are made on first use. Once retired it does nothing:
 * a continuation that outlived its incarnation can neither set timers nor stop its successor.
 */
import type { ActorContext, ActorRef, AskResult, ExitReason, Registry, ServiceKey } from "../actor.ts";
import type { MessageEnvelope } from "../message.ts";
import type { Random } from "../random.ts";
import type { Clock, Micros, Stopwatch } from "../time.ts";
import { Adapter } from "./adapter.ts";
import { ask, type PendingAsk } from "./ask.ts";
import { ActorCell, BUSY, ENDED, type Incarnation, RUNNING, STOPPED, SUSPENDED } from "./cell.ts";
import { replaceNow } from "./hold.ts";
import type { Kernel } from "./kernel.ts";
import { outside } from "./outside.ts";
import { UserTimers } from "./user_timers.ts";

export class Context implements ActorContext<unknown>, Incarnation {
  alive = true;
  openAsks: PendingAsk | null = null;
  stopHandler: ((reason: ExitReason) => void) | null = null;
  private stream: Random | null = null;
  private ownTimers: UserTimers | null = null;
  private ownUrgentTimers: UserTimers | null = null;
  /** Targets by monitor; null once the target was gone when the monitor was set. */
  private monitors: Map<number, ActorCell | null> | null = null;
  private subscriptions: Set<string> | null = null;
  private onSettled: (() => void) | null = null;
  private onFailed: ((error: unknown) => void) | null = null;

  constructor(readonly kernel: Kernel, readonly cell: ActorCell, readonly number: number) {}

  get self(): ActorRef<unknown> {
    return this.cell;
  }

  get incarnation(): number {
    return this.number;
  }

  get clock(): Clock {
    return this.kernel.clock;
  }

  get stopwatch(): Stopwatch {
    return this.kernel.stopwatch;
  }

  get registry(): Registry {
    return this.kernel.directory;
  }

  get random(): Random {
    return this.stream ??= this.kernel.random.fork(`${this.cell.path}#${this.number}`);
  }

  get timers(): UserTimers {
    return this.ownTimers ??= this.makeTimers(false);
  }

  get urgentTimers(): UserTimers {
    return this.ownUrgentTimers ??= this.makeTimers(true);
  }

  nextId(): number {
    return this.kernel.nextId();
  }

  outside<T>(begin: () => T | Promise<T>): Promise<T> {
    return outside(this.kernel, this, begin);
  }

  observe<T>(read: () => T): T {
    const { seam } = this.kernel;
    return seam === null ? read() : seam.observed(read);
  }

  register(key: ServiceKey<unknown>): void {
    if (!this.alive) return;
    this.kernel.directory.register(key.name, this.cell);
  }

  join(group: ServiceKey<unknown>): void {
    if (this.alive) this.kernel.directory.join(group.name, this.cell);
  }

  leave(group: ServiceKey<never>): void {
    if (this.alive) this.kernel.directory.leave(group.name, this.cell);
  }

  subscribe<N>(key: ServiceKey<N>): readonly ActorRef<N>[] {
    if (!this.alive) return [];
    (this.subscriptions ??= new Set()).add(key.name);
    return this.kernel.directory.subscribe(key.name, this) as readonly ActorRef<N>[];
  }

  ask<Q, R>(target: ActorRef<Q>, make: (replyTo: ActorRef<R>) => Q, timeout: Micros): Promise<AskResult<R>> {
    return ask(this.kernel, this, target, make, timeout);
  }

  adapt<N>(map: (message: N) => unknown): ActorRef<N> {
    return new Adapter(this.kernel.nextActorId(), this, map as (message: unknown) => unknown);
  }

  monitor(target: ActorRef<never>): number {
    const monitor = this.kernel.nextActorId();
    if (!this.alive) return monitor;
    const actor = target instanceof Adapter ? target.cell : target;
    const cell = actor instanceof ActorCell && actor.life !== STOPPED ? actor : null;
    (this.monitors ??= new Map()).set(monitor, cell);
    if (cell === null) this.cell.signal({ kind: "down", monitor, path: target.path, reason: { kind: "noproc" } });
    else (cell.watchers ??= new Map()).set(monitor, this);
    return monitor;
  }

  demonitor(monitor: number): void {
    this.monitors?.get(monitor)?.watchers?.delete(monitor);
    this.monitors?.delete(monitor);
  }

  get envelope(): MessageEnvelope | null {
    return this.alive ? this.cell.currentEnvelope() : null;
  }

  handling(index: number): void {
    if (this.alive) this.cell.handling(index);
  }

  stash(): void {
    if (this.alive) this.cell.setAside();
  }

  unstash(): void {
    if (this.alive) this.cell.putBack();
  }

  stop(reason: ExitReason = { kind: "normal" }): void {
    if (this.alive) this.cell.requestEnd(reason);
  }

  takeMonitor(monitor: number): boolean {
    return this.monitors?.delete(monitor) ?? false;
  }

  timersDue(): readonly { readonly key: string; readonly due: Micros }[] {
    return [...this.ownTimers?.due() ?? [], ...this.ownUrgentTimers?.due() ?? []];
  }

  retire(): void {
    this.alive = false;
    this.stopHandler = null;
    this.ownTimers?.retire();
    this.ownUrgentTimers?.retire();
    if (this.monitors !== null) {
      for (const [monitor, target] of this.monitors) target?.watchers?.delete(monitor);
      this.monitors = null;
    }
    for (const name of this.subscriptions ?? []) this.kernel.directory.unsubscribe(name, this);
  }

  /** For the promise a handler returned. One pair per incarnation, not one per message. */
  get settled(): () => void {
    return this.onSettled ??= () => {
      if (!this.alive || this.cell.life !== BUSY) return;
      this.kernel.busy.delete(this.cell);
      this.cell.latency?.settles();
      this.cell.patienceSpent = false;
      this.cell.life = this.cell.suspended ? SUSPENDED : RUNNING;
      if (this.cell.replacement !== null) replaceNow(this.kernel, this.cell);
      this.cell.unpark();
      this.kernel.wake();
    };
  }

  get failed(): (error: unknown) => void {
    return this.onFailed ??= (error) => {
      if (!this.alive || this.cell.life >= ENDED) return;
      this.cell.requestKill({ kind: "error", error: asError(error) });
    };
  }

  private makeTimers(urgent: boolean): UserTimers {
    const timers = new UserTimers(this.kernel, this.cell, urgent);
    if (!this.alive) timers.retire();
    return timers;
  }
}

/** Anything can be thrown; an exit reason carries an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
