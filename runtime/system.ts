/**
 * A system of actors: one thread, one run queue, one virtual clock.
 *
 * Make one, start a root actor (normally a supervisor), and `run` it. Everything that happens is a function of the seed,
 * the start time and what is injected from outside; the speed changes when it happens on the wall and nothing else.
 */
import type { Adversary } from "./adversary.ts";
import type { ActorDef, ActorRef, AskResult, Registry, Remote } from "./actor.ts";
import type { CrashWitness } from "./crash.ts";
import { Debug } from "./debug.ts";
import type { WireEnvelope } from "./message.ts";
import { Arrival, type Bringing } from "./internal/arrival.ts";
import { ask, type Asker } from "./internal/ask.ts";
import { type ActorCell, BUSY, cellOf, ENDED, STOPPED, SUSPENDED } from "./internal/cell.ts";
import { Driver } from "./internal/driver.ts";
import type { Seam } from "./internal/seam.ts";
import { Kernel } from "./internal/kernel.ts";
import { copied } from "./internal/copies.ts";
import { tellExit } from "./internal/forensics.ts";
import { start } from "./internal/lifecycle.ts";
import { machineStopwatch } from "./internal/wall.ts";
import type { ActorSnapshot, ActorState, DeadLetter, MessageCounters, SystemEvents } from "./introspection.ts";
import type { Random } from "./random.ts";
import type { Clock, Micros, Stopwatch } from "./time.ts";

/**
 * Turns and messages between two polls. A turn of small messages takes about a microsecond and one of a full batch may take
 * hundreds: counted together, the control page is looked at every ~64 µs in the one case and after every turn in the other.
 */
export const DEFAULT_POLL_TURNS = 64;

/**
 * How long virtual time at "max" waits for one promise of the outer world (a file, a socket) before it moves on without
 * it. Long against any local read, short against a hang.
 */
export const DEFAULT_PATIENCE_MS = 1000;

/**
 * At full load a stretch of this length passes before sockets and signals are served, wall milliseconds: a console answers
 * within a few tens of milliseconds, and serving it costs about two hundredths of the time.
 */
export const DEFAULT_YIELD_MS = 25;

export interface SystemOptions {
  /** A safe integer; everything random derives from it. */
  readonly seed: number;
  /** Virtual time at the beginning. */
  readonly start: Micros;
  /** Virtual seconds per wall second; "max": as fast as possible. */
  readonly speed: number | "max";
  /**
   * Called between turns, at the latest when `pollTurns` turns and messages together have passed, on every wake-up, and every
   * ~2 ms while waiting.
   */
  readonly poll?: () => void;
  /** Default DEFAULT_POLL_TURNS. */
  readonly pollTurns?: number;
  /** At "max", and always for actors that hold time. Wall milliseconds; default DEFAULT_PATIENCE_MS. */
  readonly patienceMs?: number;
  /**
   * A handler that takes longer is published as "stuck", milliseconds: every one that waits for a promise, and of those that
   * return the ones of actors with a `budgetMs`. Default: nobody is.
   */
  readonly stuckMs?: number;
  /** Default DEFAULT_YIELD_MS. Longer for a system that nobody asks anything while it runs. */
  readonly yieldMs?: number;
  readonly stopwatch?: Stopwatch;
  /** What a crash record says about the system, such as build and configuration hash. */
  readonly facts?: Readonly<Record<string, string>>;
  /** What a crash record says that only the owner of the system knows. */
  readonly witness?: CrashWitness;
  /** Whether `by` may replace the state of the actor at `path`, see debug.ts. Default: nobody may. */
  readonly mayReplaceState?: (path: string, by: string) => boolean;
  /** How often this system has begun anew, for the envelopes of its messages; default 0. */
  readonly epoch?: number;
  /** Ids begin behind this one, so that those of several systems do not meet; default 0. */
  readonly idsAfter?: number;
  /**
   * Every message between actors goes through the codec as if it left the process, so that none is shared and one that could
   * not leave is an error where it is sent. For tests; costs some microseconds a message.
   */
  readonly copies?: boolean;
  /** What records the run or gives a recorded one again, see recording/mod.ts. */
  readonly seam?: Seam;
  /** For simulations, see testkit/simulation.ts. */
  readonly adversary?: Adversary;
}

export class ActorSystem {
  readonly clock: Clock;
  readonly stopwatch: Stopwatch;
  readonly registry: Registry;
  /** The root stream. Fork it with a label of your own; do not draw from it. */
  readonly random: Random;
  readonly events: SystemEvents;
  readonly debug: Debug;
  private readonly kernel: Kernel;
  private readonly driver: Driver;
  private readonly outside: Asker = { openAsks: null, alive: true, cell: null };

