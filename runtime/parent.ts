/**
 * What an actor needs to be a parent. For supervisors; other actors have no use for it.
 *
 * A child that ends tells its parent by a "child-exit" signal and then waits: its ref, names and mailbox stay. The
 * parent either starts it again under the same name or releases it. Without a `signal` handler in the parent, an ended
 * child is released at once.
 */
import type { ActorDef, ActorRef, ExitReason, Timers } from "./actor.ts";
import type { GiveUpAction, SupervisorReport } from "./introspection.ts";

/** What happens to waiting messages when an actor starts again. */
export type MailboxFate = "keep" | "dead-letter";

export interface Children<M> {
  /**
   * Runs `init` of the child now and returns its ref. If a child of that name ended and was not released, this is its
   * restart: same ref, next incarnation. An error thrown by `init` is thrown on, as is a name that is taken.
   * `standing` says what came of it.
   */
  start<C, A>(name: string, def: ActorDef<C, A>, args: A, mailbox?: MailboxFate): ActorRef<C>;
  /**
   * "opening": its start takes time; a "child-started" signal follows, or a "child-exit". "gone": it ended, or its `init`
   * returned IGNORE; a first start then leaves nothing, a restart an ended child that waits to be released.
   */
  standing(child: ActorRef<never>): "running" | "opening" | "gone";
  /**
   * For an actor whose own start depends on children that take time: called in `init`, it makes the actor count as opening,
   * with its handlers at work, until `opened`. If the start fails in between, end with the reason "init-failed".
   */
  defer(): void;
  opened(): void;
  /** Asks the child to end after its current message. */
  stop(child: ActorRef<never>, reason?: ExitReason): void;
  /** Ends the child ahead of everything else, even while it waits for a promise. */
  kill(child: ActorRef<never>): void;
  /** Lets an ended child go for good: names freed, waiting messages dead letters, monitors told. */
  release(child: ActorRef<never>): void;
  /** From now on a request to stop this actor is handed to `handler`, which must call `context.stop` in the end. */
  onStop(handler: (reason: ExitReason) => void): void;
  /** Timers whose messages ride the urgent lane, exempt from the mailbox bound. */
  readonly timers: Timers<M>;
  /** What the console shows as the strategy of this actor. */
  describe(strategy: string): void;
  /**
   * `show` says what a crash record of a child tells of its supervision: specification, budget left. It is asked at the
   * moment of the crash, before anything is decided.
   */
  explain(show: (child: ActorRef<never>) => unknown): void;
  /** Publishes a fact of supervision. */
  gaveUp(onGiveUp: GiveUpAction, reason: string): void;
  overran(child: ActorRef<never>, shutdownMs: number): void;
  report(report: SupervisorReport): void;
}
