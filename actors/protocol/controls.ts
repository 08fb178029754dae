/**
 * What people see of the controls: the tree of scopes with what each uses of its limits, what the gate refused and when,
 * and the facts it goes by. The rules that page and node must agree on (how full a limit is, which state is the strictest)
 * are here, as pure functions.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { Principal } from "./access.ts";
import type { ScopeStateName, SystemMode } from "./control.ts";
import type { FlattenCommand, FlattenRun, FlattenView } from "./flatten.ts";
import type { LimitRef, LimitRow, LimitsCommand, LimitsReply, LimitsView, LimitValue } from "./limits.ts";

/** Shares of a limit, in percent, at which its use is worth a warning. */
export const WARNING_LEVELS = [50, 75, 85, 90, 95] as const;
export type WarningLevel = typeof WARNING_LEVELS[number];
/** 0: below all of them. */
export type UseLevel = 0 | WarningLevel;

/** Used part of a limit, 1 when it is used up; null where no use is counted or there is no limit. */
export function shareOf(used: number | null, value: LimitValue): number | null {
  if (used === null || value === null) return null;
  const limit = Number(value);
  if (limit > 0) return used / limit;
  return used > 0 ? 1 : 0;
}

export function levelOf(share: number | null): UseLevel {
  // Not share * 100: 0.85 * 100 is below 85.
  return share === null ? 0 : WARNING_LEVELS.findLast((level) => share >= level / 100) ?? 0;
}

/** From the mildest to the strictest. */
const STATES: readonly ScopeStateName[] = ["ACTIVE", "REDUCE_ONLY", "CANCEL_ONLY", "KILLED"];

export function strictest(states: readonly ScopeStateName[]): ScopeStateName {
  return STATES[Math.max(0, ...states.map((state) => STATES.indexOf(state)))];
}

/** What a mode means for every scope. */
export function stateOfMode(mode: SystemMode): ScopeStateName {
  return mode === "FullPerformance" ? "ACTIVE" : mode === "SafeMode" ? "REDUCE_ONLY" : "KILLED";
}

export type ControlScopeKind = "firm" | "customer" | "account" | "organism" | "instrument";

/** Of a limit, and how full it is. */
export interface LimitUse extends LimitRow {
  /** See `shareOf`. */
  readonly share: number | null;
  readonly level: UseLevel;
  /** False for what the configuration alone sets. */
  readonly changeable: boolean;
}

export interface ScopeTotals {
  readonly openOrders: number;
  /** Money units (1e-8), filled and open, worst case. */
  readonly gross: number;
  readonly netLong: number;
  readonly netShort: number;
}

export interface ControlScope {
  readonly name: string;
  readonly kind: ControlScopeKind;
  readonly parent: string | null;
  /** Its own; null where a scope has no switch of its own. */
  readonly state: ScopeStateName | null;
  /** The strictest of its own, of those above and of the mode. */
  readonly effective: ScopeStateName;
  /** Null for an instrument, which is no node of the tree. */
  readonly totals: ScopeTotals | null;
  readonly limits: readonly LimitUse[];
}

/** A limit whose use reached a level from below. */
export interface EarlyWarning extends LimitRef {
  readonly level: WarningLevel;
  readonly used: number;
  readonly value: LimitValue;
  readonly unit: string;
  /** Node clock. */
  readonly time: Micros;
  /** Wall milliseconds. */
  readonly at: number;
  /** One sentence. */
  readonly text: string;
}

export interface ControlTree {
  /** Of the configuration in force. */
  readonly hash: string;
  /** Parents before their children, instruments last. */
  readonly scopes: readonly ControlScope[];
  /** Newest first. */
  readonly warnings: readonly EarlyWarning[];
}

/** Refusals of the gate by code over market time; the counts of a code add up to all since the start. */
export interface RejectSeries {
  /** Length of one step. */
  readonly every: Micros;
  /** Start of each step, ascending, without gaps. */
  readonly times: readonly Micros[];
  /** Most refusals first. */
  readonly codes: readonly {
    readonly code: number;
    readonly name: string;
    readonly sentence: string;
    readonly total: number;
    /** One for each of `times`. */
    readonly counts: readonly number[];
  }[];
}

/** What a check measures in, where that is always the same. */
export type CheckUnit = "lots" | "orders" | "money" | "ticks" | "nanoseconds" | "bp" | "messages" | "trades" | "";

export interface Refusal {
  /** The gate's own count of decisions. */
  readonly sequence: number;
  /** Index of the decision in the audit log. */
  readonly auditIndex: number;
  readonly time: Micros;
  readonly orderId: number;
  readonly organism: string;
  /** Null where a command is about all of them. */
  readonly instrument: string | null;
  readonly code: number;
  readonly codeName: string;
  readonly sentence: string;
  /** Name of the check that decided, as `gateChecks` lists it. */
  readonly check: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: CheckUnit;
  /** Whose limit it was. */
  readonly scope: string;
}

/** "ends-soon": within a week. */
export type FactState = "in-force" | "ends-soon" | "ended";

interface Lasting {
  /** Node clock; null: never. */
  readonly until: Micros | null;
  readonly state: FactState;
}

/** What the gate was told beside limits and prices, as configured, and what it latched. */
export interface FactsInForce {
  readonly time: Micros;
  /** `instrument` null: of every order. */
  readonly demands: readonly { readonly instrument: string | null; readonly demands: readonly string[] }[];
  /** Until when the restricted and borrow lists count; null when nothing says so. */
  readonly lists: Lasting | null;
  readonly mandates: readonly ({ readonly organism: string; readonly venues: readonly number[] } & Lasting)[];
  readonly restrictions: readonly ({
    readonly scope: string;
    /** One of the two is set. */
    readonly symbol: string | null;
    readonly issuer: number | null;
    readonly sides: "both" | "buys" | "sells";
    readonly list: number;
  } & Lasting)[];
  readonly locates: readonly ({
    readonly account: string;
    readonly symbol: string;
    readonly quantity: number;
    readonly locate: number;
  } & Lasting)[];
  /** Scopes that the gate refused because they are latched, since when, and how many orders of theirs. */
  readonly latches: readonly {
    readonly scope: string;
    readonly codeName: string;
    readonly sentence: string;
    readonly since: Micros;
    readonly refusals: number;
  }[];
}

/** What the console may ask of the controls. */
export interface ControlsPort {
  view(): LimitsView;
  tree(): ControlTree;
  rejects(): RejectSeries;
  /** Newest first. */
  refusals(limit: number): readonly Refusal[];
  facts(): FactsInForce;
  flattens(): FlattenView;
  /** Throws UserError with the code of the refusal. */
  flatten(principal: Principal, command: FlattenCommand, from: string): Promise<FlattenRun>;
  /** Throws UserError with the code of the refusal. */
  request(principal: Principal, command: LimitsCommand, from: string): Promise<Extract<LimitsReply, { ok: true }>>;
}
