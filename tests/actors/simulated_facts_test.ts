/** What the record of a simulated market shows, over several seeds: docs/simulated-market.md has the figures. */
import assert from "node:assert/strict";
import { measureImpact } from "../../bench/facts/impact.ts";
import { DEFAULTS, Pen, START } from "../../bench/facts/pen.ts";
import { autocorrelation, average, kurtosis, logReturns, MarketRecord } from "../../bench/facts/stylised.ts";
import { MICROS_PER_SECOND } from "../../runtime/mod.ts";

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
