/** What is known after trade, as whoever watches over trading reads it: the execution feed, reconciliation, credit. */
import type { Micros } from "../../runtime/mod.ts";
import type { ExecutionType } from "./executions.ts";

/** One execution report of the feed. */
export interface ExecutionRow {
  /** From 1, without a gap, as it went on record. */
  readonly number: number;
  readonly venue: string;
  /** The venue's own number of it. */
  readonly venueSequence: number;
  readonly type: ExecutionType;
  readonly orderId: number;
  readonly organism: string;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly leaves: number;
  readonly liquidity: "none" | "maker" | "taker";
  readonly code: number;
  readonly time: Micros;
  /** Wall microseconds from its being on record to its delivery here. */
  readonly deliveredMicros: number;
}

export interface ExecutionPage {
  readonly items: readonly ExecutionRow[];
  /** Numbers that are at hand; 0 and 0 while there are none. */
  readonly oldest: number;
  readonly newest: number;
  /** Reports after the number asked for that are not at hand any more: the audit log has them. */
  readonly missed: number;
}

export interface FeedView {
  /** Reports delivered. */
  readonly delivered: number;
  readonly newest: number;
  /** Batches that are on record and have not been delivered. */
  readonly behind: number;
  /** Gaps seen, each of which was asked about. */
  readonly gaps: number;
  /** Reports that came too late to be kept for the feed: the audit log alone has them. */
  readonly lost: number;
  /** Wall time from on record to delivered, by the stopwatch. */
  readonly latency: { readonly p50Micros: number; readonly p99Micros: number; readonly maxMicros: number };
}

/** A difference between gate, books and drop copy that has not gone away. */
export interface FindingView {
  readonly id: string;
  readonly detail: string;
  readonly since: Micros;
  /** Whether it is within what is tolerated. */
  readonly tolerated: boolean;
}

export interface ReconciliationView {
  /** Comparisons since the node started, and when the last one was. */
  readonly compared: number;
  readonly last: Micros;
  /** Differences found since then. */
  readonly found: number;
  /** Those that have not gone away. */
  readonly open: readonly FindingView[];
  /** Reports that the venue told twice. */
  readonly repeated: number;
}

export interface CreditView {
  readonly scope: string;
  /** Money units: value of what is held and open, as executions say. */
  readonly exposure: number;
  /** Money units: credit, or capital where none is given. */
  readonly limit: number;
  /** Percent of the warning that stands; 0 for none. */
  readonly warned: number;
}

/** Told to the firm, and on record. */
export interface PostTradeAlert {
  readonly time: Micros;
  readonly alert: string;
  readonly text: string;
}

export interface PostTradeView {
  readonly feed: FeedView;
  readonly reconciliation: ReconciliationView;
  readonly credit: readonly CreditView[];
  /** Newest first. */
  readonly alerts: readonly PostTradeAlert[];
}

/** What the console may ask for. */
export interface PostTradePort {
  view(): PostTradeView;
  /** The oldest reports after `after` that are at hand. */
  executions(query: { readonly after: number; readonly limit: number }): ExecutionPage;
  /** Compares now and puts the outcome on record. */
  reconcile(who: string): ReconciliationView;
  /** Calls back when something was delivered. Returns the unsubscribe. */
  onDelivered(listener: () => void): () => void;
}
