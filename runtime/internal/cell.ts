/**
 * One actor: its mailbox, lanes, counters and place in the tree. What happens in its life is in lifecycle.ts and turn.ts;
 * this file is the part that senders touch, so it is the part that must be fast.
 */
import {
  type ActorDef,
  type ActorRef,
  DEFAULT_BATCH,
  DEFAULT_MAILBOX_CAPACITY,
  type ExitReason,
  type Handlers,
  type Signal,
  type TellResult,
} from "../actor.ts";
import type { DeadLetterReason } from "../introspection.ts";
import { Ring } from "./ring.ts";
import { Timed } from "./timers.ts";

/** Stages of a life. ENDED: waiting for its parent's decision. STOPPED: gone for good. */
export const STARTING = 0;
export const RUNNING = 1;
export const BUSY = 2;
export const ENDED = 3;
export const STOPPED = 4;

/** Standing with the run queue. PARKED: user messages must not put it there (busy or ended). */
export const IDLE = 0;
export const QUEUED = 1;
export const PARKED = 2;

/** Bits of `attention`: lanes above the user lane that have something. */
export const KILL = 1;
export const STOP = 2;
export const SIGNAL = 4;
export const URGENT = 8;

/** The counters behind MessageCounters; kept per actor, added up in the system when an actor is gone. */
export interface Tally {
  offered: number;
  handled: number;
  rejected: number;
  dropped: number;
  expired: number;
  dead: number;
}

/** What a cell needs of its system; implemented by Kernel. */
export interface Host {
  readonly totals: Tally;
  /** Puts a cell at the end of the run queue. */
  schedule(cell: ActorCell): void;
  /** Counts a dead letter on `tally` and records it. */
  dead(cell: ActorCell, tally: Tally, message: unknown, reason: DeadLetterReason): void;
}

/** A message that may have become stale while it waited: a timer's, or an ask's question. */
export abstract class Envelope extends Timed {
  /** Whether to handle it now. Called once, when it leaves the mailbox. */
  abstract open(): boolean;
  /** It will never be handled, because of what `fate` says. */
  abstract lost(fate: "rejected" | "dropped" | "dead"): void;
  abstract readonly message: unknown;
}

/** What the rest of the runtime needs of an incarnation; implemented by Context. */
export interface Incarnation {
  readonly number: number;
  /** Questions whose answer this incarnation awaits. */
  asks: number;
  /** Takes away everything the incarnation holds: timers, monitors, asks. After this the context is inert. */
  retire(): void;
  /** Removes the monitor and says whether it still stood; a "down" for one that did not is stale. */
  takeMonitor(monitor: number): boolean;
  /** The actor this is an incarnation of. */
  readonly cell: ActorCell;
  /** The parent's own way to stop, if it took over stop requests. */
  readonly stopHandler: ((reason: ExitReason) => void) | null;
  readonly settled: () => void;
  readonly failed: (error: unknown) => void;
}

export class ActorCell implements ActorRef<unknown>, Tally {
  offered = 0;
  handled = 0;
  rejected = 0;
  dropped = 0;
  expired = 0;
  dead = 0;

  readonly mailbox = new Ring<unknown>();
  urgentLane: Ring<unknown> | null = null;
  signals: Ring<Signal> | null = null;
  pendingKill: ExitReason | null = null;
  /** Asked by others; the actor's parent role may take it over. */
  pendingStop: ExitReason | null = null;
  /** Asked by the actor itself; final. */
  pendingEnd: ExitReason | null = null;
  attention = 0;
  /** Messages the user lane may hold now; 0 once stopped, so that `tell` needs one comparison only. */
  limit = 0;
  /** Envelopes among the waiting messages; while 0, messages are handed on without a look at them. */
  envelopes = 0;

  life = STARTING;
  standing = PARKED;
  incarnation: Incarnation | null = null;
  handlers: Handlers<never> | null = null;
  receive: ((message: never) => void | Promise<void>) | null = null;
  receiveBatch: ((messages: readonly never[]) => void) | null = null;
  batch: unknown[] | null = null;
  batchSize = 0;
  /** After this promise outlived the driver's patience once, time no longer waits for it. */
  patienceSpent = false;

  restarts = 0;
  lastExit: ExitReason | null = null;
  strategy: string | null = null;
  /** In start order. */
  children: Set<ActorCell> | null = null;
  names: string[] | null = null;
  /** Monitors on this actor and who set them, in order. */
  watchers: Map<number, Incarnation> | null = null;

