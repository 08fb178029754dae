/**
 * Decimals at the border.
 *
 * People and files write prices and quantities as decimals; CWTS counts ticks and lots. A decimal either is a whole
 * number of ticks (lots) or it is refused: nothing is rounded silently. The arithmetic is exact (scaled BigInt), so
 * "0.3" at a tick of "0.1" is 3 and never 2.9999999999999996. For borders, not for hot paths.
 */
import { type Instrument, MONEY_SCALE } from "./instruments.ts";

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

/** value / step as a fraction of BigInts with a positive denominator. */
function ratio(value: Decimal, step: Decimal): [numerator: bigint, denominator: bigint] {
  const scale = Math.max(value.scale, step.scale);
  return [value.digits * 10n ** BigInt(scale - value.scale), step.digits * 10n ** BigInt(scale - step.scale)];
}

function parseStep(step: string): Decimal {
  const parsed = parseDecimal(step);
  if (parsed.digits <= 0n) throw new DecimalError("malformed", `a step of "${step}" is not above zero`);
  return parsed;
}

function toSafe(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new DecimalError("out-of-range", `${what} does not fit in 53 bits`);
  }
  return Number(value);
}

function toSteps(text: string, step: string, fault: DecimalFault, what: string): number {
  const [numerator, denominator] = ratio(parseDecimal(text), parseStep(step));
  if (numerator % denominator !== 0n) {
    throw new DecimalError(fault, `${what} ${text} is not a multiple of ${step}`);
  }
  return toSafe(numerator / denominator, `${what} ${text} in steps of ${step}`);
}

/** Ticks of a decimal price. Throws DecimalError: malformed, off-tick, out-of-range. */
export function toTicks(instrument: Pick<Instrument, "symbol" | "tick">, price: string): number {
  return toSteps(price, instrument.tick, "off-tick", `${instrument.symbol}: the price`);
}

/** Lots of a decimal quantity. Throws DecimalError: malformed, off-lot, out-of-range. */
export function toLots(instrument: Pick<Instrument, "symbol" | "lot">, quantity: string): number {
  return toSteps(quantity, instrument.lot, "off-lot", `${instrument.symbol}: the quantity`);
}

/**
 * The tick nearest to a price, half away from zero: for recorded data whose source rounded differently (an adjusted
 * close, a single-precision export), never for an order. `scaleBy` multiplies first, exactly. Throws as `toTicks`,
 * except off-tick.
 */
export function nearestTicks(
  instrument: Pick<Instrument, "symbol" | "tick">,
  price: string,
  scaleBy?: { readonly numerator: Decimal; readonly denominator: Decimal },
): number {
  let [numerator, denominator] = ratio(parseDecimal(price), parseStep(instrument.tick));
  if (scaleBy !== undefined) {
    const [up, down] = ratio(scaleBy.numerator, scaleBy.denominator);
    if (down <= 0n) {
      throw new DecimalError("malformed", `${instrument.symbol}: cannot scale by a ratio to zero or less`);
    }
    numerator *= up;
    denominator *= down;
  }
  const doubled = (numerator < 0n ? -numerator : numerator) * 2n + denominator;
  const magnitude = doubled / (denominator * 2n);
  return toSafe(numerator < 0n ? -magnitude : magnitude, `${instrument.symbol}: the price ${price} in ticks`);
}

function stepsToDecimal(steps: number, step: string): string {
  if (!Number.isSafeInteger(steps)) throw new DecimalError("out-of-range", `${steps} is not a safe integer`);
  const { digits, scale } = parseStep(step);
  return formatDecimal({ digits: BigInt(steps) * digits, scale });
}

/** Plain notation with exactly `scale` decimals, for example "-0.010". */
export function formatDecimal({ digits, scale }: Decimal): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  return `${negative ? "-" : ""}${whole}${scale > 0 ? `.${text.slice(text.length - scale)}` : ""}`;
}

/** The decimal price of a number of ticks, with as many decimals as the tick. */
export function fromTicks(instrument: Pick<Instrument, "tick">, ticks: number): string {
  return stepsToDecimal(ticks, instrument.tick);
}

/** The decimal quantity of a number of lots, with as many decimals as the lot. */
export function fromLots(instrument: Pick<Instrument, "lot">, lots: number): string {
  return stepsToDecimal(lots, instrument.lot);
}

/** The decimal amount of a number of money units (1e-8), with eight decimals. */
export function fromMoney(units: number): string {
  return stepsToDecimal(units, "0.00000001");
}

/**
 * `Instrument.unitsPerTickLot` of a tick and a lot: exact, at least 1. Throws DecimalError "off-tick" when one tick of
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
