/** What is known of a message beside its content: here, and on its way between nodes. */
import type { Micros } from "./time.ts";

/** Where a message stands in the chain of causes. */
export interface MessageEnvelope {
  /** Unique and rising in its system and epoch; so it also orders what one sender sent. */
  readonly id: number;
  /** The message whose handling sent this one; 0: it came from outside. */
  readonly cause: number;
  /** The message from outside that began the chain; its own id if it came from outside itself. */
  readonly root: number;
  /** Path of the actor that sent it, null from outside or when that actor is gone. */
  readonly sender: string | null;
  /** When an answer is no longer awaited; Infinity for what is not a question. */
  readonly deadline: Micros;
  /** How often the system has begun anew, as its owner counts it. */
  readonly epoch: number;
  /** What the actor that handles the message says its messages are; null when it does not. */
  readonly schema: MessageSchema | null;
  /** What it was called on the node that it came from; null for a message of this node. */
  readonly origin: WireEnvelope | null;
}

/** The description that the messages of an actor agree with. */
export interface MessageSchema {
  readonly id: string;
  /** Raised with every change of the messages. */
  readonly version: number;
}

/** The envelope of a message between two nodes, see envelope.ts. */
export interface WireEnvelope {
  /** Name of the node that the message comes from, and how often it has begun anew. */
  readonly node: string;
  readonly epoch: number;
  /** Path of the sender on its node; null: nobody there, or gone. */
  readonly sender: string | null;
  /** Counts from 1, without a gap, what this sender sent through this door in this epoch. */
  readonly sequence: number;
  /** Ids on that node, see MessageEnvelope. */
  readonly id: number;
  readonly cause: number;
  readonly root: number;
  /** When an answer is no longer awaited; Infinity for what is not a question. */
  readonly deadline: Micros;
  /** Null where the actor that took the message declares none. */
  readonly schema: MessageSchema | null;
}
