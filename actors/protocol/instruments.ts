/**
 * Instruments and their integers.
 *
 * Inside CWTS a price is an integer number of ticks, a quantity an integer number of lots, and money an integer number
 * of units of 1e-8 of the quote currency. Decimals exist only at borders, and turn into integers here or not at all.
 */

export { MONEY_SCALE } from "../../config/decimals.ts";

export interface Instrument {
  /** 0 to 127, position in the configuration. */
  readonly id: number;
  readonly symbol: string;
  /** Quote currency, for display. */
  readonly currency: string;
  /** Size of one tick in the quote currency, as a decimal, for example "0.01". */
  readonly tick: string;
  /** Size of one lot in the base asset, as a decimal, for example "0.001". */
  readonly lot: string;
  /** Money units of one tick times one lot; an integer by construction. */
  readonly unitsPerTickLot: number;
  /** Fees in hundredths of a basis point of the traded value; negative is a rebate. */
  readonly makerFee: number;
  readonly takerFee: number;
}
