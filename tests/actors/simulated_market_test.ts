/** The simulated market: its parts against their formulas, its crowd against the book, its record against the facts. */
import assert from "node:assert/strict";
import { autocorrelation, average, kurtosis, logReturns, MarketRecord } from "../../bench/facts/stylised.ts";
import { measureImpact } from "../../bench/facts/impact.ts";
import { marketSchema } from "../../config/market.ts";
import { ExcitedFlow } from "../../actors/market/simulated/hawkes.ts";
import { MarketMaker } from "../../actors/market/simulated/maker.ts";
import { RestingOrders } from "../../actors/market/simulated/resting.ts";
import { geometric, poisson } from "../../actors/market/simulated/samplers.ts";
import { HiddenValue } from "../../actors/market/simulated/value.ts";
import { CommandWriter } from "../../actors/market/simulated/writer.ts";
import { BUY, SELL } from "../../actors/protocol/mod.ts";
import { CommandKind, OrderCommandView } from "../../ffi/layout.gen.ts";
import { createRandom, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { DEFAULTS, Pen, PRICE, START, withOptions } from "../../bench/facts/pen.ts";

const close = (value: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(value - wanted) <= tolerance, `${what}: ${value}, not ${wanted} ± ${tolerance}`);

// ---------------------------------------------------------------------------------------------------------------- chance

Deno.test("a Poisson count has its mean and variance, also when the mean is large", () => {
  const random = createRandom(1);
  for (const mean of [0.02, 0.7, 29, 45, 750, 4000]) {
    const n = mean > 100 ? 2_000 : 50_000;
    const counts = Array.from({ length: n }, () => poisson(random, mean));
    const variance = average(counts.map((count) => (count - mean) ** 2));
    close(average(counts), mean, 4 * Math.sqrt(mean / n), `mean of ${mean}`);
    close(variance / mean, 1, 4 * Math.sqrt((2 + 1 / mean) / n), `variance of ${mean}, over its mean`);
  }
  assert.equal(poisson(random, 0), 0);
  assert.equal(poisson(random, -1), 0);
});

Deno.test("a geometric size has its mean, begins at 1, and is 1 where the mean is", () => {
  const random = createRandom(2);
  for (const mean of [1.5, 8, 40]) {
    const sizes = Array.from({ length: 100_000 }, () => geometric(random, mean));
    assert.equal(Math.min(...sizes.slice(0, 10_000)), 1);
    assert.ok(sizes.every(Number.isInteger));
    close(average(sizes), mean, (4 * Math.sqrt(mean * (mean - 1))) / Math.sqrt(sizes.length), `mean of ${mean}`);
    const first = sizes.filter((size) => size === 1).length / sizes.length;
    close(first, 1 / mean, 0.006, `share of ones for ${mean}`);
  }
  assert.equal(geometric(random, 1), 1);
});

Deno.test("a Hawkes flow has the mean rate base / (1 − n), whatever the length of a step", () => {
  const options = { baseRate: 0.6, selfExcitation: 0.5, crossExcitation: 0.2, decay: 4, meanLots: 1 };
  for (const [step, seconds] of [[0.01, 40_000], [1, 80_000], [30, 80_000]]) {
    const flow = new ExcitedFlow(options, createRandom(3));
    const counts = [0, 0];
    for (let i = 0; i < seconds / step; i++) flow.advance(step, (side) => counts[side]++);
    const wanted = 0.6 / (1 - 0.7);
    for (const side of [BUY, SELL]) {
      // Counts of both sides together have the variance rate·T / (1 − n)², a relative deviation of 0.8 %.
      close(counts[side] / seconds / wanted, 1, 0.03, `rate of side ${side} in steps of ${step} s`);
    }
  }
});

Deno.test("a Hawkes order excites its own side more than the other, and excitement fades", () => {
  const options = { baseRate: 1, selfExcitation: 0.6, crossExcitation: 0.1, decay: 2, meanLots: 1 };
  const flow = new ExcitedFlow(options, createRandom(4));
  const sides: number[] = [];
  while (sides.length === 0) flow.advance(0.001, (side) => sides.push(side));
  const [first] = sides;
  assert.equal(sides.length, 1);
  // Just after: α·β above the base on its own side, for one order and at most a millisecond of fading.
  close(flow.intensity(first === BUY ? BUY : SELL), 1 + 0.6 * 2, 0.01, "own side");
  close(flow.intensity(first === BUY ? SELL : BUY), 1 + 0.1 * 2, 0.01, "other side");

  const quiet = new ExcitedFlow({ ...options, baseRate: 0 }, createRandom(4));
  quiet.advance(1000, () => assert.fail("an order out of nothing"));
});

Deno.test("the hidden value moves with the volatility that was asked for", () => {
  const { fundamental } = withOptions({ fundamental: { volatility: 0.0003 } });
  const random = createRandom(5);
  let squares = 0;
  const paths = 4_000, seconds = 60;
  for (let i = 0; i < paths; i++) {
    const value = new HiddenValue(10_000, fundamental, random);
    for (let t = 0; t < seconds; t++) value.advance(1);
    const move = Math.log(value.ticks / 10_000);
    squares += move * move;
  }
  // Root mean square over the law of the volatility, which spreads by 0.5: its fourth moment widens the error.
  close(Math.sqrt(squares / paths / seconds) / 0.0003, 1, 0.06, "volatility over what was asked for");
});

Deno.test("the hidden value keeps its mean, and a floor under it", () => {
  const random = createRandom(15);
  const { fundamental } = withOptions({ fundamental: { volatility: 0.05, volatilityOfVolatility: 0 } });
  const last = Array.from({ length: 4_000 }, () => {
    const value = new HiddenValue(1_000, fundamental, random);
    for (let t = 0; t < 20; t++) value.advance(1);
    return value.ticks;
  });
  // Deviation of one path: 0.05·√20 = 22 %.
  close(average(last) / 1_000, 1, (4 * 0.22) / Math.sqrt(last.length), "mean over the start");
  const low = new HiddenValue(2, fundamental, random);
  for (let t = 0; t < 1_000; t++) {
    low.advance(1);
    assert.ok(low.ticks >= 2);
  }
});

Deno.test("log-volatility of the hidden value has its stationary spread and its memory", () => {
  const { fundamental } = withOptions({ fundamental: { volatilityReversion: 0.1, volatilityOfVolatility: 0.2 } });
  const value = new HiddenValue(1e9, fundamental, createRandom(6));
  const logs: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    value.advance(1);
    logs.push(Math.log(value.volatility));
  }
  const mean = average(logs);
  const spread = Math.sqrt(average(logs.map((x) => (x - mean) ** 2)));
  close(spread, 0.2 / Math.sqrt(2 * 0.1), 0.02, "spread");
  close(autocorrelation(logs, 10), Math.exp(-1), 0.04, "correlation after 1/κ");
});

