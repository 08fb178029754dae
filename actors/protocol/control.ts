/** Control of the node: system mode, kill, re-arm. */
import type { Micros } from "../../runtime/mod.ts";
import type { ConcernReport } from "../../supervision/mod.ts";

export type { SystemMode } from "../../supervision/mod.ts";

export type ScopeStateName = "ACTIVE" | "REDUCE_ONLY" | "CANCEL_ONLY" | "KILLED";

/** What a scope may be made by one person: less than ACTIVE. */
export type Stricter = Exclude<ScopeStateName, "ACTIVE">;

/** From the loosest to the strictest; the place is the number on the control page. */
export const SCOPE_STATES: readonly ScopeStateName[] = ["ACTIVE", "REDUCE_ONLY", "CANCEL_ONLY", "KILLED"];

/** "firm", "organism:<id>" or "instrument:<symbol>". */
export type ScopeName = string;

/** A concern as a message to the mode controller. */
export interface Concern extends ConcernReport {
  readonly kind: "Concern";
  readonly time: Micros;
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
}
