/**
 * The checks of the gate for a written description: which row of the catalogue each belongs to, the codes it refuses with,
 * and where its parameters stand. Which checks there are the core says; docs/checks.md explains them.
 */
import type { Demanded } from "../../../config/controls.ts";
import { Code } from "../../../ffi/layout.gen.ts";

/** Where parameters of a check stand in the configuration. */
export interface Sources {
  /** Keys of every instrument. */
  readonly instruments?: readonly string[];
  /** Keys of the limits of every organism. */
  readonly organisms?: readonly string[];
  /** Keys of the limits of firm, customers and accounts as well. */
  readonly scopes?: readonly string[];
  /** List of [controls], and of its entries the keys that matter here; without keys, all of them. */
  readonly list?: string;
  readonly keys?: readonly string[];
  /** Only entries of the list with these values. */
  readonly where?: Readonly<Record<string, unknown>>;
  /** Single keys of [controls]. */
  readonly controls?: readonly string[];
  /** Data without which it refuses, where that is asked for. */
  readonly demand?: Demanded;
  /** What is told while the node runs, or comes with the order. */
  readonly told?: string;
}

export interface CheckEntry extends Sources {
  readonly row: number;
  readonly codes: readonly number[];
}

const market = "market status, told by the feed";

export const CATALOGUE: Readonly<Record<string, CheckEntry>> = {
  control_state: { row: 1, codes: [Code.Killed, Code.CancelOnly], told: "kill states" },
  reduce_only: { row: 1, codes: [Code.ReduceOnly], told: "kill states, and the order's own flag" },
  known_strategy: { row: 2, codes: [Code.UnknownStrategy], told: "every organism of the configuration" },
  mandate: { row: 2, codes: [Code.NotAuthorised], list: "mandates", demand: "mandate" },
  known_instrument: { row: 3, codes: [Code.UnknownInstrument], told: "every instrument of the configuration" },
  room: { row: 3, codes: [Code.ScopeCapacity], told: "the size the gate was made with" },
  well_formed: { row: 3, codes: [Code.Malformed] },
  open_target: { row: 3, codes: [Code.UnknownOrder] },
  own_target: { row: 3, codes: [Code.NotOwner] },
  same_target: { row: 3, codes: [Code.Malformed] },
  tick_step: { row: 3, codes: [Code.OffTick], instruments: ["tickStep"] },
  lot_step: { row: 3, codes: [Code.OffLot], instruments: ["lotStep"] },
  current_lists: { row: 4, codes: [Code.ListsNotCurrent], controls: ["listsUntil"], demand: "lists" },
  restricted_list: { row: 4, codes: [Code.Restricted], list: "restrictions" },
  market_state: {
    row: 5,
    codes: [Code.MarketClosed, Code.MarketUnknown],
    list: "securities",
    keys: ["statusMaxAgeMs"],
    demand: "market-state",
    told: market,
  },
  price_bands: { row: 6, codes: [Code.PriceBand, Code.NoPriceBand], demand: "price-bands", told: market },
  short_marking: { row: 7, codes: [Code.ShortMarking], demand: "short-sale", told: "the order's marking" },
  short_locate: { row: 7, codes: [Code.NoLocate], list: "locates", demand: "short-sale" },
  short_price_test: {
    row: 8,
    codes: [Code.ShortPriceTest, Code.MarketUnknown],
    demand: "short-price-test",
    told: market,
  },
  trade_through: {
    row: 9,
    codes: [Code.TradeThrough, Code.NoSweep, Code.NoProtectedQuote],
    list: "securities",
    keys: ["quotesMaxAgeMs", "protectedUntil"],
    demand: "trade-through",
    told: `${market}, and stored sweeps`,
  },
  locked_market: {
    row: 10,
    codes: [Code.LockedMarket, Code.NoProtectedQuote],
    list: "securities",
    keys: ["quotesMaxAgeMs", "protectedUntil"],
    demand: "locked-market",
    told: market,
  },
  max_quantity: { row: 11, codes: [Code.MaxQuantity], instruments: ["maxQuantity"], organisms: ["maxQuantity"] },
  volume_share: {
    row: 11,
    codes: [Code.VolumeShare],
    list: "securities",
    keys: ["averageVolume", "orderVolumeBps"],
    demand: "volume",
  },
  max_notional: {
    row: 12,
    codes: [Code.MaxNotional, Code.NoReference],
    organisms: ["maxNotional"],
    instruments: ["marketBufferBps"],
  },
  reference_price: {
    row: 13,
    codes: [Code.NoReference],
    instruments: ["referenceMaxAgeMs"],
    list: "securities",
    keys: ["priorClose"],
  },
  price_move: {
    row: 13,
    codes: [Code.PriceMove],
    list: "securities",
    keys: ["maxMoveBps", "moveWindowMs"],
    demand: "price-move",
  },
  price_collar: { row: 13, codes: [Code.PriceCollar], instruments: ["collarBps", "collarTicks"] },
  known_parent: { row: 14, codes: [Code.UnknownParent, Code.BasketLimit], list: "baskets", demand: "parents" },
  duplicate_id: { row: 15, codes: [Code.DuplicateId] },
  duplicate_order: { row: 15, codes: [Code.DuplicateOrder], organisms: ["duplicateWindowMs"] },
  rate_latch: { row: 16, codes: [Code.RateTripped], list: "paces", keys: ["tripAfter"] },
  message_rate: { row: 16, codes: [Code.MessageRate], organisms: ["ratePerSecond", "rateBurst"] },
  scope_rate: { row: 16, codes: [Code.MessageRate], list: "paces", keys: ["perSecond", "burst"] },
  cancel_rate: { row: 16, codes: [Code.CancelRate], list: "paces", keys: ["cancelsPerSecond", "cancelBurst"] },
  burst: { row: 17, codes: [Code.BurstLimit], list: "windows" },
  executions: { row: 18, codes: [Code.ExecutionThrottle], list: "throttles" },
  parent_quantity: { row: 19, codes: [Code.ParentQuantity], told: "parents, as they are opened" },
  position_limit: { row: 20, codes: [Code.PositionLimit], organisms: ["maxPosition"], scopes: ["maxPosition"] },
  open_orders: { row: 20, codes: [Code.OpenOrderLimit], organisms: ["maxOpenOrders"], scopes: ["maxOpenOrders"] },
  gross_value: { row: 21, codes: [Code.GrossLimit], organisms: ["maxGross"], scopes: ["maxGross"] },
  net_value: { row: 21, codes: [Code.NetLimit], organisms: ["maxNet"], scopes: ["maxNet"] },
  credit: { row: 21, codes: [Code.CreditLimit], list: "capital", keys: ["credit"] },
  loss: {
    row: 21,
    codes: [Code.LossLimit, Code.LossUnknown],
    list: "capital",
    keys: ["maxLoss", "profitMaxAgeMs"],
    told: "profit and loss, told by the node",
  },
  margin: { row: 22, codes: [Code.MarginLimit], list: "sums", where: { measure: "loss" } },
  self_match: { row: 23, codes: [Code.SelfMatch], demand: "self-match", told: "what the order says" },
  soft_limits: { row: 24, codes: [Code.SoftLimit], list: "soft" },
  concentration: { row: 25, codes: [Code.Concentration], list: "capital", keys: ["amount", "concentration"] },
  liquidity: {
    row: 25,
    codes: [Code.Liquidity],
    list: "securities",
    keys: ["averageVolume", "positionVolumeBps"],
    demand: "liquidity",
  },
  factors: { row: 26, codes: [Code.FactorLimit], list: "sums", where: { measure: "either" } },
  allowed_venue: { row: 27, codes: [Code.VenueNotAllowed], list: "mandates", keys: ["venues"] },
};
