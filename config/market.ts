/**
 * The simulated market: when it begins and what its background participants are like.
 *
 * The defaults give a liquid instrument: a spread of one tick that opens to five now and then, about twenty trades a
 * second, quiet and busy minutes, and a value that moves about three ticks in a second at a price of 100.
 */
import { z } from "zod";
import { key, positive, real, whole } from "./kinds.ts";

const start = z.iso.datetime({ error: 'must be a UTC time such as "2024-01-02T14:30:00Z"' });

const zeroIntelligence = z.strictObject({
  limitsPerSecond: key(real(0, 10_000).default(30), "orders/s", "limit orders of both sides together"),
  marketsPerSecond: key(real(0, 10_000).default(2), "orders/s", "market orders of both sides together"),
  cancelRate: key(
    real(0.001, 100).default(0.15),
    "1/s",
    "chance per second that a given resting order is cancelled; above 0, so that the book cannot grow without end",
  ),
  meanDistanceTicks: key(positive().default(8), "ticks", "mean distance of a limit order from the opposite best price"),
  meanLots: key(real(1).default(20), "lots", "mean size of an order"),
});

const hawkes = z.strictObject({
  baseRate: key(real(0, 10_000).default(0.6), "orders/s", "orders of one side that nothing has set off"),
  selfExcitation: key(
    real(0, 0.99).default(0.6),
    "orders",
    "further orders of the same side that one order sets off directly; makes signs and activity cluster",
  ),
  crossExcitation: key(
    real(0, 0.99).default(0.1),
    "orders",
    "the same for the opposite side; the two together stay below 1, or the flow would explode",
  ),
  decay: key(positive().default(4), "1/s", "how fast excitement fades"),
  meanLots: key(real(1).default(25), "lots", "mean size of an order"),
}).refine((value) => value.selfExcitation + value.crossExcitation < 1, {
  error: "must have self_excitation + cross_excitation below 1, or the flow explodes",
});

const informed = z.strictObject({
  looksPerSecond: key(real(0, 10_000).default(20), "1/s", "how often one who knows the value looks at the price"),
  thresholdTicks: key(real(0).default(1), "ticks", "distance between price and value at which trading pays"),
  meanLots: key(real(1).default(40), "lots", "mean size of an order"),
  concessionBp: key(
    real(0, 1_000).default(4),
    "bp",
    "how far 1000 lots of net flow of others move the price it thinks right; grows with the square root of the flow",
  ),
  concessionSeconds: key(positive().default(60), "s", "time in which that flow is forgotten to 37 %"),
});

const maker = z.strictObject({
  makers: key(whole(0, 100).default(3), "makers", "market makers, so that the book is never empty for long"),
  levels: key(whole(1, 50).default(5), "levels", "price levels each maker quotes on a side"),
  lotsPerLevel: key(whole(1, 1_000_000).default(20), "lots", "size at the best level; level n offers n times as much"),
  halfSpreadTicks: key(whole(1, 10_000).default(1), "ticks", "distance of the best quote from the maker's centre"),
  reviewMs: key(positive().default(100), "ms", "time between two looks of a maker at its quotes"),
  skewTicksPer100Lots: key(
    real(0).default(2),
    "ticks per 100 lots",
    "how far a maker leans against its inventory, so that it seeks its way back to none",
  ),
  maximumLots: key(
    whole(1, 1_000_000_000).default(2_000),
    "lots",
    "inventory, either side, at which a maker quotes only what reduces it",
  ),
  learningBpPer100Lots: key(
    real(0, 1_000).default(4),
    "bp per 100 lots",
    "how far what takers bought raises, and what they sold lowers, what makers think the price is",
  ),
  followSeconds: key(
    positive().default(10),
    "s",
    "time in which that opinion follows the middle of the market to 63 %",
  ),
});

const fundamental = z.strictObject({
  volatility: key(
    real(0, 0.1).default(0.0003),
    "fraction/√s",
    "root mean square volatility of the value the informed know; 0.0003 is a restless day, three times a common one",
  ),
  volatilityReversion: key(
    positive().default(0.0033),
    "1/s",
    "speed at which log-volatility returns to its mean: in five minutes to 37 %",
  ),
  volatilityOfVolatility: key(
    real(0).default(0.04),
    "1/√s",
    "volatility of log-volatility; with the default reversion it spreads by 0.5, so quiet and busy minutes alternate",
  ),
});

export const marketSchema = z.strictObject({
  start: key(
    start.default("2024-01-02T14:30:00Z"),
    "UTC time",
    "when the simulated day begins; fixed, so that equal seeds give equal records",
  ),
  stepMs: key(
    real(0.1, 10_000).default(10),
    "ms",
    "the background acts in steps of this length: shorter is smoother and slower",
  ),
  zeroIntelligence: zeroIntelligence.prefault({}),
  hawkes: hawkes.prefault({}),
  informed: informed.prefault({}),
  maker: maker.prefault({}),
  fundamental: fundamental.prefault({}),
});
