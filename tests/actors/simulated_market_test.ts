/** The crowd of a simulated market against the real book: its orders, its picture of them, and how it reacts. */
import assert from "node:assert/strict";
import { DEFAULTS, Pen, PRICE, withOptions } from "../../bench/facts/pen.ts";
import { marketSchema } from "../../config/market.ts";
import { BUY, SELL } from "../../actors/protocol/mod.ts";
import { createRandom } from "../../runtime/mod.ts";

const close = (value: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(value - wanted) <= tolerance, `${what}: ${value}, not ${wanted} ± ${tolerance}`);

Deno.test("equal seeds give equal executions, other seeds give others", () => {
  const hash = (seed: number) => {
    using pen = new Pen({ seed });
    pen.seconds(120);
    return pen.hash();
  };
  assert.equal(hash(1), hash(1));
  assert.notEqual(hash(1), hash(2));
});

Deno.test("what one participant draws does not depend on what we do: the value is the same with our orders", () => {
  using alone = new Pen();
  using together = new Pen();
  for (let i = 0; i < 60; i++) {
    together.order(BUY, 300, 0);
    alone.seconds(1);
    together.seconds(1);
  }
  assert.notEqual(alone.hash(), together.hash());
  assert.equal(alone.crowd.value, together.crowd.value);
});

function assertPicture(pen: Pen, when: string): void {
  assert.equal(pen.crowd.resting + pen.own.size, pen.engine.openOrders, `orders ${when}`);
  for (const side of [BUY, SELL] as const) assert.deepEqual(pen.believedDepth(side), pen.depth(side), `levels ${when}`);
}

Deno.test("the crowd knows what it has resting, to the lot, also when we trade with it and after a restart", () => {
  using pen = new Pen({ seed: 7 });
  const random = createRandom(7);
  for (let round = 0; round < 400; round++) {
    pen.steps(1 + random.int(30));
    const side = random.int(2) === 0 ? BUY : SELL;
    const far = side === BUY ? pen.bid - 3 : pen.ask + 3;
    pen.order(side, 1 + random.int(200), random.int(2) === 0 ? 0 : random.int(2) === 0 ? far : Math.round(pen.mid));
    if (round % 100 === 99) {
      pen.restart();
      assert.equal(pen.crowd.resting, 0);
    }
    assertPicture(pen, `in round ${round}`);
  }
  assert.ok(pen.filledLots > 5_000, "we hardly traded");
});

Deno.test("orders that are cancelled over the crowd's head are forgotten, and replaced", () => {
  using pen = new Pen({ seed: 16 });
  pen.seconds(10);
  pen.writer.begin(pen.time);
  pen.crowd.withdraw(pen.writer);
  pen.send();
  assert.deepEqual([pen.crowd.resting, pen.engine.openOrders], [0, 0]);
  pen.seconds(1);
  assertPicture(pen, "a second later");
  assert.ok(pen.bid > 0 && pen.ask > 0);
});

