/**
 * What is written down when an actor ends by an error, a failed init or a kill: everything that is known about how it came
 * to that, as plain data that survives JSON.
 *
 * A record is a function of the run (seed, input and build) as long as what actors show is, so two runs of one seed crash
 * with equal records on any machine, and `replay` says where to stop a repetition to stand just before the crash.
 */
import type { Micros } from "./time.ts";
import type { TracedMessage } from "./trace.ts";

export interface CrashRecord {
  /** Counts the crashes of the system from 1. */
  readonly id: number;
  readonly time: Micros;
  readonly path: string;
  readonly type: string;
  /** 0 for the first life. */
  readonly incarnation: number;
  readonly reason: string;
  /** Name and sentence of the error's causes, outermost first. */
  readonly causes: readonly string[];
  /** Where it was thrown: the actor's own calls, with paths from the root of the sources; null without an error. */
  readonly stack: string | null;
  /** The native call that the error came out of, as the owner of the system sees it; null when none. */
  readonly nativeCall: string | null;
  /** The message being handled; null when it ended between messages. */
  readonly message: TracedMessage | null;
  /** What the actor shows of that message (`show`); null when it shows nothing. */
  readonly content: unknown;
  /** Why that message was sent, itself first, as far as mailboxes still keep it. */
  readonly why: readonly TracedMessage[];
  /** The latest messages it took, oldest first. */
  readonly latest: readonly TracedMessage[];
  readonly mailbox: {
    readonly waiting: number;
    readonly stashed: number;
    /** Waiting messages by kind. */
    readonly kinds: Readonly<Record<string, number>>;
  };
  /** Keys of its timers and when they were due. */
  readonly timers: readonly { readonly key: string; readonly due: Micros }[];
  /** Whose answer it awaited. */
  readonly awaited: readonly string[];
  readonly watchers: readonly string[];
  readonly children: readonly string[];
  readonly names: readonly string[];
  /** What its supervisor says: child specification, what is left of the restart budget. Null without one. */
  readonly supervision: unknown;
  /** What the actor showed of its state after the failure; null when it shows nothing or could not. */
  readonly state: unknown;
  /** The same before the message that failed, for actors that ask for it (`keepsState`). */
  readonly stateBefore: unknown;
  /** Facts about the system, such as build and configuration hash. */
  readonly facts: Readonly<Record<string, string>>;
  readonly replay: {
    readonly seed: number;
    readonly start: Micros;
    /** The message being handled; 0 between messages. */
    readonly message: number;
    /** Where the input and the logs stood, as the owner of the system counts them. */
    readonly position: Readonly<Record<string, number>>;
  };
}

/** What only the owner of a system knows of the moment of a crash. Asked for every record; what it throws is left out. */
export interface CrashWitness {
  /** The native call that the error came out of; null when none. */
  nativeCall?(error: Error): string | null;
  /** Where the input and the logs stand now, by name. */
  position?(): Readonly<Record<string, number>>;
}
