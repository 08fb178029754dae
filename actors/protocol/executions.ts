/** What a venue answers, as batches of native records between guardian and venue, and as objects for everyone else. */
import type { Micros } from "../../runtime/mod.ts";
import type { OrderId, SideCode, StrategyId } from "./orders.ts";

/** Native `Execution` records, oldest first. The receiver owns the buffer. */
export interface ExecutionBatch {
  readonly kind: "ExecutionBatch";
  readonly venue: string;
  /** Number on the venue's stream to the guardian, see `stream.ts`. */
  readonly sequence: number;
  /** `count` records of 64 bytes. */
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** Reports that gate and log have, on their way from the guardian to surveillance. */
export interface RecordedExecutions {
  readonly kind: "RecordedExecutions";
  readonly venue: string;
  /** Number on the guardian's stream to surveillance, see `stream.ts`. */
  readonly sequence: number;
  /** Number of its first report; reports are counted from 1, without a gap, as they went on record. */
  readonly first: number;
  /** `count` records of 64 bytes, which several read. */
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Stopwatch reading when they were on record. */
  readonly stamp: number;
}

/** The guardian does not keep what surveillance asks for any more: the audit log alone has it. */
export interface RecordedForgotten {
  readonly kind: "RecordedForgotten";
  /** Last batch that is not kept. */
  readonly through: number;
}

/** FIX ExecType in words, in the order of the native `ExecType`. "rejected" covers the gate and the venue: `code` tells them apart (1xxx gate, 2xxx venue). */
export const EXECUTION_TYPES = [
  "new",
  "trade",
  "canceled",
  "replaced",
  "rejected",
  "cancel-rejected",
  "triggered",
  "expired",
  "restated",
] as const;

export type ExecutionType = typeof EXECUTION_TYPES[number];

export interface ExecutionReport {
  readonly kind: "ExecutionReport";
  readonly type: ExecutionType;
  readonly orderId: OrderId;
  readonly strategy: StrategyId;
  readonly instrument: number;
  readonly side: SideCode;
  /** Ticks: execution price for a trade, else the order's price. */
  readonly price: number;
  /** Lots: filled, entered or removed by this report; for "replaced" the new total, what has filled included. */
  readonly quantity: number;
  /** Lots still open (LeavesQty). */
  readonly leaves: number;
  readonly liquidity: "none" | "maker" | "taker";
  /** Stable code; 0 when nothing went wrong. */
  readonly code: number;
  /** Fee in money units (1e-8), negative for a rebate; 0 unless a trade. */
  readonly fee: number;
  readonly time: Micros;
  /** Position of the strategy in the instrument after this report, lots. */
  readonly position: number;
}

/** Where a strategy stands; the guardian's answer to AttachStrategy, so that a restarted organism starts from the truth. */
export interface PositionSnapshot {
  readonly kind: "PositionSnapshot";
  readonly strategy: StrategyId;
  /** [instrument, lots], flat ones left out. */
  readonly positions: readonly (readonly [instrument: number, lots: number])[];
  /** Of the orders asked about, those that the gate never decided on; absent: none. */
  readonly undecided?: readonly OrderId[];
  /**
   * Of the orders asked about, how many cancels and amendments of each have been decided on and are answered; those that
   * are no longer remembered are left out.
   */
  readonly changes?: readonly (readonly [order: OrderId, decided: number])[];
}
