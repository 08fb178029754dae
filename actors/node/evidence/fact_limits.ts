/** The limits among the facts that a gate is told ([controls] of a configuration), by name, as they stand on the log. */
import { FactKind } from "../../../ffi/layout.gen.ts";
import { FACT_VERSION } from "../../../ffi/mod.ts";

/** Numbers of a record, by field name. */
export type FactFields = Readonly<Record<string, number>>;

export interface FactLimit {
  readonly limit: string;
  /** In the unit of the limit; 0 lifts it. */
  readonly value: number;
  /** Instrument id; 65535 over all. */
  readonly instrument: number;
}

const OVER_ALL = 65_535;
const over = (limit: string, value: number, instrument = OVER_ALL): FactLimit => ({ limit, value, instrument });

/** Limits of a window have its length in their name, for there may be several. */
export const windowed = (limit: string, windowMs: number): string => `${limit}_in_${windowMs}_ms`;

const LIMITS: Readonly<Record<number, (fields: FactFields) => readonly FactLimit[]>> = {
  [FactKind.Pace]: ({ rate, cancelRate }) => [over("message_rate", rate), over("repeated_cancel_rate", cancelRate)],
  [FactKind.Burst]: ({ windowMs, instrument, maxOrders, maxLots, maxValue }) => [
    over(windowed("orders", windowMs), maxOrders, instrument),
    over(windowed("lots", windowMs), maxLots, instrument),
    over(windowed("value", windowMs), maxValue, instrument),
  ],
  [FactKind.Throttle]: ({ windowMs, maxExecutions }) => [over(windowed("executions", windowMs), maxExecutions)],
  [FactKind.Parents]: ({ maxParent, maxBasket }) => [over("max_parent", maxParent), over("max_basket", maxBasket)],
  [FactKind.Soft]: ({ maxQuantity, maxValue, maxAwayBps }) => [
    over("warn_quantity", maxQuantity),
    over("warn_value", maxValue),
    over("warn_away_bps", maxAwayBps),
  ],
  [FactKind.Capital]: ({ credit, maxLoss, concentrationBps }) => [
    over("credit", credit),
    over("max_loss", maxLoss),
    over("concentration_bps", concentrationBps),
  ],
  [FactKind.FactorLimit]: ({ factor, limit, active }) => [over(`sum_${factor}`, active === 1 ? limit : 0)],
};

/** What a LimitsSet record of this version limits, if it is a fact that does. */
export const limitsOfFact = (version: number, fields: FactFields): readonly FactLimit[] =>
  LIMITS[version - FACT_VERSION]?.(fields) ?? [];

/** Whether the record says how much a scope has earned or lost. */
export const isProfit = (version: number): boolean => version === FACT_VERSION + FactKind.Profit;
