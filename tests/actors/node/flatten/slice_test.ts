/** The next order that closes a position: towards zero, inside collar and limits, whatever the market and the numbers. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { nextSlice, PATIENCE, type SliceTerms } from "../../../../actors/node/flatten/slice.ts";
import { BUY, SELL } from "../../../../actors/protocol/mod.ts";

const TERMS: SliceTerms = {
  maxQuantity: 10,
  maxNotional: 1e15,
  tickStep: 1,
  lotStep: 1,
  collarBps: 100,
  collarTicks: 5,
  unitsPerTickLot: 1_000_000,
};
const MARKET = { bid: 9_990, ask: 10_010, last: 9_000 };

Deno.test("a long position is sold at the bid and a short one bought at the ask, in the largest order allowed", () => {
  assert.deepEqual(nextSlice(25, MARKET, TERMS, 0), { side: SELL, price: 9_990, quantity: 10 });
  assert.deepEqual(nextSlice(-3, MARKET, TERMS, 0), { side: BUY, price: 10_010, quantity: 3 });
  const poor = { ...TERMS, maxNotional: 2.5 * 10_010 * TERMS.unitsPerTickLot };
  assert.deepEqual(nextSlice(-30, MARKET, poor, 0), { side: BUY, price: 10_010, quantity: 2 });
});

Deno.test("what fills nothing reaches further each time, and never beyond the collar", () => {
  const prices = [0, 1, 2, 3, 4, 5, 40].map((fruitless) => nextSlice(25, MARKET, TERMS, fruitless)!.price);
  assert.deepEqual(prices, [9_990, 9_968, 9_945, 9_923, 9_900, 9_900, 9_900]);
});

Deno.test("without a price, at zero, and where not even one lot is allowed there is no order", () => {
  assert.equal(nextSlice(0, MARKET, TERMS, 0), null);
  assert.equal(nextSlice(5, { bid: 0, ask: 0, last: 0 }, TERMS, 0), null);
  assert.equal(nextSlice(5, MARKET, { ...TERMS, maxNotional: 1 }, 0), null);
  assert.equal(nextSlice(5, MARKET, { ...TERMS, lotStep: 10 }, 0), null);
  assert.deepEqual(nextSlice(5, { bid: 0, ask: 0, last: 100 }, TERMS, 0), { side: SELL, price: 100, quantity: 5 });
});

Deno.test("whatever the numbers, a slice takes away from the position and stays inside collar, steps and limits", () => {
  const whole = (min: number, max: number) => fc.integer({ min, max });
  fc.assert(fc.property(
    whole(-500, 500),
    whole(1, 20_000),
    whole(0, 400),
    whole(0, 2 * PATIENCE),
    fc.record({
      maxQuantity: whole(1, 100),
      maxNotional: whole(1, 10_000_000),
      tickStep: whole(1, 7),
      lotStep: whole(1, 7),
      collarBps: whole(0, 2_000),
      collarTicks: whole(0, 50),
      unitsPerTickLot: fc.constant(10),
    }),
    (position, bid, spread, fruitless, terms) => {
      const market = { bid, ask: bid + spread, last: bid };
      const slice = nextSlice(position, market, terms, fruitless);
      if (slice === null) return;
      assert.equal(slice.side, position > 0 ? SELL : BUY);
      assert.ok(slice.quantity >= 1 && slice.quantity <= Math.abs(position) && slice.quantity <= terms.maxQuantity);
      assert.ok(slice.quantity * slice.price * terms.unitsPerTickLot <= terms.maxNotional);
      assert.equal(slice.quantity % terms.lotStep + slice.price % terms.tickStep, 0);
      const reference = bid + spread / 2;
      const collar = Math.max(reference * terms.collarBps / 10_000, terms.collarTicks);
      if (slice.side === SELL) assert.ok(slice.price >= reference - collar - 1e-9);
      else assert.ok(slice.price <= reference + collar + 1e-9);
    },
  ));
});
