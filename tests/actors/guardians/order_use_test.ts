/** What single orders use of the limits each of them is held to, as the guardian sees them decided. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/layout.gen.ts";
import type { BoardRow } from "../../../actors/guardians/market_board.ts";
import { type OrderFigure, OrderUse } from "../../../actors/guardians/order_use.ts";
import { BUY, type ExecutionReport, SELL, type SubmitOrder } from "../../../actors/protocol/mod.ts";
import { ALPHA, PRICE, Rig } from "./rig.ts";

const MS = 1_000;
const ROW: BoardRow = {
  instrument: ALPHA,
  bid: 9_990,
  ask: 10_010,
  last: 0,
  trades: 0,
  volume: 0,
  updated: 0,
  status: "live",
  detail: "",
};

let next = 0;
const order = (more: Partial<SubmitOrder> = {}): SubmitOrder => ({
  kind: "SubmitOrder",
  orderId: ++next,
  strategy: 1,
  instrument: 0,
  side: BUY,
  orderType: 0,
  tif: 0,
  price: 10_000,
  quantity: 1,
  postOnly: false,
  reduceOnly: false,
  time: 0,
  stamp: 0,
  cause: 0,
  ...more,
});
const figures = (figure: OrderFigure | null) => figure === null ? null : [figure.used, figure.peak];

Deno.test("the latest and the largest size and value of what passed are kept, by organism and by instrument", () => {
  const use = new OrderUse();
  assert.equal(use.ofStrategy(1, "max_quantity"), null);
  use.decided(order({ quantity: 7 }), 0, ROW, 0);
  use.decided(order({ quantity: 90 }), Code.MaxQuantity, ROW, 0);
  use.decided(order({ quantity: 3, strategy: 2 }), 0, ROW, 0);
  assert.deepEqual(figures(use.ofStrategy(1, "max_quantity")), [7, 7]);
  assert.deepEqual(figures(use.ofStrategy(2, "max_quantity")), [3, 3]);
  assert.deepEqual(figures(use.ofInstrument(0, "max_quantity")), [3, 7]);
  assert.deepEqual(figures(use.ofStrategy(1, "max_notional")), Array(2).fill(7 * 10_000 * ALPHA.unitsPerTickLot));
  use.decided(order({ orderType: 1, price: 0, quantity: 2 }), 0, ROW, 0);
  assert.equal(use.ofStrategy(1, "max_notional")!.used, 2 * 10_010 * ALPHA.unitsPerTickLot, "at the far touch");
});

Deno.test("how far a price is through the reference counts on the side that pays, and how old the reference was", () => {
  const use = new OrderUse();
  use.decided(order({ price: 10_020 }), 0, ROW, 30 * MS);
  assert.deepEqual(figures(use.ofInstrument(0, "collar_ticks")), [20, 20]);
  assert.deepEqual(figures(use.ofInstrument(0, "collar_bps")), [20, 20]);
  use.decided(order({ price: 9_000 }), 0, ROW, 10 * MS);
  assert.deepEqual(figures(use.ofInstrument(0, "collar_ticks")), [0, 20]);
  use.decided(order({ price: 9_950, side: SELL }), 0, ROW, 10 * MS);
  assert.deepEqual(figures(use.ofInstrument(0, "collar_ticks")), [50, 50]);
  assert.deepEqual(figures(use.ofInstrument(0, "reference_max_age_ms")), [10, 30]);
});

Deno.test("messages are counted over the second that has just passed, and a burst is what goes beyond the rate", () => {
  const use = new OrderUse();
  use.rateOf = () => 10;
  for (let i = 0; i < 5; i++) use.decided(order({ price: 100 + i }), 0, ROW, 0);
  assert.deepEqual(figures(use.ofStrategy(1, "rate_per_second")), [5, 5]);
  assert.deepEqual(figures(use.ofStrategy(1, "rate_burst")), [5, 5]);
  use.decided(order({ price: 200 }), 0, ROW, 300 * MS);
  assert.deepEqual(figures(use.ofStrategy(1, "rate_per_second")), [6, 6]);
  assert.deepEqual(figures(use.ofStrategy(1, "rate_burst")), [3, 5]);
  use.decided(order({ price: 201 }), Code.MessageRate, ROW, 400 * MS);
  use.decided(order({ price: 202 }), Code.PriceCollar, ROW, 1_200 * MS);
  assert.deepEqual(figures(use.ofStrategy(1, "rate_per_second")), [2, 6], "what its rate refused used nothing of it");
});

Deno.test("of the window for duplicates the shortest time between two equal orders is kept", () => {
  const use = new OrderUse();
  use.decided(order(), 0, ROW, 0);
  use.decided(order({ price: 10_001 }), 0, ROW, 10 * MS);
  assert.equal(use.ofStrategy(1, "duplicate_window_ms"), null);
  use.decided(order(), 0, ROW, 250 * MS);
  use.decided(order(), 0, ROW, 950 * MS);
  assert.deepEqual(figures(use.ofStrategy(1, "duplicate_window_ms")), [700, 250]);
});

Deno.test("a market order uses of its buffer how far beyond the far touch it traded", () => {
  const use = new OrderUse();
  const market = order({ orderType: 1, price: 0 });
  use.decided(market, 0, ROW, 0);
  const { orderId, instrument, side } = market;
  const trade = { kind: "ExecutionReport", type: "trade", orderId, instrument, side, strategy: 1 } as ExecutionReport;
  use.reported({ ...trade, price: 10_010, leaves: 1 });
  use.reported({ ...trade, price: 10_020.01, leaves: 0 });
  assert.equal(use.ofInstrument(0, "market_buffer_bps")!.peak.toFixed(2), "10.00");
  use.reported({ ...trade, price: 99_999, leaves: 0 });
  assert.equal(use.ofInstrument(0, "market_buffer_bps")!.peak.toFixed(2), "10.00", "its order is over");
});

Deno.test("the guardian counts what the gate decided on, batch by batch", async () => {
  using rig = new Rig();
  const touch = () =>
    rig.books.board.apply({
      kind: "BookTop",
      instrument: 0,
      bid: PRICE - 1,
      ask: PRICE + 1,
      bidQuantity: 1,
      askQuantity: 1,
      time: 0,
    });
  touch();
  for (const quantity of [5, 501, 4]) rig.order(BUY, quantity, PRICE - 9);
  await rig.settle();
  assert.deepEqual(rig.reports.filter(({ type }) => type === "rejected").map(({ code }) => code), [Code.MaxQuantity]);
  assert.deepEqual(figures(rig.books.use.ofStrategy(1, "max_quantity")), [4, 5]);
  assert.equal(rig.books.use.ofStrategy(1, "rate_per_second")!.peak, 3);
  touch();
  rig.order(BUY, 1, 0, { orderType: 1, tif: 1 });
  await rig.settle();
  // The one offer stands at 10 100, and the touch was 10 001.
  assert.equal(Math.round(rig.books.use.ofInstrument(0, "market_buffer_bps")!.peak), 99);
});
