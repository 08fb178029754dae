/** Intents as the gate reads them. */
import assert from "node:assert/strict";
import { encodeIntent } from "../../../actors/guardians/commands.ts";
import { GuardianBooks } from "../../../actors/guardians/books.ts";
import type { ExecutionReport, OrderIntent, SubmitOrder } from "../../../actors/protocol/mod.ts";
import { CommandKind, OrderCommandView, OrderType, TimeInForce } from "../../../ffi/layout.gen.ts";
import { ALPHA } from "./rig.ts";

const order: SubmitOrder = {
  kind: "SubmitOrder",
  orderId: 9,
  strategy: 2,
  instrument: 1,
  side: 1,
  orderType: 0,
  tif: 0,
  price: 100,
  quantity: 5,
  postOnly: false,
  reduceOnly: false,
  time: 77,
  stamp: 0,
  cause: 3,
};

/** The record of an intent, written over a record that was full of other things. */
function encoded(intent: Partial<SubmitOrder>): OrderCommandView {
  const view = new OrderCommandView(new Uint8Array(64).fill(0xab));
  encodeIntent(view, { ...order, ...intent });
  return view;
}

Deno.test("a record that is used again keeps nothing of the order before", () => {
  const view = encoded({});
  const { kind, flags, display, targetId, expires, triggerOffset, price, quantity, cause } = view;
  assert.deepEqual([kind, flags, display, targetId, expires, triggerOffset], [CommandKind.New, 0, 0, 0, 0, 0]);
  assert.deepEqual([price, quantity, cause], [100, 5, 3]);
});

Deno.test("a cancel, an amendment and a cancel-all carry no terms of the order whose record they use again", () => {
  const { strategy, instrument, side, time, stamp, cause } = order;
  const base = { strategy, instrument, time, stamp, cause, target: 9 };
  const intents: readonly OrderIntent[] = [
    { ...base, kind: "CancelOrder" },
    { ...base, kind: "AmendOrder", side, price: 101, quantity: 7 },
    { ...base, kind: "CancelAll" },
  ];
  for (const intent of intents) {
    const view = new OrderCommandView(new Uint8Array(64).fill(0xab));
    encodeIntent(view, intent);
    assert.deepEqual([view.display, view.flags, view.tif, view.orderType], [0, 0, 0, 0], intent.kind);
    assert.equal(view.targetId, intent.kind === "CancelAll" ? 0 : 9);
  }
});

Deno.test("a stop's price is its trigger, a stop-limit's trigger is an offset from its price", () => {
  const stop = encoded({ orderType: 2, price: 0, trigger: 120 });
  assert.deepEqual([stop.orderType, stop.price, stop.targetId], [OrderType.Stop, 120, 0]);
  const limit = encoded({ orderType: 3, trigger: 95, tif: 3 });
  assert.deepEqual([limit.orderType, limit.tif, limit.price, limit.triggerOffset], [
    OrderType.StopLimit,
    TimeInForce.Day,
    100,
    -5,
  ]);
});

Deno.test("display, end and self-trade mode stand where the book reads them", () => {
  const view = encoded({ tif: 4, expires: 4_000_000_000, display: 2, selfTrade: 4, postOnly: true, reduceOnly: true });
  assert.deepEqual([view.tif, view.expires, view.display, view.flags], [TimeInForce.Gtd, 4_000_000_000, 2, 0b100011]);
});

Deno.test("terms that an order cannot have or a record cannot hold make it malformed, never another order", () => {
  const wrong: readonly Partial<SubmitOrder>[] = [
    { trigger: 120 },
    { orderType: 2, price: 0 },
    { orderType: 2, price: 5, trigger: 120 },
    { orderType: 2, price: 0, trigger: 0.5 },
    { orderType: 3, trigger: 100 + 2 ** 31 },
    { orderType: 3, trigger: NaN },
    { expires: 5 },
    { tif: 4 },
    { tif: 4, expires: 2 ** 32 },
    { tif: 4, expires: 1.5 },
    { display: -1 },
    { display: 0.5 },
    { display: 2 ** 32 },
    { selfTrade: 5 as 4 },
    { selfTrade: NaN as 4 },
  ];
  for (const terms of wrong) assert.equal(encoded(terms).tif, 0xff, JSON.stringify(terms));
  assert.equal(encoded({ price: 0.5 }).price, 0);
  assert.equal(encoded({ quantity: NaN }).quantity, 0);
});

Deno.test("the blotter follows an order through trigger, restatement, amendment and end", () => {
  const books = new GuardianBooks([ALPHA]);
  books.orders.record({ ...order, orderType: 2, price: 0, trigger: 120 });
  const row = books.orders.find(9)!;
  const report = (fields: Partial<ExecutionReport>) => books.report({ ...filled, ...fields }, 0);
  const filled: ExecutionReport = {
    kind: "ExecutionReport",
    type: "trade",
    orderId: 9,
    strategy: 2,
    instrument: 0,
    side: 1,
    price: 100,
    quantity: 2,
    leaves: 3,
    liquidity: "taker",
    code: 0,
    fee: 0,
    time: 0,
    position: 0,
  };
  assert.deepEqual([row.price, row.orderType], [120, 2]);
  report({ type: "triggered", price: 0, quantity: 5, leaves: 5 });
  assert.deepEqual([row.price, row.orderType], [0, 1]);
  report({});
  report({ type: "restated", quantity: 1, leaves: 2 });
  assert.deepEqual([row.filled, row.quantity], [2, 4]);
  report({ type: "replaced", price: 101, quantity: 9, leaves: 7 });
  assert.deepEqual([row.filled, row.quantity, row.price, row.status], [2, 9, 101, "open"]);
  report({ type: "expired", quantity: 7, leaves: 0, code: 2013 });
  assert.deepEqual([row.status, row.code], ["expired", 2013]);
});
