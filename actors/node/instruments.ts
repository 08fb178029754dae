/** From configured instruments and limits to the records the gate holds. */
import { type Config, unitsPerTickLot } from "../../config/mod.ts";
import { InstrumentRulesView, StrategyLimitsView } from "../../ffi/layout.gen.ts";
import type { OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { type Instrument, MONEY_SCALE } from "../protocol/mod.ts";

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

/** Loads rules and limits into the gate, which puts each on record. Strategy n is organism n − 1 of the configuration. */
export function loadLimits(
  config: Config,
  instruments: readonly Instrument[],
  gate: OrderGate,
  now: Micros,
): void {
  const rules = new Uint8Array(InstrumentRulesView.SIZE);
  for (const instrument of instruments) {
    const item = config.instruments[instrument.id];
    const view = new InstrumentRulesView(rules);
    view.instrument = instrument.id;
    view.tickStep = item.tickStep;
    view.lotStep = item.lotStep;
    view.collarBps = item.collarBps;
    view.collarTicks = item.collarTicks;
    view.referenceMaxAgeMs = item.referenceMaxAgeMs;
    view.marketBufferBps = item.marketBufferBps;
    view.unitsPerTickLot = instrument.unitsPerTickLot;
    view.maxQuantity = item.maxQuantity;
    gate.setInstrument(rules, now);
  }
  const limits = new Uint8Array(StrategyLimitsView.SIZE);
  config.organisms.forEach((organism, i) => {
    for (const symbol of organism.instruments) {
      const view = new StrategyLimitsView(limits);
      view.strategy = i + 1;
      view.instrument = instruments.find((instrument) => instrument.symbol === symbol)!.id;
      view.maxQuantity = organism.limits.maxQuantity;
      view.maxNotional = Math.round(Number(organism.limits.maxNotional) * MONEY_SCALE);
      view.maxPosition = organism.limits.maxPosition;
      view.ratePerSecond = organism.limits.ratePerSecond;
      view.rateBurst = organism.limits.rateBurst;
      view.duplicateWindowMs = organism.limits.duplicateWindowMs;
      gate.setLimits(limits, now);
    }
  });
}
