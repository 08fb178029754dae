/**
 * Decimals at the border.
 *
 * People and files write prices and quantities as decimals; CWTS counts ticks and lots. A decimal either is a whole
 * number of ticks (lots) or it is refused: nothing is rounded silently. The arithmetic is exact (scaled BigInt), so
 * "0.3" at a tick of "0.1" is 3 and never 2.9999999999999996. For borders, not for hot paths.
 */
import {
  type Decimal,
  DecimalError,
  type DecimalFault,
  formatDecimal,
  parseDecimal,
  parseStep,
  toSafe,
} from "../../config/decimals.ts";
import type { Instrument } from "./instruments.ts";

export {
  type Decimal,
  DecimalError,
  type DecimalFault,
  formatDecimal,
  parseDecimal,
  unitsPerTickLot,
} from "../../config/decimals.ts";

/** value / step as a fraction of BigInts with a positive denominator. */
function ratio(value: Decimal, step: Decimal): [numerator: bigint, denominator: bigint] {
  const scale = Math.max(value.scale, step.scale);
  return [value.digits * 10n ** BigInt(scale - value.scale), step.digits * 10n ** BigInt(scale - step.scale)];
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
