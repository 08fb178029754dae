/** Round lots of NMS stocks: how many shares a protected quotation needs, by the average closing price. */
import { DOLLAR, type Micros, price } from "./price.ts";
import { datedRule, type Day, inForce } from "./regime.ts";

/** Steps by price, cheapest first: up to and including `upTo` a round lot has `shares`. */
export interface RoundLotTable {
  readonly steps: readonly { readonly upTo: Micros; readonly shares: number }[];
  /** Shares above the last step. */
  readonly above: number;
}

export const ROUND_LOTS = datedRule<RoundLotTable>("round lot", [
  {
    from: "2007-10-08",
    until: "2025-11-03",
    source: "17 CFR 242.600, round lot as the listing exchange sets it: 100 shares but for a handful of stocks",
    evidence: "to-confirm",
    rule: { steps: [], above: 100 },
  },
  {
    from: "2025-11-03",
    until: null,
    source: "17 CFR 242.600(b)(93); UTP vendor alert of October 2025: in force since 3 November 2025",
    evidence: "read",
    rule: {
      steps: [
        { upTo: 250 * DOLLAR, shares: 100 },
        { upTo: 1_000 * DOLLAR, shares: 40 },
        { upTo: 10_000 * DOLLAR, shares: 10 },
      ],
      above: 1,
    },
  },
]);

/**
 * Shares of a round lot on `day` for a stock whose average close of the evaluation month (March for May to October,
 * September for November to April) is `averageClose`; null when no rule is known for the day.
 */
export function roundLot(averageClose: Micros, day: Day): number | null {
  const table = inForce(ROUND_LOTS, day)?.rule;
  if (table === undefined) return null;
  const close = price(averageClose);
  return table.steps.find(({ upTo }) => close <= upTo)?.shares ?? table.above;
}
