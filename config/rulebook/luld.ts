/**
 * Limit up, limit down: the bands outside which an NMS stock may not trade in regular hours.
 *
 * The bands that count are those the securities information processor sends. These are for checking them, and for markets
 * that have no processor: simulated ones.
 */
import { CENT, DOLLAR, type Micros, price } from "./price.ts";
import { datedRule, type Day, inForce } from "./regime.ts";

/** 1: S&P 500, Russell 1000 and listed funds. 2: every other NMS stock but rights and warrants. */
export type Tier = 1 | 2;

/** Minutes after midnight, Eastern time. */
export type MinuteOfDay = number;

const OPEN: MinuteOfDay = 9 * 60 + 30;
const CLOSE: MinuteOfDay = 16 * 60;

/** Where the parameters are doubled. */
export interface Doubling {
  readonly from: MinuteOfDay;
  readonly until: MinuteOfDay;
  /** Whether Tier 2 above three dollars is doubled too. */
  readonly tier2Above3: boolean;
}

export interface LuldRule {
  /** Percent above three dollars, by tier. */
  readonly above3: Readonly<Record<Tier, number>>;
  /** Percent from 0.75 to 3 dollars. */
  readonly from75Cents: number;
  /** Below 0.75 dollars: the lesser of this amount and this percentage. */
  readonly below75Cents: { readonly amount: Micros; readonly percent: number };
  readonly doubled: readonly Doubling[];
  /** Seconds a limit state may last before trading pauses, and how long the pause is. */
  readonly limitStateSeconds: number;
  readonly pauseMinutes: number;
  /** The reference is the mean of trades over this long, and moves when it has changed by this much. */
  readonly referenceMinutes: number;
  readonly referenceMovesByPercent: number;
}

const COMMON = {
  above3: { 1: 5, 2: 10 },
  from75Cents: 20,
  below75Cents: { amount: 15 * CENT, percent: 75 },
  limitStateSeconds: 15,
  pauseMinutes: 5,
  referenceMinutes: 5,
  referenceMovesByPercent: 1,
} as const;

const AT_THE_CLOSE = { from: CLOSE - 25, until: CLOSE } as const;

export const LULD = datedRule<LuldRule>("limit up, limit down", [
  {
    from: "2013-04-08",
    until: "2019-04-11",
    source: "LULD Plan, pilot, Appendix A: doubled from 9:30 to 9:45 and from 15:35 to 16:00",
    evidence: "to-confirm",
    rule: {
      ...COMMON,
      doubled: [
        { from: OPEN, until: OPEN + 15, tier2Above3: true },
        { ...AT_THE_CLOSE, tier2Above3: true },
      ],
    },
  },
  {
    from: "2019-04-11",
    until: null,
    source:
      "LULD Plan, permanent since 11 April 2019; Amendment 18 (83 FR 66464) ended doubling at the open for all and at " +
      "the close for Tier 2 above 3 dollars",
    evidence: "read",
    rule: { ...COMMON, doubled: [{ ...AT_THE_CLOSE, tier2Above3: false }] },
  },
]);

/** Lowest and highest price at which a stock may trade. */
export interface Bands {
  readonly lower: Micros;
  readonly upper: Micros;
}

export interface BandsInput {
  readonly tier: Tier;
  /** Mean price of the trades of the last five minutes. */
  readonly reference: Micros;
  /** Close of the day before on the primary exchange: decides which percentage applies. Default: the reference. */
  readonly previousClose?: Micros;
  readonly minute: MinuteOfDay;
  readonly day: Day;
}

/**
 * The bands before and after rounding to the cent; null outside regular hours and on days without a rule. With a price
 * below 0.75 doubled, the lower band is never below zero.
 */
export function luldBands(input: BandsInput): { readonly exact: Bands; readonly rounded: Bands } | null {
  const rule = inForce(LULD, input.day)?.rule;
  if (rule === undefined || input.minute < OPEN || input.minute >= CLOSE) return null;
  const reference = price(input.reference);
  const away = distance(rule, input, price(input.previousClose ?? reference), reference);
  const exact = { lower: Math.max(0, reference - away), upper: reference + away };
  return { exact, rounded: { lower: toCent(exact.lower), upper: toCent(exact.upper) } };
}

function distance(rule: LuldRule, { tier, minute }: BandsInput, close: Micros, reference: Micros): Micros {
  const above3 = close > 3 * DOLLAR;
  const spans = rule.doubled.filter(({ from, until }) => minute >= from && minute < until);
  const times = spans.some(({ tier2Above3 }) => tier === 1 || !above3 || tier2Above3) ? 2 : 1;
  if (above3) return percentOf(reference, rule.above3[tier] * times);
  if (close >= 75 * CENT) return percentOf(reference, rule.from75Cents * times);
  const { amount, percent } = rule.below75Cents;
  return Math.min(amount * times, percentOf(reference, percent * times));
}

/** Halves of a millionth go up. */
function percentOf(amount: Micros, percent: number): Micros {
  return Math.floor((amount * percent + 50) / 100);
}

/** The nearest cent, halves up. */
function toCent(amount: Micros): Micros {
  return Math.floor((amount + CENT / 2) / CENT) * CENT;
}