  constructor(
    readonly host: Host,
    readonly id: number,
    readonly path: string,
    readonly name: string,
    readonly parent: ActorCell | null,
    public def: ActorDef<never, unknown>,
    public args: unknown,
  ) {
    this.redefine(def, args);
  }

  tell(message: unknown): TellResult {
    this.offered++;
    if (this.mailbox.count >= this.limit) return this.full(message);
    this.mailbox.push(message);
    if (this.standing === IDLE) {
      this.standing = QUEUED;
      this.host.schedule(this);
    }
    return "enqueued";
  }

  urgent(message: unknown): TellResult {
    this.offered++;
    if (this.life === STOPPED) return this.toStopped(message);
    (this.urgentLane ??= new Ring()).push(message);
    this.raise(URGENT);
    return "enqueued";
  }

  /** As `tell` or `urgent`, for a message that may become stale while it waits. */
  tellEnvelope(envelope: Envelope, urgent: boolean): TellResult {
    const result = urgent ? this.urgent(envelope) : this.tell(envelope);
    if (result === "enqueued") this.envelopes++;
    return result;
  }

  signal(signal: Signal): void {
    (this.signals ??= new Ring()).push(signal);
    this.raise(SIGNAL);
  }

  /** The stop lane. The first request stands. */
  requestStop(reason: ExitReason): void {
    if (this.life >= ENDED || this.pendingStop !== null) return;
    this.pendingStop = reason;
    this.raise(STOP);
  }

  /** The actor's own wish to end after the current message. The first wish stands. */
  requestEnd(reason: ExitReason): void {
    if (this.life >= ENDED || this.pendingEnd !== null) return;
    this.pendingEnd = reason;
    this.raise(STOP);
  }

  /** The kill lane. The first request stands. */
  requestKill(reason: ExitReason): void {
    if (this.life >= ENDED || this.pendingKill !== null) return;
    this.pendingKill = reason;
    this.raise(KILL);
  }

  /** A restart may bring another definition; it decides from now on. */
  redefine(def: ActorDef<never, unknown>, args: unknown): void {
    this.def = def;
    this.args = args;
    this.limit = def.mailbox?.capacity ?? DEFAULT_MAILBOX_CAPACITY;
    this.batchSize = def.batch ?? DEFAULT_BATCH;
    checkBound(this.path, "mailbox.capacity", this.limit);
    checkBound(this.path, "batch", this.batchSize);
  }

  /** Puts the actor in the run queue if it has work it may do. */
  unpark(): void {
    this.standing = IDLE;
    if (this.attention !== 0 || this.mailbox.count > 0) {
      this.standing = QUEUED;
      this.host.schedule(this);
    }
  }

  private raise(lane: number): void {
    this.attention |= lane;
    if (this.standing === QUEUED || this.life === STARTING || this.life >= ENDED) return;
    // While a handler's promise is open only a kill may interrupt; the other lanes are looked at when it settles.
    if (this.life === BUSY && lane !== KILL) return;
    this.standing = QUEUED;
    this.host.schedule(this);
  }

  private full(message: unknown): TellResult {
    if (this.life === STOPPED) return this.toStopped(message);
    switch (this.def.mailbox?.overflow) {
      case "drop-newest":
        this.dropped++;
        if (message instanceof Envelope) message.lost("dropped");
        return "dropped";
      case "drop-oldest": {
        const oldest = this.mailbox.shift();
        this.dropped++;
        if (this.envelopes > 0 && oldest instanceof Envelope) {
          this.envelopes--;
          oldest.lost("dropped");
        }
        this.mailbox.push(message);
        return "enqueued";
      }
      default:
        this.rejected++;
        if (message instanceof Envelope) message.lost("rejected");
        return "rejected";
    }
  }

  private toStopped(message: unknown): TellResult {
    // A stopped actor's own counts have been added to the system's.
    this.offered = 0;
    this.host.totals.offered++;
    this.host.dead(this, this.host.totals, message, "stopped");
    return "dead";
  }
}

function checkBound(path: string, what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(`${what} of ${path} is a whole number of messages above 0, not ${value}.`);
}

/** The cell behind a ref. Refs are made by the runtime alone. */
export function cellOf(ref: ActorRef<never>): ActorCell {
  if (ref instanceof ActorCell) return ref;
  throw new TypeError(`${ref.path} is not an actor of this system.`);
}
