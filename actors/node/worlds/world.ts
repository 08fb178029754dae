/** A world is where the orders go: a market and the venue it is traded on. */
import type { Config } from "../../../config/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";
import type { ChildSpec } from "../../../supervision/mod.ts";
import type { GuardianBooks } from "../../guardians/books.ts";
import type { Approval, Instrument } from "../../protocol/mod.ts";
import type { ReconciliationReport } from "../paper/reconcile.ts";
import type { VenuePort } from "../parts.ts";

export interface WorldParts {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly isApproved: Approval["isApproved"];
  /** Whether an order of `owner` in `instrument` may still enter: the second look at the control page. */
  readonly doorOpen: (owner: number, instrument: number) => boolean;
  readonly books: GuardianBooks;
}

export interface BuiltWorld {
  readonly venue: ChildSpec;
  readonly market: readonly ChildSpec[];
  readonly port: VenuePort;
  close(): Promise<void>;
}

/** The run that begins. */
export interface SettledRun {
  readonly dataDir: string;
  readonly run: number;
  readonly runPath: string;
  readonly instruments: readonly Instrument[];
}

export interface World {
  /** For the summary and the console, for example "simulated". */
  readonly name: string;
  /** Node time at which it begins. */
  readonly start: Micros;
  /** Market time between two samples of equity. */
  readonly sampleEvery: Micros;
  /** Whether orders reach a market where others trade with real money: then the firm starts killed. Absent: not. */
  readonly live?: boolean;
  /**
   * Of a market that outlives the node: asks it what became of the run before, before anything is built. Throws UserError
   * when it does not answer, or says what cannot be.
   */
  settle?(run: SettledRun): Promise<ReconciliationReport>;
  /** Likewise: opens the way to it, once everything is built. */
  connect?(): Promise<void>;
  /** What made its data end early, for the end of the run. */
  faults(): readonly Error[];
  build(parts: WorldParts): BuiltWorld;
}