// ----------------------------------------------------------------------------------------------------------------- maker

interface Quoted {
  readonly kind: number;
  readonly side: number;
  readonly price: number;
  readonly quantity: number;
}

function quotes(writer: CommandWriter): Quoted[] {
  const view = new OrderCommandView(writer.take());
  return Array.from({ length: writer.count }, (_, i) => {
    const { kind, side, price, quantity } = view.at(i);
    return { kind, side, price, quantity };
  });
}

class MakerBench {
  readonly resting = new RestingOrders(4);
  readonly writer = new CommandWriter();
  readonly maker: MarketMaker;
  #now = 0;

  constructor(overrides: Partial<typeof DEFAULTS.maker> = {}) {
    const options = { ...DEFAULTS.maker, levels: 2, lotsPerLevel: 10, halfSpreadTicks: 1, ...overrides };
    this.maker = new MarketMaker(3, 0, options, this.resting, createRandom(1));
  }

  /** A look `after` seconds later. */
  review(estimate: number, touch = { bid: 0, ask: 0 }, after = 1): Quoted[] {
    this.writer.begin(START);
    this.maker.review(this.#now += after, estimate, touch, this.writer);
    return quotes(this.writer);
  }

  prices(side: number): number[] {
    return this.resting.of(3).filter((order) => order.side === side).map(({ price }) => price).sort((a, b) => a - b);
  }
}

Deno.test("a maker quotes levels around its centre and leaves them alone while nothing changes", () => {
  const bench = new MakerBench();
  assert.deepEqual(bench.review(100.4).map(({ side, price, quantity }) => [side, price, quantity]), [
    [BUY, 99, 10],
    [BUY, 98, 20],
    [SELL, 101, 10],
    [SELL, 102, 20],
  ]);
  assert.deepEqual(bench.review(99.6), []);
});

Deno.test("a maker looks at its quotes every so often, not at every step", () => {
  const bench = new MakerBench({ reviewMs: 100 });
  const touch = { bid: 0, ask: 0 };
  bench.review(100);
  assert.deepEqual(bench.review(110, touch, 0.07), [], "three quarters of the time have not passed");
  assert.equal(bench.review(110, touch, 0.06).length, 8, "a quarter more than the time has passed");
});

Deno.test("a maker fills up a level that was used and keeps its place on the others", () => {
  const bench = new MakerBench();
  bench.review(100);
  const best = bench.resting.of(3).find((order) => order.price === 99)!;
  bench.resting.remove(best.id);
  assert.deepEqual(bench.review(100), [{ kind: CommandKind.New, side: BUY, price: 99, quantity: 10 }]);
});

Deno.test("a maker leans against its inventory, and at its limit quotes only what reduces it", () => {
  const bench = new MakerBench({ skewTicksPer100Lots: 2, maximumLots: 200 });
  bench.maker.filled(BUY, 100);
  bench.review(100);
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[96, 97], [99, 100]]);
  bench.maker.filled(BUY, 100);
  bench.review(100);
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[], [97, 98]]);
  bench.maker.filled(SELL, 400);
  bench.review(100);
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[102, 103], []]);
});

