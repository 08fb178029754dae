/**
 * What a node trades when nobody says otherwise, for each kind of feed. A profile lies between the defaults of the
 * schema and the configuration file.
 *
 * Each organism of the simulated profile has an instrument of its own: two of ours never meet in one book, so no default
 * configuration trades with itself.
 */
import { basename } from "node:path";
import type { z } from "zod";
import type { configSchema, FeedKind } from "./schema.ts";

type Input = z.input<typeof configSchema>;
export type Profile = Pick<Input, "instruments" | "organisms"> & Partial<Input>;

const WEEK_MS = 7 * 24 * 3_600_000;

const simulated: Profile = {
  instruments: [
    { symbol: "ALPHA", startPrice: "100" },
    { symbol: "BRAVO", startPrice: "50" },
    { symbol: "CHARLIE", startPrice: "20" },
  ],
  organisms: [
    {
      id: "anglerfish-1",
      species: "anglerfish",
      instruments: ["ALPHA"],
      // The first quotes after three seconds: whoever starts a node for the first time wants to see it trade.
      parameters: { quoteLots: 5, maximumLots: 50, warmupSamples: 3 },
    },
    { id: "platypus-1", species: "platypus", instruments: ["BRAVO"], parameters: { margin: 1 } },
    { id: "tardigrade-1", species: "tardigrade", instruments: ["CHARLIE"] },
  ],
};

/** Fees are those of the venue's first tier at the time of the recordings: 2 and 5 bp on futures, 10 bp on spot. */
const perpetual: Input["instruments"][number] = {
  symbol: "BTCUSDT",
  currency: "USDT",
  tick: "0.10",
  lot: "0.001",
  makerFee: 200,
  takerFee: 500,
  startPrice: "60000",
};
const spot: Input["instruments"][number] = {
  ...perpetual,
  tick: "0.01",
  // Orders on spot come in 0.00001, but the recorded book holds a few quantities of six decimals (25.426189).
  lot: "0.000001",
  makerFee: 1_000,
  takerFee: 1_000,
  maxQuantity: 10_000_000,
};

function replay(paths: readonly string[]): Profile {
  const isSpot = paths.some((path) => basename(path).toLowerCase().includes("spot"));
  // Half a bitcoin as the largest order and two as the largest position, in the lots of each market.
  const [maxQuantity, maxPosition] = isSpot ? [500_000, 2_000_000] : [500, 2_000];
  const limits = { maxQuantity, maxPosition };
  // The smallest order of the futures market, 0.001 bitcoin, in the lots of each.
  const unit = isSpot ? 1_000 : 1;
  return {
    instruments: [isSpot ? spot : perpetual],
    organisms: [
      { species: "anglerfish" as const, parameters: { quoteLots: unit, maximumLots: 10 * unit } },
      // A capture of minutes is a demonstration of the signal; at these fees it would rightly never trade.
      { species: "platypus" as const, parameters: { lots: unit, intervalMs: 100, margin: 1, costBasis: "spread" } },
      { species: "tardigrade" as const, parameters: { fullLots: 20 * unit } },
    ].map((organism) => ({ id: `${organism.species}-1`, instruments: ["BTCUSDT"], limits, ...organism })),
  };
}

const bars: Profile = {
  instruments: [{
    symbol: "SPX",
    makerFee: 0,
    takerFee: 50,
    maxQuantity: 1_000_000,
    collarBps: 2_000,
    // A bar is good until the next one, and weekends with a holiday last four days.
    referenceMaxAgeMs: WEEK_MS,
  }],
  organisms: [{
    id: "tardigrade-1",
    species: "tardigrade",
    instruments: ["SPX"],
    limits: { maxQuantity: 100_000, maxNotional: "100000000", maxPosition: 100_000 },
  }],
  // The organism de-risks by itself; the node only steps in when most of the capital is gone.
  mode: { staleMarketMs: WEEK_MS, recoverMs: 0, drawdown: { enterDrawdown: 0.8, calmSeconds: WEEK_MS / 1000 } },
};

export function profileFor(kind: FeedKind, paths: readonly string[]): Profile {
  switch (kind) {
    case "simulated":
    case "paper":
      return simulated;
    case "replay":
      return replay(paths);
    case "bars":
      return bars;
  }
}
