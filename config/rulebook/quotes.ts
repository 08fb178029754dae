/** Rules 611 and 610(d) of Regulation NMS: no trading through a protected quotation, no locking or crossing one. */
import { datedRule, type Day, inForce } from "./regime.ts";

export interface QuoteRule {
  readonly tradeThrough: boolean;
  readonly lockOrCross: boolean;
}

export const QUOTES = datedRule<QuoteRule>("trade-through and locked markets", [
  {
    from: "2007-10-08",
    until: null,
    source:
      "17 CFR 242.611 and 242.610(d); rescission proposed on 17 June 2026 (Rel. 34-105655, 91 FR 36656), not final",
    evidence: "read",
    rule: { tradeThrough: true, lockOrCross: true },
  },
]);

/** Which of the two hold on `day`; null when that is not known. */
export function quoteRules(day: Day): QuoteRule | null {
  return inForce(QUOTES, day)?.rule ?? null;
}
