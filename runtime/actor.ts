/**
 * What an actor is: the types a person who writes one needs.
 *
 * An actor is a definition (`ActorDef`) with an `init` that returns its handlers. State lives in the closure of `init`,
 * so a restart, which calls `init` again, starts from clean state by construction. Handlers run one at a time. A thrown
 * error means "crash me": the supervisor decides what happens next. See SEMANTICS.md for the contract.
 */
import type { Clock, Micros, Stopwatch } from "./time.ts";
import type { MessageEnvelope, MessageSchema } from "./message.ts";
import type { Random } from "./random.ts";

/**
 * What became of a message at the moment it was sent. "diverted": the mailbox was full and another actor has it now;
 * anything but that and "enqueued" is final. All are counted.
 */
export type TellResult = "enqueued" | "rejected" | "dropped" | "diverted" | "dead";

/**
 * Where messages for an actor go that may be on another node. Every ref serves as one; none of these serves as a ref of this
 * node, because what may be relied on is less: it may be unreachable, what it is told takes its time, and nothing overtakes.
 *
 * "enqueued" means here that the message is on its way, and nothing more; a message that its schema does not describe is an
 * error where it is sent.
 */
export interface Remote<in M> {
  /** Where it is, for people. */
  readonly path: string;
  tell(message: M): TellResult;
}

/**
 * Where messages for an actor go. A ref to all messages of an actor is also one to some of them: `ActorRef<A | B>` can be
 * given wherever `ActorRef<A>` is asked for, and not the other way round. A ref stays valid across restarts of its actor; after the actor stopped for good,
 * messages to it become dead letters.
 */
export interface ActorRef<in M> extends Remote<M> {
  /** Unique within the system, never reused. */
  readonly id: number;
  /** Path from the root, for example "/organisms/anglerfish-1". */
  readonly path: string;
  /** Sends to the user lane. Never throws, never blocks. */
  tell(message: M): TellResult;
  /** Sends ahead of every user message, exempt from the mailbox bound. For control messages such as a kill. */
  urgent(message: M): TellResult;
}

/** Why an actor ended. */
export type ExitReason =
  | { readonly kind: "normal" }
  | { readonly kind: "shutdown"; readonly detail?: string }
  | { readonly kind: "killed" }
  | { readonly kind: "error"; readonly error: Error }
  | { readonly kind: "init-failed"; readonly error: Error }
  | { readonly kind: "noproc" }
  /** Of an actor on another node: no sign of life has come from that node for a while, or it has begun anew. */
  | { readonly kind: "node-lost"; readonly node: string }
  /** Of an actor on another node: it was never found. */
  | { readonly kind: "unreachable" };

/** Facts about other actors, delivered on the supervision lane. */
export type Signal =
  /** A monitored actor ended. Exactly one per monitor. */
  | { readonly kind: "down"; readonly monitor: number; readonly path: string; readonly reason: ExitReason }
  /** A child of this actor ended (only parents receive it). */
  | { readonly kind: "child-exit"; readonly child: ActorRef<never>; readonly reason: ExitReason }
  /** A child whose start took time has started (only parents receive it). */
  | { readonly kind: "child-started"; readonly child: ActorRef<never> }
  | ListingSignal;

export interface Handlers<M> {
  /**
   * One user message. If it returns a promise the actor takes no further user message until it settles; a rejection
   * is a crash.
   */
  receive?(message: M): void | Promise<void>;
  /**
   * Up to `batch` messages at once, oldest first, instead of `receive`. The array is reused: do not keep it.
   * For actors that turn many messages into one native call. A promise is as in `receive`.
   */
  receiveBatch?(messages: readonly M[]): void | Promise<void>;
  /** Facts on the supervision lane. Without this handler a "down" is ignored. */
  signal?(signal: Signal): void;
  /** Called once when this incarnation ends, whatever the reason; timers and monitors are already gone. */
  stopped?(reason: ExitReason): void;
  /**
   * What the console and a crash record may show of the state. Must be cheap, free of secrets, and a function of the run:
   * no reading of the wall's clock.
   */
  inspect?(): unknown;
  /** What a crash record may show of the message that was being handled; without it only its kind. As `inspect`. */
  show?(message: M): unknown;
  /**
   * Takes over a state that an operator gives; throws a sentence when it cannot. If it returns a promise the actor takes no
   * message until that settles; a rejection is a crash.
   */
  replace?(state: unknown): void | Promise<void>;
}

/** Returned by an `init` that has nothing to do: the actor does not run, and that is no failure. */
export const IGNORE: unique symbol = Symbol("ignore");

/** What `init` may return, now or after a while. */
export type Init<M> = Handlers<M> | typeof IGNORE | Promise<Handlers<M> | typeof IGNORE>;

