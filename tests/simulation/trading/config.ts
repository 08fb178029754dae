/** A small node that has everything: two instruments, a maker, a trend of its own, and two who try whatever there is. */
import { type Config, configSchema } from "../../../config/mod.ts";
import type { Random } from "../../../runtime/mod.ts";

/** Lots, either side; small, so that orders meet it all the time. */
export const MAX_POSITION = 60;
const LIMITS = {
  maxQuantity: 40,
  maxNotional: "10000",
  maxPosition: MAX_POSITION,
  ratePerSecond: 60,
  rateBurst: 30,
  duplicateWindowMs: 5,
};

/** The organisms that `restless.ts` stands in for. */
export const RESTLESS = ["restless-1", "restless-2"];

/** Supervisors with little patience give up in some runs, those with much in none. */
export function tradingConfig(random: Random): Config {
  const intensity = random.next() < 0.15 ? 2 : 200;
  return configSchema.parse({
    node: { seed: random.int(2 ** 31), speed: "max" },
    console: { enabled: false },
    instruments: [
      { symbol: "ALPHA", startPrice: "100", referenceMaxAgeMs: 800 },
      { symbol: "BRAVO", startPrice: "20", referenceMaxAgeMs: 800 },
    ],
    organisms: [
      {
        id: "anglerfish-1",
        species: "anglerfish",
        instruments: ["ALPHA"],
        parameters: { quoteLots: 5, maximumLots: 40, warmupSamples: 2, minimumRestingMs: 50 },
        limits: LIMITS,
      },
      {
        id: "tardigrade-1",
        species: "tardigrade",
        instruments: ["BRAVO"],
        parameters: { midSampleMs: 20, midWindow: 3, calmUpdates: 1, fullLots: 30 },
        limits: LIMITS,
      },
      ...RESTLESS.map((id) => ({ id, species: "tardigrade", instruments: ["ALPHA", "BRAVO"], limits: LIMITS })),
    ],
    mode: {
      staleMarketMs: 500,
      recoverMs: 200,
      drawdown: { capital: "1000", enterDrawdown: random.next() < 0.2 ? 0.001 : 0.5, calmSeconds: 1 },
    },
    supervision: { intensity, periodMs: 1000, backoffInitialMs: 1, backoffMaxMs: 50, backoffResetMs: 200 },
    market: { stepMs: 20 },
  });
}