  constructor(options: SystemOptions) {
    const { speed, pollTurns = DEFAULT_POLL_TURNS } = options;
    if (speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
      throw new RangeError(`speed is "max" or a number above 0, not ${speed}.`);
    }
    if (!Number.isInteger(pollTurns) || pollTurns < 1) {
      throw new RangeError(`pollTurns is a whole number above 0, not ${pollTurns}.`);
    }
    if (options.seam !== undefined && options.adversary !== undefined) {
      throw new RangeError("A system has an adversary or is recorded: a simulation is repeated by its seed.");
    }
    const kernel = new Kernel(
      options.seed,
      options.start,
      options.stopwatch ?? machineStopwatch,
      options.facts,
      options.adversary,
      options.epoch,
      options.seam,
      options.witness,
    );
    kernel.stuckMs = checkedMs("stuckMs", options.stuckMs);
    if (options.copies === true) kernel.copy = copied;
    kernel.lastId = checkedId(options.idsAfter);
    this.kernel = kernel;
    this.driver = new Driver(kernel, {
      speed,
      poll: options.poll ?? null,
      pollTurns,
      patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
      yieldMs: options.yieldMs ?? DEFAULT_YIELD_MS,
    });
    this.clock = kernel.clock;
    this.stopwatch = kernel.stopwatch;
    this.registry = kernel.directory;
    this.random = kernel.random;
    this.debug = new Debug(kernel, options.mayReplaceState ?? (() => false));
    this.events = { subscribe: (listener) => kernel.subscribe(listener) };
  }

  /** The next id of this node; the same sequence that actors draw from. */
  nextId(): number {
    return this.kernel.nextId();
  }

  /** Starts a root actor now: its `init`, and those of the children it starts, have run when this returns. */
  start<M, A>(name: string, def: ActorDef<M, A>, args: A): ActorRef<M> {
    this.kernel.seam?.did({ kind: "start", name });
    return start(this.kernel, null, name, def as ActorDef<never, unknown>, args, "keep");
  }

  /**
   * Drives the system until virtual time `until` is reached with all messages handled, or until `halt`. Without `until` it
   * ends by `halt` only; with nothing to do it sleeps. Rejects with what an injected task or `poll` throws.
   */
  async run(options: { readonly until?: Micros } = {}): Promise<"until" | "halted"> {
    const end = await this.driver.drive(options.until ?? Infinity, null, true);
    return end === "halted" ? "halted" : "until";
  }

  /**
   * When it has something to do next, and whether somebody drives it: for whoever drives several systems in one time. A handler
   * that waits for a promise is not looked at.
   */
  get next(): { readonly due: Micros; readonly driven: boolean } {
    return { due: this.driver.due, driven: this.driver.active };
  }

  /** Makes `run` return after the current turn; if it is not running, the next `run` returns at once. */
  halt(): void {
    this.driver.halt();
  }

  /**
   * Stops one root actor, or all in reverse order of their start, and resolves when they are gone. Each supervisor stops
   * its children in reverse order and in their time. Drives the system itself unless `run` is doing so.
   */
  async stop(root?: ActorRef<never>): Promise<void> {
    const roots = root === undefined ? [...this.kernel.cells.roots].reverse() : [cellOf(root)];
    for (const cell of roots) {
      this.requestStop(cell);
      // A run in progress may end, by halt or until, before the shutdown is over; then it is carried on here.
      while (cell.life !== STOPPED) {
        if (this.driver.active) await Promise.race([this.gone(cell), this.driver.idle()]);
        else await this.driver.drive(Infinity, () => cell.life === STOPPED, false);
      }
    }
  }

  /** Ends the actor as if its handler had thrown `error`. Rides the kill lane. For chaos and tests. */
  crash(ref: ActorRef<never>, error: Error): void {
    const cell = cellOf(ref);
    this.kernel.seam?.did({ kind: "crash", to: cell.id, error });
    cell.requestKill({ kind: "error", error });
  }

  /** Ends the actor ahead of everything it has waiting. */
  kill(ref: ActorRef<never>): void {
    const cell = cellOf(ref);
    this.kernel.seam?.did({ kind: "kill", to: cell.id });
    cell.requestKill({ kind: "killed" });
  }

