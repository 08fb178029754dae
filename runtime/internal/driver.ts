/**
 * Drives one system: turns, microtasks, injected tasks, virtual time. One thread, one loop.
 *
 * Order of precedence in every round:
 *   1. injected tasks, then actors in the run queue, until neither has work;
 *   2. continuations of asks and async handlers ("debt"), until they too have settled;
 *   3. the next timer, alone: the clock moves to its time and the round starts again.
 *
 * The order of events is therefore a function of virtual time and never of the pace. Two rules keep it so. Yields to the
 * event loop that depend on the wall clock happen only when no continuation is pending, so they cannot reorder anything;
 * while continuations are pending the loop yields at fixed numbers of messages instead. And a timer that is late fires
 * with its own timestamp.
 */
import type { Micros } from "../time.ts";
import type { Adversary } from "../adversary.ts";
import type { ActorCell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { Seam } from "./seam.ts";
import { Ring } from "./ring.ts";
import { runTurn } from "./turn.ts";
import { Sleep, wallMs, yieldToLoop } from "./wall.ts";

/** The wall clock is read once per this much work (a turn counts 4, a message 1): 110 ns over ~250 messages. */
const WORK_PER_WALL_READ = 256;
/** While continuations are pending, the loop yields each time this many messages have been taken. */
const MESSAGES_PER_DRAIN = 512;
/** Microtask passes tried before a full yield; an answered ask needs about four. */
const QUICK_PASSES = 8;
/** Passes of the event loop that let a request in and its answer out. */
const PASSES_FOR_INPUT = 64;
/** Sleeps are cut into slices of this length when somebody polls, wall milliseconds. */
const POLL_SLICE_MS = 2;
/** Longest single sleep, wall milliseconds (timers of the platform take 31 bits). */
const LONGEST_SLEEP_MS = 3_600_000;

export interface Pace {
  readonly speed: number | "max";
  readonly poll: (() => void) | null;
  readonly pollTurns: number;
  /** At "max", and always for actors that hold time: how long time waits for a promise that no ask of its actor explains, wall milliseconds. */
  readonly patienceMs: number;
  /** Longest stretch without letting input and output through, wall milliseconds. */
  readonly yieldMs: number;
}

/** Why a drive ended. */
export type DriveEnd = "until" | "halted" | "done";

export class Driver {
  /** Survives until a `run` has returned for it, so a halt between runs is not lost. */
  haltRequested = false;
  private driving = false;
  private readonly inbox = new Ring<() => void>();
  private turnsToPoll = 0;
  private work = 0;
  private lastYield = 0;
  private messagesToDrain = MESSAGES_PER_DRAIN;
  private wallOrigin = 0;
  private virtualOrigin: Micros = 0;
  /** Wall time since which virtual time has waited for a promise; −1: it does not. */
  private patienceFrom = -1;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly kernel: Kernel, private readonly pace: Pace) {
    this.turnsToPoll = pace.pollTurns;
    kernel.inject = (task) => this.inject(task);
    kernel.seam?.attach(kernel);
  }

  get active(): boolean {
    return this.driving;
  }

  /** When there is something to do: now, when the next timer is due, or never. */
  get due(): Micros {
    const { ready, debt, clock, timers } = this.kernel;
    return this.inbox.count > 0 || ready.count > 0 || debt ? clock.now() : timers.peek()?.time ?? Infinity;
  }

  inject(task: () => void): void {
    this.inbox.push(task);
    this.kernel.wake();
  }

  halt(): void {
    this.haltRequested = true;
    this.kernel.wake();
  }

  /** Drives until `until` (virtual), until `done` says so, or, if `haltable`, until a halt. */
  async drive(until: Micros, done: (() => boolean) | null, haltable: boolean): Promise<DriveEnd> {
    if (this.driving) throw new Error("This system is already running; a second run would move its time twice.");
    this.driving = true;
    const { kernel } = this;
    const { seam } = kernel;
    seam?.drives(true);
    this.lastYield = this.wallOrigin = wallMs();
    this.virtualOrigin = kernel.clock.now();
    // Promises may have settled while nobody drove.
    if (kernel.busy.size > 0) kernel.debt = true;
    // With few turns, and at "max" no sleep, nobody else would see to what is asked from outside.
    let polled = false;
    try {
      for (;;) {
        kernel.publish();
        if (haltable && this.haltRequested) {
          this.haltRequested = false;
          return "halted";
        }
        if (done !== null && done()) return "done";
        if (seam !== null && seam.due()) {
          if (await this.giveAgain(seam)) return "done";
        } else if (this.inbox.count > 0) {
          if (seam === null) this.runInjected();
          else await this.letIn(seam);
        } else if (kernel.ready.count > 0) await this.runReady(haltable);
        else if (kernel.debt) await this.settle();
        else if (this.impatient()) await this.sleep(this.patienceLeft());
        else if (!(await this.advance(until))) {
          if (this.pace.poll === null || polled) return "until";
          polled = true;
          this.poll();
        }
      }
    } finally {
      if (seam !== null && !seam.replaying) await this.rest(seam);
      this.driving = false;
      for (const resolve of this.idleWaiters.splice(0)) resolve();
    }
  }

  /** Resolves when the present drive has ended. */
  idle(): Promise<void> {
    return this.driving ? new Promise((resolve) => this.idleWaiters.push(resolve)) : Promise.resolve();
  }

  /** Nothing is left over that would go on while nobody drives: a recording has to say where it stood. */
  private async rest(seam: Seam): Promise<void> {
    if (this.kernel.debt) await this.fullDrain();
    seam.drives(false);
  }

  /** Lets enter again what was recorded, and says whether that was the end. */
  private async giveAgain(seam: Seam): Promise<boolean> {
    if (this.kernel.debt) await this.fullDrain();
    this.moveTo(seam.now);
    const end = seam.give();
    if (this.kernel.debt) await this.fullDrain();
    return end;
  }

  /**
   * A task from outside, to be recorded: nothing is left over before it nor after, so that its place is known by the turns
   * before it alone.
   */
  private async letIn(seam: Seam): Promise<void> {
    const drained = this.kernel.debt;
    if (drained) await this.fullDrain();
    seam.enter(drained);
    try {
      this.runInjected();
    } finally {
      seam.leave();
    }
    if (this.kernel.debt) await this.fullDrain();
  }

  private runInjected(): void {
    const task = this.inbox.shift();
    // A task from outside happens now: as late as the wall says, but not after what is still to come.
    if (this.pace.speed !== "max" && task !== this.pace.poll) {
      const next = this.kernel.timers.peek();
      const mapped = this.mappedNow();
      this.moveTo(next === undefined ? mapped : Math.min(mapped, next.time));
    }
    task();
  }

  /** Turns until the queue is empty, somebody outside has to be heard, or it is time to yield. */
  private async runReady(haltable: boolean): Promise<void> {
    const { kernel } = this;
    const { ready, events, seam } = kernel;
    while (ready.count > 0) {
      const steps = kernel.adversary !== null
        ? this.adverseTurn(kernel.adversary)
        : seam !== null
        ? this.countedTurn(seam)
        : runTurn(kernel, ready.shift());
      if (events.count > 0) kernel.publish();
      if (this.pace.poll !== null && (this.turnsToPoll -= 1 + steps) <= 0) this.poll();
      this.messagesToDrain -= steps;
      this.work += steps + 4;
      if (this.messagesToDrain <= 0) {
        this.messagesToDrain += MESSAGES_PER_DRAIN;
        if (kernel.debt) await this.fullDrain();
      }
      if (this.work >= WORK_PER_WALL_READ && this.yieldIsDue()) await this.letInputThrough();
      if (seam !== null && seam.due()) return;
      if (this.inbox.count > 0 || (haltable && this.haltRequested)) return;
    }
  }

  private countedTurn(seam: Seam): number {
    const cell = this.kernel.ready.shift();
    const steps = runTurn(this.kernel, cell);
    seam.turned(cell, steps);
    return steps;
  }

  private adverseTurn(adversary: Adversary): number {
    const { kernel } = this;
    const cell = kernel.ready.take(adversary.pick(kernel.ready.count));
    this.strike(adversary, cell);
    const steps = runTurn(kernel, cell);
    adversary.turned();
    return steps;
  }

  /** Before time moves: crashes of those that wait, and jumps of the clock. True when there is work now. */
  private adverseTime(adversary: Adversary): boolean {
    const { kernel } = this;
    for (const cell of kernel.busy) this.strike(adversary, cell);
    const jump = adversary.jump();
    if (jump > 0) kernel.clock.advance(kernel.clock.now() + jump);
    return kernel.ready.count > 0;
  }

  private strike(adversary: Adversary, cell: ActorCell): void {
    const error = adversary.strike(cell.path);
    if (error !== null) cell.requestKill({ kind: "error", error });
  }

  private yieldIsDue(): boolean {
    this.work = 0;
    return !this.kernel.debt && wallMs() - this.lastYield >= this.pace.yieldMs;
  }

  private async fullDrain(): Promise<void> {
    this.kernel.debt = false;
    await yieldToLoop();
    this.lastYield = wallMs();
  }

  /**
   * One pass of the event loop runs what is ready but rarely asks the sockets; measured on Deno 2.9, a request needs some
   * tens of passes in a row to be read, answered and written.
   */
  private async letInputThrough(): Promise<void> {
    for (let pass = 0; pass < PASSES_FOR_INPUT; pass++) await yieldToLoop();
    this.lastYield = wallMs();
  }

  /** Runs continuations; a few cheap passes usually suffice, and only a full yield proves that none is left. */
  private async settle(): Promise<void> {
    const { kernel } = this;
    for (let pass = 0; pass < QUICK_PASSES; pass++) {
      await null;
      if (kernel.ready.count > 0) return;
    }
    await this.fullDrain();
  }

  /** Whether time has to wait for a promise of the outer world. */
  private impatient(): boolean {
    if (this.kernel.busy.size === 0 || this.kernel.seam?.replaying) {
      this.patienceFrom = -1;
      return false;
    }
    const forAll = this.pace.speed === "max";
    let waits = false;
    for (const cell of this.kernel.busy) {
      waits ||= (forAll || cell.def.holdsTime === true) && !cell.patienceSpent && cell.incarnation!.openAsks === null;
    }
    if (!waits) {
      this.patienceFrom = -1;
      return false;
    }
    if (this.patienceFrom < 0) this.patienceFrom = wallMs();
    if (this.patienceLeft() > 0) return true;
    for (const cell of this.kernel.busy) cell.patienceSpent = true;
    this.patienceFrom = -1;
    return false;
  }

  private patienceLeft(): number {
    return this.patienceFrom + this.pace.patienceMs - wallMs();
  }

  /** Fires the next timer, or waits for it; false when `until` has been reached. */
  private async advance(until: Micros): Promise<boolean> {
    const { timers, seam } = this.kernel;
    const next = timers.peek();
    const target = next === undefined ? until : Math.min(next.time, until);
    if (next === undefined && seam?.replaying) throw seam.stranded();
    if (this.pace.speed !== "max" || target === Infinity) {
      const waitMs = target === Infinity ? Infinity : this.wallMsUntil(target);
      if (waitMs > 0) {
        await this.sleep(waitMs);
        return true;
      }
    }
    if (this.kernel.adversary !== null && this.adverseTime(this.kernel.adversary)) return true;
    if (next === undefined || next.time > until) {
      this.moveTo(until);
      return false;
    }
    timers.remove(next);
    seam?.fired();
    this.moveTo(next.time);
    next.fire();
    if (++this.work >= WORK_PER_WALL_READ && this.yieldIsDue()) await this.letInputThrough();
    return true;
  }

  /** To a time that no timer is due before. */
  private moveTo(time: Micros): void {
    this.kernel.clock.advance(time);
    this.kernel.timers.advance(time);
  }

  private async sleep(ms: number): Promise<void> {
    const { kernel, pace } = this;
    const longest = pace.poll === null ? LONGEST_SLEEP_MS : POLL_SLICE_MS;
    const sleep = new Sleep(Math.max(0, Math.min(ms, longest)));
    kernel.sleeper = () => sleep.end();
    await sleep.done;
    kernel.sleeper = null;
    this.lastYield = wallMs();
    if (pace.poll !== null) this.poll();
  }

  private poll(): void {
    this.turnsToPoll = this.pace.pollTurns;
    // Recorded, it is a task from outside like any other.
    if (this.kernel.seam === null) this.pace.poll!();
    else this.inbox.push(this.pace.poll!);
  }

  private mappedNow(): Micros {
    const speed = this.pace.speed as number;
    return this.virtualOrigin + Math.floor((wallMs() - this.wallOrigin) * 1000 * speed);
  }

  private wallMsUntil(time: Micros): number {
    const speed = this.pace.speed as number;
    return this.wallOrigin + (time - this.virtualOrigin) / (1000 * speed) - wallMs();
  }
}
