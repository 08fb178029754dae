/** From configured instruments to those the actors trade. */
import { type Config, unitsPerTickLot } from "../../config/mod.ts";
import type { Instrument } from "../protocol/mod.ts";

export function instrumentsOf(config: Config): readonly Instrument[] {
  return config.instruments.map((item, id) => ({
    id,
    symbol: item.symbol,
    currency: item.currency,
    tick: item.tick,
    lot: item.lot,
    unitsPerTickLot: unitsPerTickLot(item.tick, item.lot),
    makerFee: item.makerFee,
    takerFee: item.takerFee,
  }));
}
