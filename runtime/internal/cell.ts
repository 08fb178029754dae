/**
 * One actor: its mailbox, lanes, counters and place in the tree. What happens in its life is in lifecycle.ts and turn.ts;
 * this file is the part that senders touch, so it is the part that must be fast.
 */
import {
  type ActorDef,
  type ActorRef,
  DEFAULT_BATCH,
  DEFAULT_MAILBOX_CAPACITY,
  DEFAULT_STASH,
  type ExitReason,
  type Handlers,
  type Signal,
  type TellResult,
} from "../actor.ts";
import type { Adversary } from "../adversary.ts";
import type { MessageEnvelope, WireEnvelope } from "../message.ts";
import type { DeadLetterReason } from "../introspection.ts";
import type { Causes } from "./causes.ts";
import { Mailbox } from "./mailbox.ts";
import { checkBound, MailboxOverflow } from "./rare.ts";
import { Ring } from "./ring.ts";
import type { Seam } from "./seam.ts";
import { Seldom } from "./seldom.ts";
import type { Siblings } from "./siblings.ts";
import { Timed } from "./timer_wheel.ts";
import type { Watch } from "./watch.ts";

/** Stages of a life. SUSPENDED: only kill, stop and signals are served. ENDED: waiting for its parent's decision. STOPPED: gone for good. */
export const STARTING = 0;
export const RUNNING = 1;
export const BUSY = 2;
export const SUSPENDED = 3;
export const ENDED = 4;
export const STOPPED = 5;

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
  readonly causes: Causes;
  /** See MessageEnvelope. */
  readonly epoch: number;
  readonly adversary: Adversary | null;
  readonly seam: Seam | null;
  /** Makes a copy of every message on its way; null: they are handed over as they are. */
  readonly copy: ((message: unknown) => unknown) | null;
  /** Delivers a message later by `arrive`. */
  delay(cell: ActorCell, message: unknown, span: number): void;
  /** Puts a cell at the end of the run queue. */
  schedule(cell: ActorCell): void;
  /** Path of the actor of that id; null when it is gone, or for 0. */
  pathOf(id: number): string | null;
  /** Counts a dead letter on `tally` and records it. */
  dead(cell: ActorCell, tally: Tally, message: unknown, reason: DeadLetterReason): void;
}

/** A message that may have become stale while it waited: a timer's, or an ask's question. */
export abstract class Envelope extends Timed {
  /** Whether to handle it now. Called once, when it leaves the mailbox. */
  abstract open(): boolean;
  /** When an answer is no longer awaited. */
  abstract readonly deadline: number;
  /** Whether it comes from another actor, over a way on which an adversary may lie in wait. */
  abstract readonly travels: boolean;
  /** It will never be handled, because of what `fate` says. */
  abstract lost(fate: "rejected" | "dropped" | "dead"): void;
  abstract readonly message: unknown;

  /** Its handler has come to its end. */
  done(): void {}

  /** Its handler failed, or its actor was ended in the middle of it. */
  crashed(): void {}

  /** It was set aside: what its handler did was not the end of it. */
  setAside(): void {}

  /** Puts `change` of what came from another actor in its place; what is the receiver's own stays. */
  replace(_change: (message: unknown) => unknown): void {}

  /** What a trace may call the message. */
  get label(): unknown {
    return this.message;
  }

  /** Where it came from, when that is another node. */
  get origin(): WireEnvelope | null {
    return null;
  }
}

/** A question that awaits its answer, for those who look for circles of waiting. */
export interface OpenAsk {
  /** Whom it was put to; null when that is no actor of this system. */
  readonly target: ActorCell | null;
  readonly nextOpen: OpenAsk | null;
  /** Virtual time. */
  readonly time: number;
}

