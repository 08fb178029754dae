/** What a thread that copies the log is asked for, and what it says. */
import type { SinkCode } from "./fault.ts";

export interface VerifiedUpTo {
  readonly records: number;
  /** Hexadecimal. */
  readonly root: string;
}

export interface RunFault {
  readonly run: number;
  readonly code: SinkCode;
  /** One sentence. */
  readonly sentence: string;
  /** It does not pass by itself. */
  readonly lasting: boolean;
}

export interface SinkReport {
  /** Of the run that is being written: records and bytes of the log that the sink has. */
  readonly records: number;
  readonly bytes: number;
  /** Whether it has everything that was sealed when it was asked. */
  readonly caughtUp: boolean;
  /** What was verified against a signed checkpoint last; null: nothing yet. */
  readonly verified: VerifiedUpTo | null;
  /** Whether something is being verified now. */
  readonly checking: boolean;
  /** Earlier runs that are not compared yet. */
  readonly waiting: number;
  readonly faults: readonly RunFault[];
}

export interface ReplicaPlaces {
  readonly dataDir: string;
  readonly replicaDir: string;
  /** The run that is being written. */
  readonly run: number;
}

export interface TopicPlaces {
  readonly dataDir: string;
  readonly run: number;
  /** Name of the node, as its checkpoints have it. */
  readonly node: string;
  readonly broker: string;
  readonly topic: string;
}

/** What is copied where. */
export type SinkPlan =
  | { readonly kind: "replica"; readonly places: ReplicaPlaces }
  | { readonly kind: "topic"; readonly places: TopicPlaces };

export interface LookOptions {
  /** Begin to verify what is there. */
  readonly verify: boolean;
  /** Wait until what is being verified is. */
  readonly settle: boolean;
}

/** What can be asked to look. Its faults are in the report; it throws none. */
export interface Sink extends AsyncDisposable {
  look(options: LookOptions): Promise<SinkReport>;
}

/** To the thread: first what to do, then one message for each look. */
export type SinkRequest = { readonly plan: SinkPlan } | { readonly look: LookOptions };
/** From it. */
export type SinkAnswer = { readonly report: SinkReport } | { readonly failed: string };
