/** A ref that leads out of this system, as asks and monitors see it; what is behind it is in `remote/`. */
import type { AskFailure, ExitReason, Remote, TellResult } from "../actor.ts";
import type { ActorCell, Envelope } from "./cell.ts";

/** A question that is put to an actor on another node: its envelope on the way out, and where the answer is awaited. */
export interface Asked extends Envelope {
  readonly id: number;
  /** What is sent in its place. */
  message: unknown;
  /** Null: it comes from outside every actor. */
  readonly asker: { readonly cell: ActorCell | null };
  /** Whether somebody still waits for the answer. */
  readonly awaited: boolean;
  /** What its deadline means; "timeout" once the question has left the node. */
  whenLate: AskFailure;
  tell(answer: unknown): TellResult;
  fail(failure: AskFailure, path?: readonly string[]): void;
}

export abstract class FarRef implements Remote<unknown> {
  abstract readonly path: string;
  abstract tell(message: unknown): TellResult;
  /** Puts a question whose answer and failures go to `asked`. Throws for one that may not leave. */
  abstract put(question: unknown, asked: Asked): void;
  /** Calls `down` once, when the actor has ended, is lost or was never found; returns how to take that back. */
  abstract watch(down: (reason: ExitReason) => void): () => void;
}