/** What the rest of the runtime needs of an incarnation; implemented by Context. */
export interface Incarnation {
  readonly number: number;
  /** Its start takes time and is not over. */
  opening: boolean;
  /** Questions whose answer this incarnation awaits, linked. */
  openAsks: OpenAsk | null;
  /** Takes away everything the incarnation holds: timers, monitors, asks. After this the context is inert. */
  retire(): void;
  /** Removes the monitor and says whether it still stood; a "down" for one that did not is stale. */
  takeMonitor(monitor: number): boolean;
  /** Keys and times of its timers. */
  timersDue(): readonly { readonly key: string; readonly due: number }[];
  /** The actor this is an incarnation of. */
  readonly cell: ActorCell;
  /** The parent's own way to stop, if it took over stop requests. */
  readonly stopHandler: ((reason: ExitReason) => void) | null;
  readonly settled: () => void;
  readonly failed: (error: unknown) => void;
}

export class ActorCell extends Seldom implements ActorRef<unknown>, Tally {
  offered = 0;
  handled = 0;

  readonly mailbox = new Mailbox();
  /** Asked by the actor itself; final. */
  pendingEnd: ExitReason | null = null;
  attention = 0;
  /** Messages the user lane may hold now; 0 once stopped, so that `tell` needs one comparison only. */
  limit = 0;
  /** Envelopes among the waiting messages; while 0, messages are handed on without a look at them. */
  envelopes = 0;

  /** The question being handled, if the message being handled is one. */
  question: Envelope | null = null;
  /** The lane of the message being handled; null for a batch's size beyond what is kept, and outside handlers. */
  lane: Mailbox | null = null;

  life = STARTING;
  standing = PARKED;
  incarnation: Incarnation | null = null;
  handlers: Handlers<never> | null = null;
  receive: ((message: never) => void | Promise<void>) | null = null;
  receiveBatch: ((messages: readonly never[]) => void) | null = null;

  /** For actors with a budget, and where being stuck is watched for. */
  latency: Watch | null = null;

  restarts = 0;
  lastExit: ExitReason | null = null;
  children: Siblings<ActorCell> | null = null;
  /** Its place among all actors, in start order; see Census. */
  earlier: ActorCell | null = null;
  later: ActorCell | null = null;

  constructor(
    readonly host: Host,
    readonly id: number,
    readonly name: string,
    readonly parent: ActorCell | null,
    public def: ActorDef<never, unknown>,
    public args: unknown,
  ) {
    super();
    this.redefine(def, args);
  }

  /** Put together when asked for: few actors are ever asked. */
  get path(): string {
    return this.parent === null ? `/${this.name}` : `${this.parent.path}/${this.name}`;
  }

  /** Messages the user lane may hold by its definition. */
  get capacity(): number {
    return this.def.mailbox?.capacity ?? DEFAULT_MAILBOX_CAPACITY;
  }

  /** Most messages of one batch. */
  get batchSize(): number {
    return this.def.batch ?? DEFAULT_BATCH;
  }

  tell(message: unknown): TellResult {
    this.offered++;
    if (this.mailbox.count >= this.limit) return this.full(message);
    this.mailbox.push(message, this.host.causes);
    if (this.standing === IDLE) {
      this.standing = QUEUED;
      this.host.schedule(this);
    }
    return "enqueued";
  }

  urgent(message: unknown): TellResult {
    this.offered++;
    if (this.host.seam !== null) this.host.seam.told(this, message, true);
    if (this.host.copy !== null) message = this.copyOf(message, this.host.copy);
    if (this.life === STOPPED) return this.toStopped(message);
    (this.urgentLane ??= new Mailbox()).push(message, this.host.causes);
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
    // Every message of a mailbox that coalesces takes the long way, and so does every message where somebody is on the way.
    const { adversary, seam, copy } = this.host;
    const nobody = adversary === null && seam === null && copy === null;
    this.limit = nobody && def.mailbox?.coalesce === undefined ? this.capacity : 0;
    checkBound(this, "mailbox.capacity", this.capacity);
    checkBound(this, "batch", this.batchSize);
    const { budgetMs } = def;
    if (budgetMs !== undefined && !(budgetMs > 0)) {
      throw new RangeError(`budgetMs of ${this.path} is a number of milliseconds above 0, not ${budgetMs}.`);
    }
    this.latency?.redefine();
  }

