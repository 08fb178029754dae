/**
 * The context of one incarnation, and what that incarnation holds.
 *
 * Most actors use few of its parts, so streams, timers and tables are made on first use. Once retired it does nothing:
 * a continuation that outlived its incarnation can neither set timers nor stop its successor.
 */
import type {
  ActorContext,
  ActorRef,
  AskResult,
  Demand,
  ExitReason,
  Registry,
  Remote,
  ServiceKey,
  StreamControl,
} from "../actor.ts";
import type { MessageEnvelope } from "../message.ts";
import type { Random } from "../random.ts";
import type { Clock, Micros, Stopwatch } from "../time.ts";
import { Adapter } from "./adapter.ts";
import { ask, askInto, deadlineOf, type PendingAsk } from "./ask.ts";
import { ActorCell, BUSY, ENDED, type Incarnation, RUNNING, STOPPED, SUSPENDED } from "./cell.ts";
import { FarRef } from "./far.ts";
import { finished } from "./finished.ts";
import { replaceNow } from "./hold.ts";
import type { Kernel } from "./kernel.ts";
import { outside } from "./outside.ts";
import { type AnswerStream, type Asking, streamOf } from "./stream.ts";
import { UserTimers } from "./user_timers.ts";
import { soon } from "./wall.ts";

const NORMAL: ExitReason = { kind: "normal" };

/** What an incarnation may come to hold. */
class Held {
  stopHandler: ((reason: ExitReason) => void) | null = null;
  stream: Random | null = null;
  timers: UserTimers | null = null;
  urgentTimers: UserTimers | null = null;
  /** Targets by monitor; null once the target was gone when the monitor was set. */
  monitors: Map<number, ActorCell | null> | null = null;
  /** How monitors of actors on other nodes are taken back. */
  far: Map<number, () => void> | null = null;
  subscriptions: Set<string> | null = null;
  /** Streams of answers that it takes from. */
  streams: Set<AnswerStream<unknown>> | null = null;
  settled: (() => void) | null = null;
  failed: ((error: unknown) => void) | null = null;
}

export class Context implements ActorContext<unknown>, Incarnation, Asking {
  alive = true;
  /** Its start takes time and is not over. */
  opening = false;
  openAsks: PendingAsk | null = null;
  /** Made on first use. */
  private held: Held | null = null;

  constructor(readonly kernel: Kernel, readonly cell: ActorCell, readonly number: number) {}

  private get holding(): Held {
    return this.held ??= new Held();
  }

  get stopHandler(): ((reason: ExitReason) => void) | null {
    return this.held === null ? null : this.held.stopHandler;
  }

