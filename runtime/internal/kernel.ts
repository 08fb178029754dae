/**
 * What the actors of one system share: clock, run queue, timers, totals, names, observers. Data and small rules only;
 * lives are in lifecycle.ts, turns in turn.ts, and who drives it all in driver.ts.
 */
import type { Adversary } from "../adversary.ts";
import type { CrashRecord, CrashWitness } from "../crash.ts";
import type { DeadLetter, DeadLetterReason, SystemEvent } from "../introspection.ts";
import type { Random } from "../random.ts";
import type { Clock, Micros, Stopwatch } from "../time.ts";
import { Causes } from "./causes.ts";
import { Census } from "./census.ts";
import { type ActorCell, Envelope, type Host, type Tally } from "./cell.ts";
import { Directory } from "./directory.ts";
import { createRandom } from "./random.ts";
import { Ring } from "./ring.ts";
import type { Seam } from "./seam.ts";
import { Timed, TimerWheel } from "./timer_wheel.ts";
import { soon } from "./wall.ts";

/** Dead letters kept for the console: enough to see a pattern, little enough to forget about. */
const DEAD_LETTERS_KEPT = 256;

/** Virtual time. Only the driver moves it. */
export class VirtualClock implements Clock {
  constructor(private time: Micros) {}

  now(): Micros {
    return this.time;
  }

  /** Moves forward; an earlier time changes nothing. */
  advance(to: Micros): void {
    if (to > this.time) this.time = to;
  }
}

export class Kernel implements Host {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly causes = new Causes();
  readonly ready = new Ring<ActorCell>();
  readonly timers = new TimerWheel();
  readonly totals: Tally = { offered: 0, handled: 0, rejected: 0, dropped: 0, expired: 0, dead: 0 };
  /** Every actor that is not gone. */
  readonly cells = new Census();
  readonly directory = new Directory();
  /** A message that takes longer has its actor stuck, milliseconds. */
  stuckMs = Infinity;
  /** See Host. */
  copy: ((message: unknown) => unknown) | null = null;
  /** Actors that wait for the promise of their handler. */
  readonly busy = new Set<ActorCell>();
  /** Promises of the runtime have been made or settled whose continuations may not have run yet. */
  debt = false;
  /** Set by a sleeping driver. */
  sleeper: (() => void) | null = null;

  /** Records of the latest crashes. */
  readonly crashes = new Ring<CrashRecord>();
  readonly events = new Ring<SystemEvent>();
  private listeners: ((event: SystemEvent) => void)[] = [];
  private readonly letters = new Ring<DeadLetter>();
  /** Continuations that are about to run: in whose name, in their order. See `continueAs`. */
  private readonly continuing = new Ring<Moment>();
  private lastActor = 0;
  /** The id that was given out last. */
  lastId = 0;
  private lastCrash = 0;
  private lastOutside = 0;
  /** Lets a task run between two turns; set by the driver. */
  inject: (task: () => void) => void = (task) => task();

  constructor(
    readonly seed: number,
    readonly start: Micros,
    readonly stopwatch: Stopwatch,
    readonly facts: Readonly<Record<string, string>> = {},
    readonly adversary: Adversary | null = null,
    readonly epoch: number = 0,
    readonly seam: Seam | null = null,
    readonly witness: CrashWitness = {},
  ) {
    if (!Number.isSafeInteger(start) || start < 0) {
      throw new RangeError(`start is a time in whole microseconds since the epoch, not ${start}.`);
    }
    this.clock = new VirtualClock(start);
    this.timers.advance(start);
    this.random = createRandom(seed);
  }

  schedule(cell: ActorCell): void {
    this.ready.push(cell);
    if (this.sleeper !== null) this.sleeper();
  }

  wake(): void {
    if (this.sleeper !== null) this.sleeper();
  }

  /**
   * Runs `resolve` with `value`, whose continuation is the next microtask, in the name of a moment: what the continuation sends was
   * caused then. Works because microtasks run in the order in which they were queued, and only between turns.
   */
  continueAs<T>(moment: Moment, resolve: (value: T) => void, value: T): void {
    this.continuing.push(moment);
    soon(this.enterMoment);
    resolve(value);
    soon(this.leaveMoment);
  }

  private readonly enterMoment = (): void => {
    const { cause, root, sender } = this.continuing.shift();
    this.causes.resume(cause, root, sender);
  };

  private readonly leaveMoment = (): void => this.causes.leave();

  pathOf(id: number): string | null {
    return this.cells.byNumber(id)?.path ?? null;
  }

  nextActorId(): number {
    return ++this.lastActor;
  }

  delay(cell: ActorCell, message: unknown, span: Micros): void {
    this.timers.add(new Delayed(this, cell, message), this.clock.now() + span);
  }

  nextCrash(): number {
    return ++this.lastCrash;
  }

  nextOutside(): number {
    return ++this.lastOutside;
  }

  nextId(): number {
    return ++this.lastId;
  }

  dead(cell: ActorCell, tally: Tally, message: unknown, reason: DeadLetterReason): void {
    tally.dead++;
    let content = message;
    if (message instanceof Envelope) {
      content = message.label;
      message.lost("dead");
    }
    const letter = { time: this.clock.now(), path: cell.path, message: nameOf(content), reason };
    if (this.letters.count === DEAD_LETTERS_KEPT) this.letters.shift();
    this.letters.push(letter);
    if (this.listeners.length > 0) this.events.push({ kind: "dead-letter", ...letter });
  }

  deadLetters(): DeadLetter[] {
    return this.letters.toArray();
  }

  subscribe(listener: (event: SystemEvent) => void): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  /** Whether anybody listens; to be asked before an event is made that costs more than its fields. */
  get heard(): boolean {
    return this.listeners.length > 0;
  }

  emit(event: SystemEvent): void {
    if (this.listeners.length > 0) this.events.push(event);
  }

  /** Tells the listeners, between turns. */
  publish(): void {
    while (this.events.count > 0) {
      const event = this.events.shift();
      for (const listener of this.listeners) {
        try {
          listener(event);
        } catch (error) {
          this.listeners = this.listeners.filter((other) => other !== listener);
          this.emit({ kind: "listener-failed", time: this.clock.now(), reason: messageOf(error) });
        }
      }
    }
  }
}

/** A message that an adversary holds back. */
class Delayed extends Timed {
  private readonly cause: number;
  private readonly root: number;
  private readonly sender: number;

  constructor(private readonly kernel: Kernel, private readonly cell: ActorCell, private readonly message: unknown) {
    super();
    ({ current: this.cause, root: this.root, sender: this.sender } = kernel.causes);
  }

  override fire(): void {
    this.kernel.causes.resume(this.cause, this.root, this.sender);
    this.cell.arrive(this.message);
    this.kernel.causes.leave();
  }
}

/** A point in the chain of causes that is returned to later. */
export interface Moment {
  readonly cause: number;
  readonly root: number;
  readonly sender: number;
}

/** The `kind` of a message, else its JavaScript type. */
export function nameOf(message: unknown): string {
  // Unwrapped once: a question may be nothing but the address of its answer, which is its envelope.
  const content = message instanceof Envelope ? message.label : message;
  if (typeof content !== "object" || content === null) return typeof content;
  const kind = (content as { readonly kind?: unknown }).kind;
  return typeof kind === "string" ? kind : "object";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