  /** Puts the actor in the run queue if it has work it may do. */
  unpark(): void {
    this.standing = IDLE;
    if (this.life === SUSPENDED) this.standing = PARKED;
    if (this.life === SUSPENDED ? (this.attention & ~URGENT) !== 0 : this.attention !== 0 || this.mailbox.count > 0) {
      this.standing = QUEUED;
      this.host.schedule(this);
    }
  }

  /** Where the message being handled stands in the chain of causes. */
  currentEnvelope(): MessageEnvelope | null {
    const { current, root } = this.host.causes;
    if (this.lane === null || current === 0) return null;
    const [id, cause, , sender] = this.lane.numbersOf(0);
    if (id !== current) return null;
    const { question, host } = this;
    return {
      id,
      cause,
      root,
      sender: host.pathOf(sender),
      deadline: question?.deadline ?? Infinity,
      epoch: host.epoch,
      schema: this.def.schema ?? null,
      origin: question?.origin ?? null,
    };
  }

  /** What is sent from now on is caused by the message at `index` of the batch being handled. */
  handling(index: number): void {
    const size = this.batch?.length ?? 0;
    if (this.lane === null || !(index >= 0 && index < size)) {
      throw new RangeError(`${this.path} is not handling a batch with a message ${index}.`);
    }
    this.lane.recall(size - 1 - index + (this.rare?.trailing ?? 0), this.host.causes);
  }

  /** Sets the message being handled aside. */
  setAside(): void {
    const lane = this.lane;
    const numbers = lane === null ? null : lane.numbersOf(0);
    if (lane === null || this.receiveBatch !== null || numbers![0] !== this.host.causes.current) {
      throw new Error(`${this.path} can stash only the message that it is handling, and not in receiveBatch.`);
    }
    const stash = this.uncommon().stash ??= [];
    if (stash.at(-1)?.numbers[0] === numbers![0]) return;
    const most = this.def.stash ?? DEFAULT_STASH;
    if (stash.length >= most) throw new Error(`the stash of ${this.path} is full with ${most} messages`);
    stash.push({ message: lane.latest(), numbers: numbers! });
    this.question?.setAside();
    this.handled--;
  }

  /** Puts what was set aside back before everything that waits, in its order. */
  putBack(): void {
    const stash = this.stash;
    if (stash === null) return;
    this.uncommon().stash = null;
    for (let i = stash.length - 1; i >= 0; i--) {
      const { message, numbers } = stash[i];
      if (message instanceof Envelope) this.envelopes++;
      this.mailbox.restore(message, numbers);
    }
  }

  private raise(lane: number): void {
    this.attention |= lane;
    if (this.standing === QUEUED || this.life === STARTING || this.life >= ENDED) return;
    // While a handler's promise is open only a kill may interrupt; the other lanes are looked at when it settles.
    if (this.life === BUSY && lane !== KILL) return;
    if (this.life === SUSPENDED && lane === URGENT) return;
    this.standing = QUEUED;
    this.host.schedule(this);
  }

  private full(message: unknown): TellResult {
    if (this.host.seam !== null) this.host.seam.told(this, message, false);
    if (this.host.copy !== null) message = this.copyOf(message, this.host.copy);
    if (this.life === STOPPED) return this.toStopped(message);
    return this.host.adversary === null ? this.admit(message) : this.waylaid(this.host.adversary, message);
  }

  private copyOf(message: unknown, copy: (message: unknown) => unknown): unknown {
    try {
      return copy(message);
    } catch (error) {
      // It was not sent.
      this.offered--;
      throw error;
    }
  }

  /** Delivers a message that was held back. */
  arrive(message: unknown): void {
    this.offered++;
    if (this.life === STOPPED) this.toStopped(message);
    else if (this.admit(message) === "enqueued" && message instanceof Envelope) this.envelopes++;
  }

