/** Rule 201 of Regulation SHO: after a fall of a tenth a stock may be sold short only above the national best bid. */
import { type Micros, price } from "./price.ts";
import { datedRule, type Day, inForce } from "./regime.ts";

export interface ShortSaleRule {
  /** The breaker trips when the price is this many percent or more below the close of the day before. */
  readonly tripPercent: number;
  /** Trading days it holds after the one on which it tripped. */
  readonly furtherDays: number;
}

export const SHORT_SALES = datedRule<ShortSaleRule>("short-sale price test", [
  {
    from: "2011-02-28",
    until: null,
    source: "17 CFR 242.201; compliance since 28 February 2011; SEC staff FAQ on Rule 201",
    evidence: "read",
    rule: { tripPercent: 10, furtherDays: 1 },
  },
]);

/**
 * Whether `last` would trip the breaker. Advice for markets without a listing exchange's flag: where there is one, the
 * flag decides. Null on days without a rule.
 */
export function wouldTrip(last: Micros, previousClose: Micros, day: Day): boolean | null {
  const rule = inForce(SHORT_SALES, day)?.rule;
  if (rule === undefined) return null;
  return price(last) * 100 <= price(previousClose) * (100 - rule.tripPercent);
}

/**
 * Whether a short sale at `at` may be entered while the breaker is on: strictly above the best bid, unless marked exempt.
 * Without a best bid nothing says that it is above one: no. On days without a rule the answer is null.
 */
export function mayShort(at: Micros, bestBid: Micros | null, exempt: boolean, day: Day): boolean | null {
  if (inForce(SHORT_SALES, day) === null) return null;
  return exempt || (bestBid !== null && price(at) > price(bestBid));
}
