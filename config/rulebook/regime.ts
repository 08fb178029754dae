/**
 * Dated rules: a regulatory constant is valid from a day until the day its successor begins, and says where it was read.
 *
 * Nothing outside this folder states such a constant. Whoever applies one asks with the trading day, so a recording of
 * last year is judged by last year's rules, and a change of law is one more row.
 */

/** A calendar day of the exchange, "YYYY-MM-DD". Days compare as text. */
export type Day = string;

/** Whether the source was read, or the row rests on general knowledge and wants a second look before it is relied on. */
export type Evidence = "read" | "to-confirm";

/** One rule over one span of days. */
export interface Regime<R> {
  /** First day on which it holds. */
  readonly from: Day;
  /** First day on which it holds no more; null while no end is known. */
  readonly until: Day | null;
  /** Citation. */
  readonly source: string;
  readonly evidence: Evidence;
  readonly rule: R;
}

/** A series of regimes under one name: contiguous, oldest first. */
export interface DatedRule<R> {
  /** Short name for people and records, for example "tick size". */
  readonly name: string;
  readonly regimes: readonly Regime<R>[];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether `day` is a day of the calendar in this notation. */
export function isDay(day: string): boolean {
  if (!DAY.test(day)) return false;
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

/**
 * The series, checked: every day is a day, every span begins before it ends, and each begins where the one before it
 * ended. Throws an Error that names the series and the fault.
 */
export function datedRule<R>(name: string, regimes: readonly Regime<R>[]): DatedRule<R> {
  if (regimes.length === 0) throw new Error(`The rule "${name}" has no regime.`);
  regimes.forEach((regime, at) => {
    for (const day of [regime.from, regime.until]) {
      if (day !== null && !isDay(day)) throw new Error(`The rule "${name}" names "${day}", which is no day.`);
    }
    if (regime.until !== null && regime.until <= regime.from) {
      throw new Error(`The rule "${name}" has a regime that ends on ${regime.until}, before it begins.`);
    }
    const next = regimes[at + 1];
    if (next !== undefined && regime.until !== next.from) {
      throw new Error(
        `The rule "${name}" has a regime from ${next.from}, but the one before it ends on ${regime.until}.`,
      );
    }
  });
  return { name, regimes };
}

/**
 * The regime in force on `day`, or null when the rule did not hold then or `day` is no day. A check that gets null has
 * no rule to decide by, and decides what is safe.
 */
export function inForce<R>(rule: DatedRule<R>, day: Day): Regime<R> | null {
  if (!isDay(day)) return null;
  return rule.regimes.find(({ from, until }) => from <= day && (until === null || day < until)) ?? null;
}