  /** From outside the loop (an HTTP handler, a signal): `task` runs between two turns, soon. Wakes the driver. */
  inject(task: () => void): void {
    this.driver.inject(task);
  }

  /** As an actor's `ask`, from outside the loop. The deadline is virtual time, so the system must be running. */
  ask<Q, R>(target: Remote<Q>, make: (replyTo: ActorRef<R>) => Q, timeout: Micros): Promise<AskResult<R>> {
    return new Promise((resolve, reject) => {
      this.inject(() => {
        ask(this.kernel, this.outside, target, make, timeout).then(resolve, reject);
      });
    });
  }

  /**
   * Hands an actor a message that came from another node, under the envelope it came with: expired if its deadline has
   * passed when its turn comes. From outside the loop, as in `inject`. `bringing` is told what becomes of it.
   */
  deliver<M>(target: ActorRef<M>, message: M, origin: WireEnvelope, bringing?: Bringing): void {
    const cell = cellOf(target as ActorRef<never>);
    this.inject(() => {
      this.kernel.seam?.did({ kind: "deliver", to: cell.id, message, origin });
      cell.tellEnvelope(new Arrival(this.clock, this.kernel.causes, message, origin, bringing), false);
    });
  }

  /** Exact at every moment between and inside turns. Takes time proportional to the number of actors. */
  counters(): MessageCounters {
    let { offered, handled, rejected, dropped, expired, dead } = this.kernel.totals;
    let inFlight = 0;
    for (const cell of this.kernel.cells.values()) {
      offered += cell.offered;
      handled += cell.handled;
      rejected += cell.rejected;
      dropped += cell.dropped;
      expired += cell.expired;
      dead += cell.dead;
      inFlight += waiting(cell);
    }
    const unexplained = offered - (handled + rejected + dropped + expired + dead + inFlight);
    return { enqueued: offered, handled, rejected, dropped, expired, dead, inFlight, unexplained };
  }

  /** Every actor that is not gone, parents before children. */
  actors(): readonly ActorSnapshot[] {
    return [...this.kernel.cells.values()].map(snapshot);
  }

  /** What the actor at `path` shows of its state: its `inspect`, now. Undefined if it has none or is not running. */
  inspect(path: string): unknown {
    return this.kernel.cells.get(path)?.handlers?.inspect?.();
  }

  /** The ref of the actor at `path`, if it is not gone. */
  find(path: string): ActorRef<never> | undefined {
    return this.kernel.cells.get(path);
  }

  /** The latest dead letters, oldest first. */
  deadLetters(): readonly DeadLetter[] {
    return this.kernel.deadLetters();
  }

  private requestStop(cell: ActorCell): void {
    const stop = () => {
      this.kernel.seam?.did({ kind: "stop", to: cell.id });
      cell.requestStop({ kind: "shutdown" });
    };
    // While it runs, a recorder has to know between which turns.
    if (this.kernel.seam !== null && this.driver.active) this.inject(stop);
    else stop();
  }

  private gone(cell: ActorCell): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = this.kernel.subscribe((event) => {
        if (event.kind !== "stopped" || event.path !== cell.path || cell.life !== STOPPED) return;
        unsubscribe();
        resolve();
      });
    });
  }
}

function checkedMs(what: string, ms = Infinity): number {
  if (ms > 0) return ms;
  throw new RangeError(`${what} is a number of milliseconds above 0, not ${ms}.`);
}

function checkedId(after = 0): number {
  if (Number.isSafeInteger(after) && after >= 0) return after;
  throw new RangeError(`idsAfter is a whole number of at least 0 that is safe as a double, not ${after}.`);
}

function waiting(cell: ActorCell): number {
  return cell.mailbox.count + (cell.urgentLane?.count ?? 0) + (cell.stash?.length ?? 0);
}

function stateOf({ life }: ActorCell): ActorState {
  return life === BUSY ? "busy" : life === SUSPENDED ? "suspended" : life === ENDED ? "waiting-restart" : "running";
}

function snapshot(cell: ActorCell): ActorSnapshot {
  return {
    id: cell.id,
    path: cell.path,
    type: cell.def.type,
    parent: cell.parent === null ? null : cell.parent.path,
    state: stateOf(cell),
    strategy: cell.strategy,
    mailbox: waiting(cell),
    mailboxCapacity: cell.capacity,
    handled: cell.handled,
    rejected: cell.rejected,
    dropped: cell.dropped,
    restarts: cell.restarts,
    lastExit: cell.lastExit === null ? null : tellExit(cell, cell.lastExit),
  };
}
