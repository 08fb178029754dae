/** What can be told of a message that is kept: in traces, answers to "why", and crash records. */
import type { WireEnvelope } from "./message.ts";
import type { Micros } from "./time.ts";

/** An envelope as it is told: plain data that survives JSON, which knows no Infinity. */
export type TracedOrigin = Omit<WireEnvelope, "deadline"> & { readonly deadline: Micros | "none" };

/** One message with its place in the chain of causes, as a crash record or a debugger shows it. */
export interface TracedMessage {
  readonly id: number;
  /** The message's `kind`, else its JavaScript type. */
  readonly message: string;
  /** The message whose handling sent it; 0: from outside. */
  readonly cause: number;
  /** The message from outside that began the chain. */
  readonly root: number;
  /** Path of its sender; null from outside or when that actor is gone. */
  readonly sender: string | null;
  /** Path of the actor it was sent to. */
  readonly receiver: string;
  /** Still in the mailbox. */
  readonly waiting: boolean;
  /** What it was called on the node that it came from, if that is another one: there the chain goes on. */
  readonly origin?: TracedOrigin;
}