Deno.test("every kind of participant acts at the rate that its options say", () => {
  const seconds = 600;
  using pen = new Pen({ seed: 17, options: withOptions({ informed: { thresholdTicks: 0 } }) });
  pen.seconds(seconds);
  const { zeroIntelligence, hawkes, informed } = pen.options;
  const rate = (owner: number) => (pen.entered.get(owner) ?? 0) / seconds;
  // Post-only orders that would cross are refused before they enter: at most one in fifty.
  close(rate(0) / (zeroIntelligence.limitsPerSecond + zeroIntelligence.marketsPerSecond), 0.99, 0.02, "at random");
  const branching = hawkes.selfExcitation + hawkes.crossExcitation;
  close(rate(1) / (2 * hawkes.baseRate / (1 - branching)), 1, 0.25, "excited");
  assert.ok(rate(2) > 1 && rate(2) < informed.looksPerSecond, `informed ${rate(2)}`);
  for (const maker of [3, 4, 5]) assert.ok(rate(maker) > 1, `maker ${maker} ${rate(maker)}`);
  assert.deepEqual([...pen.entered.keys()].sort(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("every background order that entered is filled, cancelled or still resting", () => {
  using pen = new Pen({ seed: 8 });
  pen.seconds(300);
  pen.restart();
  pen.seconds(300);
  const { entered, filled, canceled } = pen.fates;
  assert.ok(entered > 20_000);
  assert.equal(filled + canceled + pen.crowd.resting, entered);
});

Deno.test("the book is never crossed, and after its first second never without a side", () => {
  using pen = new Pen({ seed: 9 });
  pen.seconds(1);
  pen.steps(60_000, () => {
    assert.ok(pen.bid > 0 && pen.ask > 0, `a side is empty: ${pen.bid} ${pen.ask}`);
    assert.ok(pen.bid < pen.ask, `crossed: ${pen.bid} ${pen.ask}`);
  });
});

Deno.test("a book that we empty is filled again within a second", () => {
  using pen = new Pen({ seed: 10 });
  pen.seconds(10);
  for (const side of [BUY, SELL] as const) {
    pen.order(side, 1_000_000, 0);
    assert.equal(side === BUY ? pen.ask : pen.bid, 0);
    pen.seconds(1);
    assert.ok(pen.bid > 0 && pen.ask > pen.bid, `${pen.bid} ${pen.ask}`);
    assertPicture(pen, "after the sweep");
  }
});

Deno.test("a market at one or two ticks goes on, with prices that exist", () => {
  using pen = new Pen({ seed: 11, start: 2 });
  let sold = 0;
  pen.steps(60_000, () => {
    assert.ok(pen.bid === 0 || pen.bid >= 1);
    if (pen.bid > 0 && pen.ask > 0) assert.ok(pen.bid < pen.ask);
    if (pen.bid > 0) sold++;
  });
  assert.ok(sold > 50_000, `a bid in only ${sold} of 60000 steps`);
  assert.ok(pen.crowd.resting > 0);
  assertPicture(pen, "near one tick");
  // Prices that do not exist are not even asked for: what is refused would have crossed.
  assert.ok(pen.fates.rejected < pen.fates.entered / 50, `${pen.fates.rejected} refused`);
});

Deno.test("without makers the others keep a market alive", () => {
  using pen = new Pen({ seed: 12, options: withOptions({ maker: { makers: 0 } }) });
  let both = 0;
  pen.steps(30_000, () => {
    if (pen.bid > 0 && pen.ask > 0) both++;
  });
  assert.ok(both > 25_000, `two sides in only ${both} of 30000 steps`);
  assertPicture(pen, "without makers");
});

Deno.test("a day at an extreme setting stays bounded: the number of resting orders is limits / cancels", () => {
  const options = withOptions({
    stepMs: 1_000,
    zeroIntelligence: { limitsPerSecond: 200, marketsPerSecond: 0, cancelRate: 1, meanDistanceTicks: 50 },
  });
  using pen = new Pen({ seed: 13, options });
  const resting: number[] = [];
  pen.steps(600, () => resting.push(pen.crowd.resting));
  const makers = DEFAULTS.maker.makers * DEFAULTS.maker.levels * 2;
  assert.ok(Math.max(...resting) < 2 * 200 + makers, `${Math.max(...resting)} orders`);
});

Deno.test("a restarted crowd withdraws what it had, and starts from the last price", () => {
  using pen = new Pen({ seed: 14 });
  pen.seconds(600);
  const before = pen.mid;
  assert.ok(Math.abs(before - PRICE) > 1, "the price had not moved");
  pen.restart();
  assert.equal(pen.engine.openOrders, 0);
  pen.seconds(1);
  close(pen.mid, before, 15, "price a second after the restart");
});

/** Nobody takes, and the value stands still. */
const QUIET = withOptions({
  zeroIntelligence: { marketsPerSecond: 0 },
  hawkes: { baseRate: 0 },
  informed: { looksPerSecond: 0 },
  maker: { followSeconds: 1e9 },
  fundamental: { volatility: 0 },
});

Deno.test("makers learn from the flow: a buyer raises the price, and the echo in it passes again", () => {
  using pen = new Pen({ options: QUIET });
  const { maker: { learningBpPer100Lots }, hawkes: { selfExcitation, crossExcitation } } = QUIET;
  const learned = () => (pen.crowd.estimate / PRICE - 1) * 1e4;
  pen.crowd.learn(BUY, 100);
  close(learned(), learningBpPer100Lots, 0.01, "basis points at once");
  pen.seconds(10);
  close(learned(), (1 - selfExcitation + crossExcitation) * learningBpPer100Lots, 0.01, "basis points for good");
  pen.crowd.learn(SELL, 100);
  pen.seconds(10);
  close(learned(), 0, 0.01, "basis points after a seller of as much");
});

Deno.test("makers do not leave a market that goes elsewhere: what they think follows the middle", () => {
  using pen = new Pen({ options: withOptions({ ...QUIET, maker: { followSeconds: 2 } }) });
  pen.seconds(1);
  pen.crowd.observe(10_099, 10_101);
  // In one step, before the crowd sees what it did to the book.
  pen.writer.begin(pen.time);
  pen.crowd.step(2, pen.writer);
  close(pen.crowd.estimate, PRICE + 100 * (1 - Math.exp(-1)), 0.5, "estimate after the time to 63 %");
});

Deno.test("branching that would explode, and books that would grow without end, are refused by the configuration", () => {
  const refused = (market: unknown) => !marketSchema.safeParse(market).success;
  assert.ok(refused({ hawkes: { selfExcitation: 0.8, crossExcitation: 0.2 } }));
  assert.ok(!refused({ hawkes: { selfExcitation: 0.8, crossExcitation: 0.1 } }));
  assert.ok(refused({ zeroIntelligence: { cancelRate: 0 } }));
  assert.ok(refused({ fundamental: { volatilityReversion: 0 } }));
});

Deno.test("the informed concede to the flow of others, by its root, and forget it", () => {
  using pen = new Pen();
  const { concessionBp, concessionSeconds } = DEFAULTS.informed;
  const conceded = () => Math.log(pen.crowd.fairPrice / pen.crowd.value) * 1e4;
  assert.equal(conceded(), 0);
  pen.crowd.learn(BUY, 1_000);
  close(conceded(), concessionBp, 1e-9, "for 1000 lots");
  pen.crowd.learn(SELL, 5_000);
  close(conceded(), -2 * concessionBp, 1e-9, "for 4000 lots sold");
  using other = new Pen({ options: QUIET });
  other.crowd.learn(BUY, 1_000);
  other.seconds(concessionSeconds);
  close(
    Math.log(other.crowd.fairPrice / other.crowd.value) * 1e4,
    concessionBp * Math.exp(-0.5),
    1e-6,
    "after the time in which flow is forgotten to 37 %",
  );
});

Deno.test("what the informed trade themselves is no news to them", () => {
  const options = withOptions({
    zeroIntelligence: { marketsPerSecond: 0 },
    hawkes: { baseRate: 0 },
    informed: { thresholdTicks: 0 },
  });
  using pen = new Pen({ seed: 18, options });
  pen.seconds(60);
  assert.ok((pen.entered.get(2) ?? 0) > 60, "the informed hardly traded");
  close(pen.crowd.fairPrice, pen.crowd.value, 1e-6, "fair price");
});
