/** Control of the node: system mode, kill, re-arm. */
import type { Micros } from "../../runtime/mod.ts";
import type { ConcernReport } from "../../supervision/mod.ts";

export type { SystemMode } from "../../supervision/mod.ts";

export type ScopeStateName = "ACTIVE" | "REDUCE_ONLY" | "CANCEL_ONLY" | "KILLED";

/** What a scope may be made by one person: less than ACTIVE. */
export type Stricter = Exclude<ScopeStateName, "ACTIVE">;

/** From the loosest to the strictest; the place is the number on the control page. */
export const SCOPE_STATES: readonly ScopeStateName[] = ["ACTIVE", "REDUCE_ONLY", "CANCEL_ONLY", "KILLED"];

/** "firm", "customer:<id>", "account:<id>", "organism:<id>" or "instrument:<symbol>". */
export type ScopeName = string;

/** A concern as a message to the mode controller. */
export interface Concern extends ConcernReport {
  readonly kind: "Concern";
  readonly time: Micros;
}

/** What became of an order that was open when its scope was killed; "unknown" is for people to find out. */
export interface OrderEnd {
  readonly orderId: number;
  readonly strategy: number;
  readonly instrument: number;
  /** Lots it was for, and filled when the kill was noticed and at its end. */
  readonly quantity: number;
  readonly filledBefore: number;
  readonly filled: number;
  readonly end: "canceled" | "filled" | "expired" | "rejected" | "unknown";
}

/** One kill from the store of its word to its end, for the record. */
export interface Incident {
  readonly scope: ScopeName;
  readonly state: ScopeStateName;
  readonly who: string;
  readonly reason: string;
  readonly epoch: number;
  /** Wall nanoseconds at which it was asked for. */
  readonly requestedWall: number;
  /** Node time at which it was noticed, and nanoseconds from there to its end. */
  readonly noticed: Micros;
  readonly confirmedNanos: number;
  /** No decision numbered above this accepted. */
  readonly gateSequence: number;
  readonly cancelled: number;
  readonly unknown: number;
  /** Every order that the blotter knew to be open or on its way, in the order of their ids. */
  readonly orders: readonly OrderEnd[];
}

/** What a kill did, confirmed. */
export interface KillReport {
  readonly scope: ScopeName;
  readonly state: ScopeStateName;
  readonly epoch: number;
  /** Resting orders cancelled. */
  readonly cancelled: number;
  /** Orders whose end is not known yet. */
  readonly unknown: number;
  /** Wall nanoseconds from the request's store to the gate being shut (one store), and to the last confirmed cancel. */
  readonly gateShutNanos: number;
  readonly confirmedNanos: number;
  /** No decision numbered above this may accept. */
  readonly gateSequence: number;
  /** What became of it on the other nodes; absent where there are none. */
  readonly elsewhere?: KilledElsewhere;
}

/** Names of nodes, and sentences about brokers. */
export interface KilledElsewhere {
  readonly acknowledged: readonly string[];
  readonly silent: readonly string[];
  readonly failed: readonly string[];
}
