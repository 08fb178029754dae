/**
 * What a system tells about itself: counters, snapshots, events, dead letters.
 *
 * Facts only: everything here is counted where it happens, nothing is derived by subtraction but `unexplained`.
 */
import type { ExitReason } from "./actor.ts";
import type { CrashRecord } from "./crash.ts";
import type { Micros } from "./time.ts";

/**
 * What became of every message offered to any actor, by `tell`, `urgent`, a timer or an ask, and of every reply.
 *
 * enqueued = handled + rejected + dropped + expired + dead + inFlight holds at every moment. The first six are counted
 * when they happen and `inFlight` is read from the mailboxes themselves; `unexplained` is the difference, so it is 0
 * unless the runtime lost or invented a message.
 */
export interface MessageCounters {
  /** Offered, whatever became of it. */
  readonly enqueued: number;
  /** Handed to a handler, whether it returned or threw; for a reply: delivered to its ask. */
  readonly handled: number;
  /** Refused by a full mailbox with policy "reject". */
  readonly rejected: number;
  /** Discarded by a full mailbox with policy "drop-newest" or "drop-oldest". */
  readonly dropped: number;
  /** Came too late: a question after its deadline, a reply without an ask, a timer message that was cancelled. */
  readonly expired: number;
  /** Had no actor to handle it; also seen as dead letters. */
  readonly dead: number;
  /** Waiting in mailboxes now. */
  readonly inFlight: number;
  readonly unexplained: number;
}

/** How long the handlers of an actor took. Wall time where a handler returned, virtual time where it waited. */
export interface HandlerLatency {
  /** Null: it declares none, and only its waiting is watched. */
  readonly budgetMs: number | null;
  /** Messages that took longer than the budget, and how many longer than the system's `stuckMs`, which count here alone. */
  readonly busy: number;
  readonly stuck: number;
  /** Turns of several messages that took longer than the budget together, so that one of them may have. */
  readonly longTurns: number;
  /** Longest seen: handlers that waited, and those measured one by one. */
  readonly longestMs: number;
}

/** "busy": waiting for the promise of its handler. "suspended": by an operator. "waiting-restart": ended, its parent has not decided or backs off. */
export type ActorState = "running" | "busy" | "suspended" | "waiting-restart";

export interface ActorSnapshot {
  readonly id: number;
  readonly path: string;
  readonly type: string;
  readonly parent: string | null;
  readonly state: ActorState;
  /** A supervisor's strategy; null for everyone else. */
  readonly strategy: string | null;
  /** Messages waiting, control lanes excluded. */
  readonly mailbox: number;
  readonly mailboxCapacity: number;
  readonly handled: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly restarts: number;
  /** Why the last incarnation ended, in words. */
  readonly lastExit: string | null;
}

/** Why a message became a dead letter. */
export type DeadLetterReason =
  /** The actor had stopped for good. */
  | "stopped"
  /** It waited in a mailbox when its actor stopped for good. */
  | "left-behind"
  /** It waited in a mailbox that is emptied on restart. */
  | "restart"
  /** The actor has no handler for messages. */
  | "unhandled";

export interface DeadLetter {
  readonly time: Micros;
  readonly path: string;
  /** The message's `kind`, else its JavaScript type. */
  readonly message: string;
  readonly reason: DeadLetterReason;
}

/** What a supervisor does when its restart budget is spent; see supervision/spec.ts. */
export type GiveUpAction = "escalate" | "isolate" | "safe-mode" | "halt";

/**
 * What a supervisor reports, OTP's contexts: a child did not start; ended by itself in a way that is not quiet; ended
 * otherwise than it was asked to; needed more restarts than its supervisor allows. The last two are not in OTP: an operator
 * took a child out of service or put it back.
 */
export type ReportContext =
  | "start-error"
  | "child-terminated"
  | "shutdown-error"
  | "intensity-reached"
  | "disabled"
  | "enabled";

export interface SupervisorReport {
  readonly context: ReportContext;
  /** In words. */
  readonly reason: string;
  /** The child's specification as plain data, `id` among it. */
  readonly child: Readonly<Record<string, unknown>>;
}

export type SystemEvent =
  | { readonly kind: "started"; readonly time: Micros; readonly path: string; readonly type: string }
  /** An incarnation ended by an error, a failed init or a kill. `restarts`: how often it had been restarted before. */
  | {
    readonly kind: "crashed";
    readonly time: Micros;
    readonly path: string;
    readonly reason: string;
    readonly restarts: number;
    readonly record: CrashRecord;
  }
  | { readonly kind: "restarted"; readonly time: Micros; readonly path: string; readonly restarts: number }
  /** The `init` of an actor said that it has nothing to do. */
  | { readonly kind: "ignored"; readonly time: Micros; readonly path: string }
  /** An incarnation ended, whatever the reason; one that crashed has been told of by "crashed" before. */
  | {
    readonly kind: "ended";
    readonly time: Micros;
    readonly path: string;
    readonly exit: ExitReason["kind"];
    readonly reason: string;
  }
  /** A supervisor reports on a child; `path` is the supervisor's. */
  | { readonly kind: "report"; readonly time: Micros; readonly path: string } & SupervisorReport
  /** The actor is gone for good. */
  | { readonly kind: "stopped"; readonly time: Micros; readonly path: string; readonly reason: string }
  | {
    readonly kind: "gave-up";
    readonly time: Micros;
    readonly path: string;
    readonly onGiveUp: GiveUpAction;
    readonly reason: string;
  }
  /** A child did not stop within its shutdown time and was killed. */
  | { readonly kind: "overran"; readonly time: Micros; readonly path: string; readonly shutdownMs: number }
  | {
    readonly kind: "dead-letter";
    readonly time: Micros;
    readonly path: string;
    readonly message: string;
    readonly reason: DeadLetterReason;
  }
  /**
   * A message took longer than its actor's budget, or than the system's bound for being stuck. "wall": seen when its handler
   * had returned, differs from run to run. "virtual": seen while it waits.
   */
  | {
    readonly kind: "busy" | "stuck";
    readonly time: Micros;
    readonly path: string;
    /** The message's `kind`, else its JavaScript type. */
    readonly message: string;
    readonly boundMs: number;
    readonly tookMs: number;
    readonly measured: "wall" | "virtual";
  }
  /** An operator took hold of an actor, see debug.ts. */
  | {
    readonly kind: "suspended" | "resumed";
    readonly time: Micros;
    readonly path: string;
    readonly by: string;
  }
  /** Likewise; `before` and `after` are what the actor shows of its state. */
  | {
    readonly kind: "state-replaced";
    readonly time: Micros;
    readonly path: string;
    readonly by: string;
    readonly before: unknown;
    readonly after: unknown;
  }
  /** A state that was to be replaced when the actor's message was done was not. */
  | {
    readonly kind: "state-not-replaced";
    readonly time: Micros;
    readonly path: string;
    readonly by: string;
    readonly reason: string;
  }
  /** A listener of these events threw; it was unsubscribed. */
  | { readonly kind: "listener-failed"; readonly time: Micros; readonly reason: string };

export interface SystemEvents {
  /** Events are delivered in order between turns, never inside a handler. Returns the unsubscription. */
  subscribe(listener: (event: SystemEvent) => void): () => void;
}
