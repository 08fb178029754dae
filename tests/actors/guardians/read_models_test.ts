import assert from "node:assert/strict";
import fc from "fast-check";
import { LatencyHistogram } from "../../../actors/protocol/latency.ts";
import { OrderTable } from "../../../actors/guardians/order_table.ts";
import type { SubmitOrder } from "../../../actors/protocol/mod.ts";

const order = (orderId: number, strategy = 1): SubmitOrder => ({
  kind: "SubmitOrder",
  orderId,
  strategy,
  instrument: 0,
  side: 0,
  orderType: 0,
  tif: 0,
  price: 100,
  quantity: 5,
  postOnly: false,
  reduceOnly: false,
  time: 1,
  stamp: 0,
  cause: 0,
});

Deno.test("the order table keeps the latest orders and lets older ones give way", () => {
  const table = new OrderTable(8);
  for (let id = 1; id <= 20; id++) table.record(order(id));
  assert.equal(table.find(12), undefined);
  assert.equal(table.find(13)?.id, 13);
  assert.deepEqual(table.newest(3, () => true).map((row) => row.id), [20, 19, 18]);
  assert.equal(table.newest(100, () => true).length, 8);
});

Deno.test("the order table filters and never returns an empty slot", () => {
  const table = new OrderTable(8);
  assert.equal(table.find(0), undefined);
  table.record(order(3, 1));
  table.record(order(5, 2));
  assert.deepEqual(table.newest(10, (row) => row.strategy === 2).map((row) => row.id), [5]);
});

Deno.test("histogram quantiles are within one thirty-second of the exact ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.add(value);
        const exact = [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1];
        const found = histogram.quantile(q);
        assert.ok(found >= exact && found <= exact * (1 + 1 / 32) + 1, `${found} for ${exact}`);
      },
    ),
  );
});

Deno.test("the histogram counts every value once and ignores nonsense", () => {
  const histogram = new LatencyHistogram();
  [5, 100, 1_000, 2_000_000].forEach((value) => histogram.add(value));
  histogram.add(NaN);
  histogram.add(-1);
  assert.equal(histogram.count, 4);
  assert.equal(histogram.max, 2_000_000);
  assert.equal(histogram.octaves().reduce((sum, [, count]) => sum + count, 0), 4);
});