/**
 * What happens to a message that finds the mailbox full. "crash": it is rejected and its receiver crashes. Divert: another
 * actor gets it instead.
 */
export type OverflowPolicy<M = never> =
  | "reject"
  | "drop-newest"
  | "drop-oldest"
  | "crash"
  | { readonly divert: ActorRef<M> };

/**
 * Most user messages waiting where an actor does not say otherwise. Enough for the burst of one moment of a fast market,
 * small enough that a stuck actor is seen as rejections within a second and not as a full heap an hour later.
 */
export const DEFAULT_MAILBOX_CAPACITY = 8192;

/** Most messages set aside where an actor does not say otherwise. */
export const DEFAULT_STASH = 1024;

/** Most messages handed to `receiveBatch` at once where an actor does not say otherwise. */
export const DEFAULT_BATCH = 64;

export interface MailboxOptions<M = never> {
  /** Most user messages waiting; default DEFAULT_MAILBOX_CAPACITY. Control lanes are never bounded. */
  readonly capacity?: number;
  /** Default "reject". */
  readonly overflow?: OverflowPolicy<M>;
  /**
   * The key of a message of which only the latest counts, such as a price; undefined for any other. A message whose key is
   * waiting takes the place of that one, which counts as dropped.
   */
  coalesce?(message: M): string | number | undefined;
}

export interface ActorDef<M, A = void> {
  /** Kind of actor, for counters and the console, for example "exchange". */
  readonly type: string;
  /** What its messages are, for their envelopes. */
  readonly schema?: MessageSchema;
  readonly mailbox?: MailboxOptions<M>;
  /** Most messages set aside by `stash`; default DEFAULT_STASH. */
  readonly stash?: number;
  /** Most messages handed to `receiveBatch` at once; default DEFAULT_BATCH. */
  readonly batch?: number;
  /**
   * For actors whose outside source is part of the run itself, such as the file of a replay: while one waits for a promise,
   * time waits with it at every speed, as it does for all at "max".
   */
  readonly holdsTime?: boolean;
  /**
   * How long one message may take, milliseconds; longer is published as "busy" and counted. Wall time for a handler that
   * returns, virtual time for one that waits for a promise.
   */
  readonly budgetMs?: number;
  /**
   * Calls `inspect` before every message, so that a crash record shows the state before the one that failed. It has to show
   * new data each time, not parts of the state that change: what it showed is kept as it is.
   */
  readonly keepsState?: boolean;
  /**
   * What may be kept of a text that goes into a record or to the console: reasons, stacks, what the actor shows. For actors
   * whose arguments hold a secret: `(text, { key }) => text.replaceAll(key, "…")`. When it throws nothing is kept.
   */
  redact?(text: string, args: A): string;
  /**
   * Builds one incarnation. A throw is an init failure: the actor did not start. If it returns a promise the actor has
   * started when that settles: messages wait until then, a stop as well, and only a kill ends it before.
   */
  init(context: ActorContext<M>, args: A): Init<M>;
}

/** Timers of one actor, by key. Setting a key again replaces its timer. All end with the incarnation. */
export interface Timers<M> {
  once(key: string, delay: Micros, message: M): void;
  every(key: string, interval: Micros, message: M): void;
  cancel(key: string): void;
}

export type AskResult<R> =
  | { readonly ok: true; readonly value: R }
  | {
    readonly ok: false;
    readonly failure: AskFailure;
    /** Of a cycle: who waits for whom, from the asker back to the asker. */
    readonly path?: readonly string[];
  };

/**
 * Why an ask has no answer. "cycle": the one asked waits, directly or through others, for the asker, so the question was not
 * sent. "unreachable": the node of the one asked cannot be reached.
 */
export type AskFailure = "timeout" | "dead" | "overloaded" | "unreachable" | "cycle";

/** What an asker is willing to take; part of its question, and from then on a message of its own. */
export interface Demand<R> {
  readonly kind: "Demand";
  readonly stream: number;
  /** Most answers. */
  readonly window: number;
  /** When no answer is awaited any more. */
  readonly deadline: Micros;
  readonly replyTo: ActorRef<Responses<R>>;
}

/** The asker takes no more. */
export interface CancelStream {
  readonly kind: "CancelStream";
  readonly stream: number;
}

/** What a responder is told beside the questions of its own protocol. */
export type StreamControl<R> = Demand<R> | CancelStream;

export type Responses<R> =
  | { readonly kind: "Responses"; readonly responses: readonly R[]; readonly done: boolean }
  /** The responder does not know the stream: it was started anew, or is ending. */
  | { readonly kind: "StreamLost" };

