/**
 * What an organism hears when its orders may pass the gate no more, or again. Sent in the urgent lane, one message for each
 * of its instruments. The gate needs nobody to obey it: this is so that whoever was stopped stops by himself as well.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { ScopeName, Stricter } from "./control.ts";
import type { StrategyId } from "./orders.ts";

interface Notice {
  readonly strategy: StrategyId;
  readonly instrument: number;
  /** Whose word it is: the strictest of those that concern the order, or "mode". */
  readonly scope: ScopeName | "mode";
  /** As it was given with the word. */
  readonly reason: string;
  readonly time: Micros;
}

/** Less than everything passes now. Repeated when the state, or whose it is, changes. */
export interface TradingHalted extends Notice {
  readonly kind: "TradingHalted";
  readonly state: Stricter;
  /** People are closing its positions: it must not trade beside them. The state is REDUCE_ONLY then. */
  readonly flattening: boolean;
}

/** Everything passes again. */
export interface TradingResumed extends Notice {
  readonly kind: "TradingResumed";
}

export type TradingNotice = TradingHalted | TradingResumed;

/** Whether an organism has to be still: it may neither open nor reduce. */
export const isStill = ({ state, flattening }: Pick<TradingHalted, "state" | "flattening">): boolean =>
  flattening || state === "CANCEL_ONLY" || state === "KILLED";
