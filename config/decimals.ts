/**
 * Exact decimals: text as people and files write it, digits as BigInt, money as whole units of 1e-8 of the quote currency.
 *
 * On the ground, because configuration has to refuse a tick, lot or amount that no integer can hold. Prices and
 * quantities turn into ticks and lots in `actors/protocol/decimals.ts`.
 */

/** Money units in one unit of the quote currency. */
export const MONEY_SCALE = 100_000_000;

/**
 * malformed: not a decimal number. off-tick, off-lot: not a whole number of steps. out-of-range: more than 2^53 − 1
 * steps.
 */
export type DecimalFault = "malformed" | "off-tick" | "off-lot" | "out-of-range";

export class DecimalError extends Error {
  override readonly name = "DecimalError";
  constructor(readonly code: DecimalFault, message: string) {
    super(message);
  }
}

/** An exact decimal: digits · 10^−scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const PATTERN = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads "1438.359985", "-2", "1e-8". Throws DecimalError "malformed" for anything else, NaN and Infinity included. */
export function parseDecimal(text: string): Decimal {
  const match = PATTERN.exec(text.trim());
  if (match === null || text.length > 64) {
    throw new DecimalError("malformed", `"${text.slice(0, 64)}" is not a decimal number`);
  }
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  let digits = BigInt(whole + fraction);
  let scale = fraction.length - Number(exponent);
  if (scale < 0) {
    digits *= 10n ** BigInt(-scale);
    scale = 0;
  }
  return { digits: sign === "-" ? -digits : digits, scale };
}

/** A size of a step: a decimal above zero. Throws DecimalError "malformed". */
export function parseStep(step: string): Decimal {
  const parsed = parseDecimal(step);
  if (parsed.digits <= 0n) throw new DecimalError("malformed", `a step of "${step}" is not above zero`);
  return parsed;
}

/** A BigInt as a safe integer. Throws DecimalError "out-of-range" with `what` as its subject. */
export function toSafe(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new DecimalError("out-of-range", `${what} does not fit in 53 bits`);
  }
  return Number(value);
}

/** Plain notation with exactly `scale` decimals, for example "-0.010". */
export function formatDecimal({ digits, scale }: Decimal): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  return `${negative ? "-" : ""}${whole}${scale > 0 ? `.${text.slice(text.length - scale)}` : ""}`;
}

/**
 * Money units of one tick times one lot: exact, at least 1. Throws DecimalError "off-tick" when one tick of
 * one lot is not a whole number of money units: then the lot is too small for this tick.
 */
export function unitsPerTickLot(tick: string, lot: string): number {
  const price = parseStep(tick);
  const quantity = parseStep(lot);
  const product = price.digits * quantity.digits * BigInt(MONEY_SCALE);
  const divisor = 10n ** BigInt(price.scale + quantity.scale);
  if (product % divisor !== 0n) {
    throw new DecimalError(
      "off-tick",
      `one tick of ${tick} times one lot of ${lot} is not a whole number of money units (1e-8): choose a larger lot`,
    );
  }
  return toSafe(product / divisor, `one tick of ${tick} times one lot of ${lot} in money units`);
}

/** Money units of a decimal amount of the quote currency. Throws DecimalError: malformed, off-tick, out-of-range. */
export function moneyUnits(amount: string): number {
  const { digits, scale } = parseDecimal(amount);
  const product = digits * BigInt(MONEY_SCALE);
  const divisor = 10n ** BigInt(scale);
  if (product % divisor !== 0n) {
    throw new DecimalError("off-tick", `the amount ${amount} has more than eight decimals`);
  }
  return toSafe(product / divisor, `the amount ${amount} in money units (1e-8)`);
}
