/** Dollar prices of the rule book: whole millionths, so that every threshold and every band is exact. */

/** US dollars in millionths. Exact as a number up to nine billion dollars. */
export type Micros = number;

export const DOLLAR: Micros = 1_000_000;
export const CENT: Micros = 10_000;

/** `price` as a whole number of micros. Throws a RangeError for anything that is not a price. */
export function price(value: Micros): Micros {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not a price in millionths of a dollar.`);
  }
  return value;
}
