/** Minimum pricing increments of NMS stocks, Rule 612. */
import { CENT, DOLLAR, type Micros, price } from "./price.ts";
import { datedRule, type Day, inForce } from "./regime.ts";

export interface TickTable {
  /** Below this price quotations have `subDollar` steps. */
  readonly fineBelow: Micros;
  readonly subDollar: Micros;
  readonly step: Micros;
  /** Stocks quoted so narrowly have steps of `narrowStep`; null where the rule knows no such class. */
  readonly narrow: { readonly spreadUpTo: Micros; readonly step: Micros } | null;
}

const PENNY: TickTable = { fineBelow: DOLLAR, subDollar: CENT / 100, step: CENT, narrow: null };

export const TICK_SIZES = datedRule<TickTable>("tick size", [
  {
    from: "2006-01-31",
    until: "2026-11-02",
    source: "17 CFR 242.612 of 2005; its amendment of 2024 stayed, then exempted until November 2026",
    evidence: "read",
    rule: PENNY,
  },
  {
    from: "2026-11-02",
    until: null,
    source: "17 CFR 242.612 as amended by Rel. 34-101070; the day follows from the exemptive order of 2025 (90 FR)",
    evidence: "to-confirm",
    rule: { ...PENNY, narrow: { spreadUpTo: 1.5 * CENT, step: CENT / 2 } },
  },
]);

/**
 * The step of a quotation at `at` on `day`, or null when no rule is known for the day. `averageSpread` is the stock's
 * time-weighted average quoted spread of the evaluation period (January to March for May to October, July to September
 * for November to April); null when it is not known, which keeps the wider step.
 */
export function tickSize(at: Micros, averageSpread: Micros | null, day: Day): Micros | null {
  const table = inForce(TICK_SIZES, day)?.rule;
  if (table === undefined) return null;
  if (price(at) < table.fineBelow) return table.subDollar;
  const narrow = table.narrow !== null && averageSpread !== null && averageSpread <= table.narrow.spreadUpTo;
  return narrow ? table.narrow!.step : table.step;
}
