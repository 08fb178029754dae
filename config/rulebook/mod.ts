/** The rule book: what regulation fixes, by day, with the place it was read. See `regime.ts`. */
export { type Bands, type BandsInput, LULD, luldBands, type LuldRule, type MinuteOfDay, type Tier } from "./luld.ts";
export { CENT, DOLLAR, type Micros } from "./price.ts";
export { type QuoteRule, quoteRules, QUOTES } from "./quotes.ts";
export { type DatedRule, datedRule, type Day, type Evidence, inForce, isDay, type Regime } from "./regime.ts";
export { ROUND_LOTS, roundLot, type RoundLotTable } from "./round_lots.ts";
export { mayShort, SHORT_SALES, type ShortSaleRule, wouldTrip } from "./short_sales.ts";
export { TICK_SIZES, tickSize, type TickTable } from "./tick_sizes.ts";