/** A name for a role, typed by the messages its holder takes. */
export interface ServiceKey<M> {
  readonly name: string;
  /** Phantom: carries the type only. */
  readonly _messages?: (message: M) => void;
}

export function serviceKey<M>(name: string): ServiceKey<M> {
  return { name };
}

/** What a subscriber of a name or group is told, on the supervision lane: who holds or belongs to it from now on. */
export interface ListingSignal {
  readonly kind: "listing";
  readonly name: string;
  readonly members: readonly ActorRef<never>[];
}

export interface Registry {
  /** Who holds the name now, if anyone. Refs survive restarts, so one look-up per incarnation is enough. */
  find<M>(key: ServiceKey<M>): ActorRef<M> | undefined;
  /** As `find`, but a missing holder throws a sentence that names the key. */
  get<M>(key: ServiceKey<M>): ActorRef<M>;
  /** The members of a group now, in the order in which they joined. */
  members<M>(group: ServiceKey<M>): readonly ActorRef<M>[];
}

/** What one incarnation may do. Once that incarnation has ended, the context does nothing any more. */
export interface ActorContext<M> {
  readonly self: ActorRef<M>;
  /** 0 for the first start, raised by each restart. */
  readonly incarnation: number;
  readonly clock: Clock;
  /** This actor's own stream, derived from the seed, its path and its incarnation. */
  readonly random: Random;
  readonly stopwatch: Stopwatch;
  readonly timers: Timers<M>;
  readonly registry: Registry;
  /**
   * Does something in the outer world, such as reading a file, and resolves with its result between two turns, in the name
   * of the message being handled. A recorded run repeats with the recorded result, which has to be plain data, and does
   * nothing. If the incarnation ends first, the promise stays pending.
   */
  outside<T>(begin: () => T | Promise<T>): Promise<T>;
  /** A value of the outer world that is there at once and may be another in another run. Recorded, as `outside`. */
  observe<T>(read: () => T): T;
  /** The next id of this node: unique in its run, rising, a safe integer, reproducible. */
  nextId(): number;
  /** Takes a name until the actor stops for good; a taken name throws. Restarts keep it. */
  register<N extends M>(key: ServiceKey<N>): void;
  /** Joins a group until it leaves or stops for good; again does nothing. Restarts keep it. */
  join<N extends M>(group: ServiceKey<N>): void;
  leave(group: ServiceKey<never>): void;
  /**
   * The members of a group, or the holder of a name if there is one, now; and a "listing" signal with all of them after each
   * change from now on, none missed and none twice. Ends with the incarnation.
   */
  subscribe<N>(key: ServiceKey<N>): readonly ActorRef<N>[];
  /**
   * Sends `make(replyTo)` and resolves with the reply or a typed failure; never rejects. A question that is still
   * waiting at its deadline is not handled, and a late reply is dropped; both count as expired. If the asking incarnation
   * ends first, the promise stays pending for ever: what would have continued it is gone.
   */
  ask<Q, R>(target: Remote<Q>, make: (replyTo: ActorRef<R>) => Q, timeout: Micros): Promise<AskResult<R>>;
  /**
   * Sends a question that has many answers, and yields them as they come; `make` puts the demand into the question. The
   * responder is asked for at most `window` (default DEFAULT_STREAM_WINDOW) at a time, see streaming.ts. The loop throws
   * StreamFailed when the answers break off. Leaving the loop, or the end of this incarnation, cancels.
   */
  askMany<Q, R>(
    target: ActorRef<Q | StreamControl<R>>,
    make: (demand: Demand<R>) => Q,
    timeout: Micros,
    window?: number,
  ): AsyncIterableIterator<R>;
  /**
   * An address for messages of another kind, such as the answers of another actor: `map` turns each into one of this
   * actor's own when its turn comes, and what `map` throws is a crash of this actor. Ends with the incarnation; what comes
   * later expires.
   */
  adapt<N>(map: (message: N) => M): ActorRef<N>;
  /**
   * The message being handled in the chain of causes; null outside a handler. In `receiveBatch` it is the last of the
   * batch, unless `handling` said otherwise.
   */
  readonly envelope: MessageEnvelope | null;
  /** In `receiveBatch`: what is sent from now on is caused by the message at `index` of the batch. */
  handling(index: number): void;
  /**
   * Sets the message being handled aside, not counted as handled; `unstash` puts all of them back before those that
   * wait, in their order. So does a restart. A full stash is a crash. Not for `receiveBatch`.
   */
  stash(): void;
  unstash(): void;
  /** Delivers one "down" signal when the target ends for good, at once with "noproc" if it has ended. Returns the monitor. */
  monitor(target: Remote<never>): number;
  demonitor(monitor: number): void;
  /** Ends this actor after the current message. Default reason: normal. */
  stop(reason?: ExitReason): void;
}
