/**
 * The next order that takes a position towards zero: never more than the position, never beyond a limit or the collar.
 * Pure, in whole ticks, lots and money units; the gate checks all of it again.
 */
import { BUY, SELL, type SideCode } from "../../protocol/mod.ts";

export interface SliceTerms {
  /** Lots: the smaller of the organism's and the instrument's largest order. */
  readonly maxQuantity: number;
  /** Money units of the organism's largest order. */
  readonly maxNotional: number;
  readonly tickStep: number;
  readonly lotStep: number;
  readonly collarBps: number;
  readonly collarTicks: number;
  /** Money units of one lot at one tick. */
  readonly unitsPerTickLot: number;
}

/** Best prices and last price in ticks; 0 where there is none. */
export interface SlicePrices {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
}

export interface Slice {
  readonly side: SideCode;
  readonly price: number;
  readonly quantity: number;
}

/** Slices without a fill until the whole collar is used. */
export const PATIENCE = 4;
const BPS = 10_000;

/**
 * `fruitless`: slices in a row that filled nothing. The first goes for the best price on the other side, each one after
 * that a part further, the last to the end of the collar. Null when there is no price, or no room for a single lot.
 */
export function nextSlice(position: number, prices: SlicePrices, terms: SliceTerms, fruitless: number): Slice | null {
  const side = position > 0 ? SELL : BUY;
  const reference = prices.bid > 0 && prices.ask > 0 ? (prices.bid + prices.ask) / 2 : prices.last;
  if (position === 0 || reference <= 0) return null;
  const collar = Math.max(reference * terms.collarBps / BPS, terms.collarTicks);
  const away = side === SELL ? -1 : 1;
  const furthest = reference + away * collar;
  const touch = (side === SELL ? prices.bid : prices.ask) || reference;
  const reached = touch + (furthest - touch) * Math.min(1, fruitless / PATIENCE);
  const step = terms.tickStep;
  // Rounded towards the market, so that no rounding leads out of the collar.
  const price = side === SELL
    ? Math.ceil(Math.max(reached, furthest) / step) * step
    : Math.floor(Math.min(reached, furthest) / step) * step;
  if (price <= 0) return null;
  const worth = price * terms.unitsPerTickLot;
  const most = Math.min(Math.abs(position), terms.maxQuantity, Math.floor(terms.maxNotional / worth));
  const quantity = Math.floor(most / terms.lotStep) * terms.lotStep;
  return quantity > 0 ? { side, price, quantity } : null;
}
