/** What a running node is made of. Everything here outlives every actor. */
import type { Config } from "../../config/mod.ts";
import type { AuditLog, ControlPage, OrderGate } from "../../ffi/mod.ts";
import type { ActorSystem, Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import type { ApprovedBatch, Depth, ExecutionBatch, Instrument, KilledElsewhere, StrategyId } from "../protocol/mod.ts";
import type { AttestationView, SinkView } from "../protocol/mod.ts";
import type { Breakers } from "./breakers.ts";
import type { CrashLedger } from "./crash_ledger.ts";
import type { RearmDesk } from "../controls/mod.ts";
import type { Curve } from "./curve.ts";
import type { ModeKeeper } from "./mode_keeper.ts";

/** Native Execution records, oldest first. */
export interface VenueReports {
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** The part of a venue that the node itself needs; the rest goes by messages. */
export interface VenuePort {
  depth(instrument: number, levels: number): Depth;
  /** Cancels what rests of an owner, at once and without a message. */
  cancelAll(scope: { readonly owner: number; readonly instrument?: number }, time: Micros): VenueReports;
  /** Carries an approved batch out, likewise. */
  enter(batch: ApprovedBatch, time: Micros): VenueReports;
  readonly link: {
    /** Number of the last approved batch that was entered. */
    readonly entered: number;
    /** Whether to enter the batch now; it then counts as entered. */
    takesDirectly(batch: ApprovedBatch): boolean;
    /** What it told the guardian after batch `after`. */
    unheard(after: number): readonly ExecutionBatch[];
  };
}

export interface OrganismPart {
  readonly id: string;
  readonly species: string;
  readonly strategy: StrategyId;
  /** Where its actor lives in the tree. */
  readonly path: string;
}

/** Makes a scope stricter on all other nodes; undefined where there are none. */
export type SpreadKill = (
  scope: string,
  state: 1 | 2 | 3,
  reason: string,
  who: string,
) => Promise<KilledElsewhere | undefined>;

export interface NodeParts {
  readonly version: string;
  readonly config: Config;
  readonly feedName: string;
  readonly instruments: readonly Instrument[];
  readonly organisms: readonly OrganismPart[];
  readonly system: ActorSystem;
  readonly audit: AuditLog;
  /** Copies of the log elsewhere. */
  readonly sinks: () => readonly SinkView[];
  readonly attestations: () => readonly AttestationView[];
  readonly control: ControlPage;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly curves: ReadonlyMap<StrategyId, Curve>;
  readonly mode: ModeKeeper;
  readonly crashes: CrashLedger;
  /** Raised by every change of limits, of what waits, and by every early warning. */
  readonly controlChanges: () => number;
  readonly breakers: Breakers;
  readonly venue: VenuePort;
  readonly startedWall: string;
  /** Stopwatch reading at the start. */
  readonly startedStamp: number;
  /** Wall nanoseconds since the epoch, for stamps on the control page. */
  readonly wallNanos: () => number;
  /** Runs a task after wall milliseconds, outside the actors. */
  readonly afterWall: (millis: number, task: () => void) => void;
  readonly rearm: RearmDesk;
  /** Looks at the control page now. */
  readonly noticeControl: () => void;
  /** Tells the mode rule that an operator re-armed the firm. */
  readonly rearmMode: () => void;
  /** Absent: this node is none among others. */
  readonly spreadKill?: SpreadKill;
}
