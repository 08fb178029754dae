import assert from "node:assert/strict";
import fc from "fast-check";
import { feeOf, Portfolio } from "../../../actors/guardians/portfolio.ts";
import { BUY, type Instrument, SELL } from "../../../actors/protocol/mod.ts";

/** One tick times one lot is one cent; maker earns 0.2 basis points, taker pays 0.5. */
const SHARE: Instrument = {
  id: 0,
  symbol: "ALPHA",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: -20,
  takerFee: 50,
};
const CENT = 1_000_000;

Deno.test("a long position closed above its cost realises the difference", () => {
  const books = new Portfolio([SHARE]);
  books.trade(1, 0, BUY, 10_000, 10, true);
  books.trade(1, 0, SELL, 10_003, 10, true);
  const { realised, unrealised } = books.profitAndLoss(1);
  assert.equal(realised, 30 * CENT);
  assert.equal(unrealised, 0);
  assert.equal(books.position(1, 0), 0);
});

Deno.test("a fill through zero realises the closed part and opens the rest at the fill price", () => {
  const books = new Portfolio([SHARE]);
  books.trade(1, 0, BUY, 10_000, 10, true);
  books.trade(1, 0, SELL, 10_010, 25, false);
  books.mark(0, 10_010);
  assert.equal(books.position(1, 0), -15);
  assert.equal(books.profitAndLoss(1).realised, 100 * CENT);
  assert.equal(books.profitAndLoss(1).unrealised, 0);
  assert.deepEqual(books.positions(1), [{ instrument: 0, quantity: -15, averagePrice: 10_010 }]);
});

Deno.test("an open position is valued at the mark", () => {
  const books = new Portfolio([SHARE]);
  books.trade(1, 0, SELL, 10_000, 4, true);
  books.mark(0, 9_990.5);
  assert.equal(books.profitAndLoss(1).unrealised, 38 * CENT);
});

Deno.test("fees are millionths of the value, rebates negative, rounded half away from zero", () => {
  assert.equal(feeOf(1_000_000, 50), 50);
  assert.equal(feeOf(1_000_000, -20), -20);
  assert.equal(feeOf(10_000, 50), 1); // 0.5 rounds up
  assert.equal(feeOf(10_000, -50), -1);
  assert.equal(feeOf(9_007_199_254_740_991, 50), 450_359_962_737);
});

Deno.test("the books balance to the unit whatever is traded", () => {
  const fill = fc.record({
    side: fc.constantFrom(BUY, SELL),
    price: fc.integer({ min: 1, max: 100_000 }),
    quantity: fc.integer({ min: 1, max: 1_000 }),
    maker: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(fill, { maxLength: 60 }), fc.integer({ min: 1, max: 100_000 }), (fills, mark) => {
    const books = new Portfolio([SHARE]);
    let cash = 0, position = 0, fees = 0;
    for (const { side, price, quantity, maker } of fills) {
      fees += books.trade(1, 0, side, price, quantity, maker);
      const signed = side === BUY ? quantity : -quantity;
      position += signed;
      cash -= signed * price * CENT;
    }
    books.mark(0, mark);
    const pnl = books.profitAndLoss(1);
    assert.equal(books.position(1, 0), position);
    assert.equal(pnl.realised + pnl.unrealised, cash + position * mark * CENT);
    assert.equal(pnl.fees, fees);
    assert.equal(books.equity(), pnl.realised + pnl.unrealised - pnl.fees);
  }));
});
