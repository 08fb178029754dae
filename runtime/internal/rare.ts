/** What only few actors ever need of their cell. */
import type { ActorRef, ExitReason, Signal } from "../actor.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Ring } from "./ring.ts";

/** A message set aside by its actor, with its place in the chain of causes. */
export interface Stashed {
  readonly message: unknown;
  readonly numbers: readonly number[];
}

/** A state that an operator gave a busy actor. */
export interface Replacement {
  readonly state: unknown;
  readonly by: string;
}

/** The incarnation that set a monitor, as far as the one that is watched needs it. */
export interface Watcher {
  readonly cell: { readonly path: string; signal(signal: Signal): void };
}

/** What is told when a message has been handled. */
export interface Finishing {
  done(): void;
  crashed(): void;
}

/** See `Seldom`. */
export class Rare {
  rejected = 0;
  dropped = 0;
  expired = 0;
  dead = 0;
  urgentLane: Mailbox | null = null;
  signals: Ring<Signal> | null = null;
  pendingKill: ExitReason | null = null;
  /** Asked by others; the actor's parent role may take it over. */
  pendingStop: ExitReason | null = null;
  batch: unknown[] | null = null;
  /** The envelopes of the batch being handled, where it has any. */
  carried: Finishing[] | null = null;
  /** After this promise outlived the driver's patience once, time no longer waits for it. */
  patienceSpent = false;
  strategy: string | null = null;
  names: string[] | null = null;
  /** Monitors on this actor and who set them, in order. */
  watchers: Map<number, Watcher> | null = null;
  /** Set aside by `stash`, oldest first. */
  stash: Stashed[] | null = null;
  /** Where the waiting message of each key stands, for mailboxes that coalesce. */
  keyed: Map<unknown, number> | null = null;
  suspended = false;
  /** To be taken over when the message being handled is done. */
  replacement: Replacement | null = null;
  /** 1 when the batch being handled ended at a message that had expired. */
  trailing = 0;
  /** Of a supervisor: what it adds to the crash record of a child. */
  supervision: ((child: ActorRef<never>) => unknown) | null = null;
  /** The state shown before the message being handled, for actors that keep it. */
  stateBefore: unknown = null;
}

/** The mailbox of an actor whose definition says that an overflow is a crash was full. */
export class MailboxOverflow extends Error {
  override readonly name = "MailboxOverflow";

  constructor(path: string, capacity: number) {
    super(`the mailbox of ${path} is full with ${capacity} messages`);
  }
}

/** Throws a sentence unless `value` may bound something of the actor. */
export function checkBound(cell: { readonly path: string }, what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(`${what} of ${cell.path} is a whole number of messages above 0, not ${value}.`);
}
