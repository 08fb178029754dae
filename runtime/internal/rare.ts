/** What only few actors ever need of their cell. */
/** A message set aside by its actor, with its place in the chain of causes. */
export interface Stashed {
  readonly message: unknown;
  readonly numbers: readonly number[];
}

/** See `ActorCell.rare`. */
export class Rare {
  /** Set aside by `stash`, oldest first. */
  stash: Stashed[] | null = null;
  /** Where the waiting message of each key stands, for mailboxes that coalesce. */
  keyed: Map<unknown, number> | null = null;
  suspended = false;
  /** 1 when the batch being handled ended at a message that had expired. */
  trailing = 0;
  /** Of a supervisor: what it adds to the crash record of a child. */
  supervision: ((child: string) => unknown) | null = null;
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
