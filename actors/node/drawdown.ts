/**
 * The portfolio's de-risking state: the tardigrade's cryptobiosis fed with the equity of the whole node. Past the
 * configured loss from the peak the node may only reduce; after a calm time the peak counts anew.
 */
import type { Config } from "../../config/mod.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { createCryptobiosis } from "../organisms/tardigrade.ts";
import { MONEY_SCALE } from "../protocol/mod.ts";
import type { DrawdownRule } from "./bookkeeper.ts";

/** `every`: market time between two updates (see `bookkeeper`). */
export function drawdownRule(config: Config["mode"]["drawdown"], every: Micros): DrawdownRule {
  const { capital, enterDrawdown, calmSeconds } = config;
  const base = Number(capital);
  const cryptobiosis = createCryptobiosis({
    // Equity alone decides here; the organisms watch volatility themselves.
    targetVolatility: 1,
    enterVolatility: 1,
    reviveVolatility: 0,
    enterDrawdown,
    calmUpdates: Math.max(1, Math.ceil((calmSeconds * MICROS_PER_SECOND) / every)),
    revivalSteps: 1,
  });
  let peak = base;
  return {
    update(profit) {
      const equity = base + profit / MONEY_SCALE;
      const { state } = cryptobiosis.update(equity, 0);
      const dormant = state === "tun";
      if (!dormant) peak = Math.max(peak, equity);
      const lost = ((1 - equity / peak) * 100).toFixed(2);
      const detail = dormant
        ? `the portfolio lost ${lost} % from its peak: only reducing orders for at least ${calmSeconds} s`
        : "the portfolio's drawdown has been calm";
      return { dormant, detail };
    },
  };
}