Deno.test("a maker never crosses what is shown, and near one tick quotes only prices that exist", () => {
  const bench = new MakerBench();
  bench.review(100, { bid: 104, ask: 105 });
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[98, 99], [105, 106]]);
  bench.review(100, { bid: 90, ask: 95 });
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[93, 94], [101, 102]]);
  bench.review(2);
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[1], [3, 4]]);
  bench.maker.filled(BUY, 1_000);
  bench.review(2);
  assert.deepEqual([bench.prices(BUY), bench.prices(SELL)], [[], [1, 2]]);
});

// ----------------------------------------------------------------------------------------------------- the crowd's orders

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

// ----------------------------------------------------------------------------------------------------------------- facts

const HALF_AN_HOUR = 1_800;

interface Observed {
  readonly record: MarketRecord;
  readonly gaps: readonly number[];
  readonly inventory: number;
}

function observe(seed: number, seconds: number): Observed {
  const record = new MarketRecord(START, MICROS_PER_SECOND);
  using pen = new Pen({ seed, onEvent: (event) => record.take(event) });
  const gaps: number[] = [];
  let inventory = 0;
  for (let t = 0; t < seconds; t++) {
    pen.seconds(1);
    gaps.push(pen.mid - pen.crowd.fairPrice);
    for (const lots of pen.crowd.inventories) inventory = Math.max(inventory, Math.abs(lots));
  }
  record.passTo(pen.time + 1);
  return { record, gaps, inventory };
}

let observed: readonly Observed[] | undefined;
/** Three seeds, half an hour each, at the default options and 10 000 ticks. */
const days = () => observed ??= [1, 2, 3].map((seed) => observe(seed, HALF_AN_HOUR));

Deno.test("returns of one and five seconds have fat tails", () => {
  for (const { record } of days()) {
    const one = kurtosis(logReturns(record.mids, 1));
    const five = kurtosis(logReturns(record.mids, 5));
    assert.ok(one > 4 && five > 3, `kurtosis ${one} at 1 s, ${five} at 5 s`);
  }
});

Deno.test("volatility clusters: |returns| of one second are correlated 20 seconds apart", () => {
  for (const { record } of days()) {
    const sizes = logReturns(record.mids, 1).map(Math.abs);
    for (const lag of [1, 5, 20]) {
      const value = autocorrelation(sizes, lag);
      assert.ok(value > 2 / Math.sqrt(sizes.length), `autocorrelation of |r| at lag ${lag}: ${value}`);
    }
  }
});

Deno.test("a return says next to nothing about the next: the price does not trail the value", () => {
  for (const { record } of days()) {
    const one = autocorrelation(logReturns(record.mids, 1), 1);
    const five = logReturns(record.mids, 5);
    assert.ok(Math.abs(one) < 0.25, `autocorrelation ${one} at 1 s`);
    const next = autocorrelation(five, 1);
    assert.ok(Math.abs(next) < 4 / Math.sqrt(five.length), `autocorrelation ${next} at 5 s`);
  }
});

Deno.test("signs of takers are correlated, and the correlation decays", () => {
  for (const { record: { signs } } of days()) {
    const [first, fifth, tenth] = [1, 5, 10].map((lag) => autocorrelation(signs, lag));
    assert.ok(first > fifth && fifth > tenth, `${first}, ${fifth}, ${tenth}`);
    assert.ok(tenth > 2 / Math.sqrt(signs.length), `${tenth} over ${signs.length} signs`);
  }
});

Deno.test("the price stays with what the informed think right, the spread narrow, the makers' inventories within their limit", () => {
  for (const { record, gaps, inventory } of days()) {
    const apart = Math.sqrt(average(gaps.map((gap) => gap * gap)));
    assert.ok(apart < 3, `price and fair price are ${apart} ticks apart`);
    assert.ok(
      average(record.spreads) < 2 && Math.max(...record.spreads) <= 15,
      `spreads ${Math.max(...record.spreads)}`,
    );
    assert.ok(inventory < DEFAULTS.maker.maximumLots / 2, `inventory ${inventory}`);
    assert.ok(inventory > 50, "the makers hardly traded");
    assert.equal(record.oneSided, 0);
  }
});

Deno.test("a large order of ours moves the price, less than in proportion to its size", () => {
  const [small, large] = measureImpact([480, 3_840], 30, Array.from({ length: 30 }, (_, i) => i + 1));
  assert.ok(small.ticks > 2 * small.error, `480 lots moved ${small.ticks} ± ${small.error} ticks`);
  assert.ok(large.ticks > 4, `3840 lots moved ${large.ticks} ticks`);
  assert.ok(
    large.ticks < 0.8 * 8 * small.ticks,
    `eight times the lots moved ${large.ticks / small.ticks} times as far`,
  );
  assert.ok(large.later < large.ticks, `${large.later} ticks were left of ${large.ticks}`);
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
