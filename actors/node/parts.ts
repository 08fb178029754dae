/** What a running node is made of. Everything here outlives every actor. */
import type { Config } from "../../config/mod.ts";
import type { AuditLog, ControlPage, OrderGate } from "../../ffi/mod.ts";
import type { ActorSystem, Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import type { Depth, Instrument, StrategyId } from "../protocol/mod.ts";
import type { CrashLedger } from "./crash_ledger.ts";
import type { Curve } from "./curve.ts";
import type { ModeKeeper } from "./mode_keeper.ts";

/** The part of a venue that the node itself needs; the rest goes by messages. */
export interface VenuePort {
  depth(instrument: number, levels: number): Depth;
  /** Cancels what rests of an owner, at once and without a message; returns native Execution records. */
  cancelAll(
    scope: { readonly owner: number; readonly instrument?: number },
    time: Micros,
  ): { readonly records: Uint8Array<ArrayBuffer>; readonly count: number };
}

export interface OrganismPart {
  readonly id: string;
  readonly species: string;
  readonly strategy: StrategyId;
  /** Where its actor lives in the tree. */
  readonly path: string;
}

export interface NodeParts {
  readonly version: string;
  readonly config: Config;
  readonly feedName: string;
  readonly instruments: readonly Instrument[];
  readonly organisms: readonly OrganismPart[];
  readonly system: ActorSystem;
  readonly audit: AuditLog;
  readonly control: ControlPage;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly curves: ReadonlyMap<StrategyId, Curve>;
  readonly mode: ModeKeeper;
  readonly crashes: CrashLedger;
  readonly venue: VenuePort;
  readonly startedWall: string;
  /** Stopwatch reading at the start. */
  readonly startedStamp: number;
  /** Wall nanoseconds since the epoch, for stamps on the control page. */
  readonly wallNanos: () => number;
  /** Runs a task after wall milliseconds, outside the actors. */
  readonly afterWall: (millis: number, task: () => void) => void;
  /** Looks at the control page now. */
  readonly noticeControl: () => void;
  /** Tells the mode rule that an operator re-armed the firm. */
  readonly rearmMode: () => void;
}
