/** What the checks of the gate measure in, where one check always measures the same. */
import type { CheckUnit } from "../protocol/mod.ts";

const UNITS: Readonly<Record<string, CheckUnit>> = {
  reduce_only: "lots",
  tick_step: "ticks",
  lot_step: "lots",
  price_bands: "ticks",
  short_marking: "lots",
  short_locate: "lots",
  short_price_test: "ticks",
  locked_market: "ticks",
  max_quantity: "lots",
  max_notional: "money",
  reference_price: "nanoseconds",
  price_move: "bp",
  price_collar: "ticks",
  duplicate_order: "nanoseconds",
  rate_latch: "messages",
  executions: "trades",
  parent_quantity: "lots",
  position_limit: "lots",
  open_orders: "orders",
  gross_value: "money",
  net_value: "money",
  credit: "money",
  margin: "money",
  self_match: "lots",
  concentration: "money",
};

/** "" where the check measures different things, or counts by itself. */
export const unitOfCheck = (check: string): CheckUnit => UNITS[check] ?? "";