  private waylaid(adversary: Adversary, message: unknown): TellResult {
    if (message instanceof Envelope && !message.travels) return this.admit(message);
    const fate = adversary.fate(this.path, message instanceof Envelope ? message.label : message);
    if (fate === "pass") return this.admit(message);
    if (fate === "duplicate") {
      // The answer to a question can be given only once; the question is what it is.
      if (!(message instanceof Envelope)) this.arrive(message);
      return this.admit(message);
    }
    if (fate === "drop") {
      this.dropped++;
      return "dropped";
    }
    this.offered--;
    this.host.delay(this, message, fate.delay);
    // Under way, so to its sender it is sent; tellEnvelope must not count it here, arrive does.
    if (message instanceof Envelope) this.envelopes--;
    return "enqueued";
  }

  /** The long way into the mailbox. */
  private admit(message: unknown): TellResult {
    const options = this.def.mailbox;
    if (options?.coalesce !== undefined) {
      const key = keyOf(options.coalesce as (message: unknown) => unknown, message);
      if (key !== undefined && this.coalesced(key, message)) return "enqueued";
      if (this.mailbox.count < this.capacity) {
        if (key !== undefined) this.remember(key);
        return this.enqueue(message);
      }
    }
    if (options?.coalesce === undefined && this.mailbox.count < this.capacity) return this.enqueue(message);
    const overflow = options?.overflow;
    if (typeof overflow === "object") return this.divert(overflow.divert, message);
    switch (overflow) {
      case "drop-newest":
        this.dropped++;
        if (message instanceof Envelope) message.lost("dropped");
        return "dropped";
      case "drop-oldest":
        this.drop(this.mailbox.discard());
        return this.enqueue(message);
      case "crash":
        this.requestKill({ kind: "error", error: new MailboxOverflow(this.path, this.capacity) });
        break;
    }
    this.rejected++;
    if (message instanceof Envelope) message.lost("rejected");
    return "rejected";
  }

  private enqueue(message: unknown): TellResult {
    this.mailbox.push(message, this.host.causes);
    if (this.standing === IDLE) {
      this.standing = QUEUED;
      this.host.schedule(this);
    }
    return "enqueued";
  }

  /** Puts the message in the place of a waiting one of the same key, if there is one. */
  private coalesced(key: unknown, message: unknown): boolean {
    const position = this.rare?.keyed?.get(key);
    if (position === undefined) return false;
    const place = this.mailbox.replace(position, message, this.host.causes);
    if (place === undefined) return false;
    this.drop(place.replaced);
    return true;
  }

  private remember(key: unknown): void {
    const keyed = this.uncommon().keyed ??= new Map();
    const { next, count } = this.mailbox;
    keyed.set(key, next);
    if (keyed.size <= 2 * this.capacity) return;
    for (const [other, position] of keyed) if (position < next - count) keyed.delete(other);
  }

  /** Counts out a message that waited and gave way. */
  private drop(message: unknown): void {
    this.dropped++;
    if (this.envelopes > 0 && message instanceof Envelope) {
      this.envelopes--;
      message.lost("dropped");
    }
  }

  private divert(fallback: ActorRef<never>, message: unknown): TellResult {
    const target = cellOf(fallback);
    if (target === this) throw new TypeError(`The mailbox of ${this.path} diverts to itself: name another actor.`);
    this.dropped++;
    const result = message instanceof Envelope ? target.tellEnvelope(message, false) : target.tell(message);
    return result === "enqueued" ? "diverted" : result;
  }

  private toStopped(message: unknown): TellResult {
    // A stopped actor's own counts have been added to the system's.
    this.offered = 0;
    this.host.totals.offered++;
    this.host.dead(this, this.host.totals, message, "stopped");
    return "dead";
  }
}

/** The key by which a message coalesces; none for one that an adapter fails to map, which is its receiver's affair. */
function keyOf(coalesce: (message: unknown) => unknown, message: unknown): unknown {
  let content = message;
  if (message instanceof Envelope) {
    try {
      content = message.message;
    } catch {
      return undefined;
    }
  }
  return coalesce(content);
}

/** The cell behind a ref. Refs are made by the runtime alone. */
export function cellOf(ref: ActorRef<never>): ActorCell {
  if (ref instanceof ActorCell) return ref;
  throw new TypeError(`${ref.path} is not an actor of this system.`);
}