  set stopHandler(handler: ((reason: ExitReason) => void) | null) {
    this.holding.stopHandler = handler;
  }

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
    return this.holding.stream ??= this.kernel.random.fork(`${this.cell.path}#${this.number}`);
  }

  get timers(): UserTimers {
    return this.holding.timers ??= this.makeTimers(false);
  }

  get urgentTimers(): UserTimers {
    return this.holding.urgentTimers ??= this.makeTimers(true);
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
    (this.holding.subscriptions ??= new Set()).add(key.name);
    return this.kernel.directory.subscribe(key.name, this) as readonly ActorRef<N>[];
  }

  ask<Q, R>(target: Remote<Q>, make: (replyTo: ActorRef<R>) => Q, timeout: Micros): Promise<AskResult<R>> {
    return ask(this.kernel, this, target, make, timeout);
  }

  askMany<Q, R>(
    target: ActorRef<Q | StreamControl<R>>,
    make: (demand: Demand<R>) => Q,
    timeout: Micros,
    window?: number,
  ): AsyncIterableIterator<R> {
    return streamOf(this, target, make, this.nextId(), deadlineOf(this.kernel, this, timeout), window);
  }

  now(): Micros {
    return this.kernel.clock.now();
  }

  put<R>(
    target: ActorRef<never>,
    make: (replyTo: ActorRef<R>) => unknown,
    timeout: Micros,
    resolve: (result: AskResult<R>) => void,
  ): PendingAsk | null {
    return askInto(this.kernel, this, target, make as (replyTo: ActorRef<R>) => never, timeout, resolve);
  }

  resume<T>(resolve: (value: T) => void, value: T): void {
    const { current: cause, root, sender } = this.kernel.causes;
    this.kernel.debt = true;
    if (cause === 0) return resolve(value);
    // Whoever awaits the promise has to stand in line first.
    soon(() => this.kernel.continueAs({ cause, root, sender }, resolve, value));
  }

  opens(stream: AnswerStream<unknown>): void {
    if (this.alive) (this.holding.streams ??= new Set()).add(stream);
  }

  closes(stream: AnswerStream<unknown>): void {
    this.held?.streams?.delete(stream);
  }

  adapt<N>(map: (message: N) => unknown): ActorRef<N> {
    return new Adapter(this.kernel.nextActorId(), this, map as (message: unknown) => unknown);
  }

  monitor(target: Remote<never>): number {
    const monitor = this.kernel.nextActorId();
    if (!this.alive) return monitor;
    if (target instanceof FarRef) return this.monitorFar(target, monitor);
    const actor = target instanceof Adapter ? target.cell : target;
    const cell = actor instanceof ActorCell && actor.life !== STOPPED ? actor : null;
    (this.holding.monitors ??= new Map()).set(monitor, cell);
    if (cell === null) this.cell.signal({ kind: "down", monitor, path: target.path, reason: { kind: "noproc" } });
    else (cell.watchers ??= new Map()).set(monitor, this);
    return monitor;
  }

  private monitorFar(target: FarRef, monitor: number): number {
    (this.holding.monitors ??= new Map()).set(monitor, null);
    const { path } = target;
    const cancel = target.watch((reason) => {
      this.held?.far?.delete(monitor);
      if (this.alive) this.cell.signal({ kind: "down", monitor, path, reason });
    });
    (this.holding.far ??= new Map()).set(monitor, cancel);
    return monitor;
  }

  demonitor(monitor: number): void {
    this.held?.far?.get(monitor)?.();
    this.held?.far?.delete(monitor);
    const monitors = this.held?.monitors;
    monitors?.get(monitor)?.watchers?.delete(monitor);
    monitors?.delete(monitor);
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

  stop(reason: ExitReason = NORMAL): void {
    if (this.alive) this.cell.requestEnd(reason);
  }

  takeMonitor(monitor: number): boolean {
    return this.held?.monitors?.delete(monitor) ?? false;
  }

  timersDue(): readonly { readonly key: string; readonly due: Micros }[] {
    return [...this.held?.timers?.due() ?? [], ...this.held?.urgentTimers?.due() ?? []];
  }

  retire(): void {
    this.alive = false;
    const held = this.held;
    if (held === null) return;
    held.stopHandler = null;
    for (const stream of held.streams ?? []) stream.cancel();
    held.timers?.retire();
    held.urgentTimers?.retire();
    if (held.monitors !== null) {
      for (const [monitor, target] of held.monitors) target?.watchers?.delete(monitor);
      held.monitors = null;
    }
    for (const cancel of held.far?.values() ?? []) cancel();
    held.far = null;
    for (const name of held.subscriptions ?? []) this.kernel.directory.unsubscribe(name, this);
  }

  /** For the promise a handler returned. One pair per incarnation, not one per message. */
  get settled(): () => void {
    return this.holding.settled ??= () => {
      if (!this.alive || this.cell.life !== BUSY) return;
      this.kernel.busy.delete(this.cell);
      this.cell.latency?.settles();
      this.cell.patienceSpent = false;
      finished(this.cell, true);
      this.cell.life = this.cell.suspended ? SUSPENDED : RUNNING;
      if (this.cell.replacement !== null) replaceNow(this.kernel, this.cell);
      this.cell.unpark();
      this.kernel.wake();
    };
  }

  get failed(): (error: unknown) => void {
    return this.holding.failed ??= (error) => {
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
