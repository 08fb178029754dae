/** The parts of the simulated market against their formulas: chance, Hawkes flow, hidden value, maker. */
import assert from "node:assert/strict";
import { DEFAULTS, START, withOptions } from "../../bench/facts/pen.ts";
import { autocorrelation, average } from "../../bench/facts/stylised.ts";
import { ExcitedFlow } from "../../actors/market/simulated/hawkes.ts";
import { MarketMaker } from "../../actors/market/simulated/maker.ts";
import { RestingOrders } from "../../actors/market/simulated/resting.ts";
import { geometric, poisson } from "../../actors/market/simulated/samplers.ts";
import { HiddenValue } from "../../actors/market/simulated/value.ts";
import { CommandWriter } from "../../actors/market/simulated/writer.ts";
import { BUY, SELL } from "../../actors/protocol/mod.ts";
import { CommandKind, OrderCommandView } from "../../ffi/layout.gen.ts";
import { createRandom } from "../../runtime/mod.ts";

const close = (value: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(value - wanted) <= tolerance, `${what}: ${value}, not ${wanted} ± ${tolerance}`);

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
