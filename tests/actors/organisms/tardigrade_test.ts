import assert from "node:assert/strict";
import fc from "fast-check";
import { createCryptobiosis, tardigrade } from "../../../actors/organisms/tardigrade.ts";
import { prepareHost } from "../../../actors/organisms/host.ts";
import type { OrderIntent, SubmitOrder } from "../../../actors/protocol/mod.ts";
import { createRandom } from "../../../runtime/mod.ts";
import { Dish, INSTRUMENT, SECOND } from "./dish.ts";

const LEVELS = {
  targetVolatility: 0.1,
  enterVolatility: 0.3,
  reviveVolatility: 0.15,
  enterDrawdown: 0.2,
  calmUpdates: 2,
  revivalSteps: 2,
};

/** [equity, volatility, state, exposure] per update. */
type Step = [equity: number, volatility: number, state: string, exposure: number];

const HISTORIES: Record<string, Step[]> = {
  "calm: fully exposed up to the target, less above it": [
    [100, 0.05, "active", 1],
    [100, 0.1, "active", 1],
    [100, 0.2, "active", 0.5],
    [100, 0.25, "active", 0.4],
  ],
  "a burst of volatility dries it out at the upper threshold, not below": [
    [100, 0.2999, "active", 0.1 / 0.2999],
    [100, 0.3, "tun", 0],
  ],
  "between the thresholds it stays as it is: that is the hysteresis": [
    [100, 0.29, "active", 0.1 / 0.29],
    [100, 0.31, "tun", 0],
    [100, 0.29, "tun", 0],
    [100, 0.16, "tun", 0],
    [100, 0.29, "tun", 0],
  ],
  "revival needs calm updates in a row, and comes in steps that need calm again": [
    [100, 0.31, "tun", 0],
    [100, 0.15, "tun", 0],
    [100, 0.151, "tun", 0],
    [100, 0.15, "tun", 0],
    [100, 0.1, "reviving", 0.5],
    [100, 0.1, "reviving", 0.5],
    [100, 0.1, "active", 1],
  ],
  "between the thresholds a revival holds its step": [
    [100, 0.31, "tun", 0],
    [100, 0.1, "tun", 0],
    [100, 0.1, "reviving", 0.5],
    [100, 0.2, "reviving", 0.25],
    [100, 0.2, "reviving", 0.25],
    [100, 0.1, "reviving", 0.5],
    [100, 0.1, "active", 1],
  ],
  "a burst during revival leads back": [
    [100, 0.31, "tun", 0],
    [100, 0.1, "tun", 0],
    [100, 0.1, "reviving", 0.5],
    [100, 0.3, "tun", 0],
    [100, 0.1, "tun", 0],
    [100, 0.1, "reviving", 0.5],
  ],
  "a drawdown from the peak dries it out at the limit": [
    [100, 0.1, "active", 1],
    [125, 0.1, "active", 1],
    [100.01, 0.1, "active", 1],
    [100, 0.1, "tun", 0],
  ],
  "the peak counts anew from the start of a revival, not before": [
    [100, 0.1, "active", 1],
    [80, 0.1, "tun", 0],
    [80, 0.1, "tun", 0],
    [80, 0.1, "reviving", 0.5],
    [65, 0.1, "reviving", 0.5],
    [64, 0.1, "tun", 0],
  ],
  "nothing left is for ever": [
    [100, 0.1, "active", 1],
    [0, 0, "tun", 0],
    [0, 0, "tun", 0],
    [0, 0, "tun", 0],
    [-5, 0, "tun", 0],
  ],
};

for (const [name, steps] of Object.entries(HISTORIES)) {
  Deno.test(`cryptobiosis: ${name}`, () => {
    const subject = createCryptobiosis(LEVELS);
    for (const [i, [equity, volatility, state, exposure]] of steps.entries()) {
      const told = subject.update(equity, volatility);
      assert.equal(told.state, state, `update ${i + 1}`);
      assert.ok(Math.abs(told.exposure - exposure) < 1e-12, `update ${i + 1}: exposure ${told.exposure}`);
    }
    assert.equal(subject.inspect().state, steps.at(-1)![2]);
  });
}

Deno.test("cryptobiosis: whatever comes, exposure is within 0 and 1, 0 in a tun, and never up at or above the trigger", () => {
  const update = fc.tuple(fc.double({ min: -50, max: 200, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.array(update, { maxLength: 80 }), (updates) => {
      const subject = createCryptobiosis(LEVELS);
      for (const [equity, volatility] of updates) {
        const { exposure, state } = subject.update(equity, volatility);
        assert.ok(exposure >= 0 && exposure <= 1);
        if (state === "tun") assert.equal(exposure, 0);
        if (volatility >= LEVELS.enterVolatility || equity <= 0) assert.equal(state, "tun");
      }
    }),
    { seed: 9, numRuns: 500 },
  );
});

Deno.test("cryptobiosis: what is not a number, and thresholds without a gap, are refused", () => {
  const subject = createCryptobiosis(LEVELS);
  for (const [equity, volatility] of [[NaN, 0.1], [Infinity, 0.1], [100, NaN], [100, -0.1], [100, Infinity]]) {
    assert.throws(() => subject.update(equity, volatility), RangeError);
  }
  assert.throws(() => createCryptobiosis({ ...LEVELS, reviveVolatility: 0.3 }), RangeError);
  assert.throws(
    () =>
      prepareHost({
        id: "t",
        strategy: 1,
        definition: tardigrade,
        parameters: { enterMultiple: 1, reviveMultiple: 1 },
        instruments: [INSTRUMENT],
      }),
    /parameter "reviveMultiple": must be below enterMultiple/,
  );
});

/** Fills at once: market orders at `price`, others at their limit. */
function filling(price: () => number) {
  return (intent: OrderIntent, dish: Dish) => {
    if (intent.kind !== "SubmitOrder") return;
    dish.accept(intent);
    dish.fill(intent, intent.orderType === 1 ? price() : intent.price);
  };
}

/** One day: a bar that closes at `close`. */
async function day(dish: Dish, close: number): Promise<void> {
  const bar = {
    kind: "Bar",
    instrument: INSTRUMENT.id,
    open: close,
    high: close,
    low: close,
    close,
    volume: 1,
  } as const;
  dish.host.tell({ kind: "MarketData", events: [{ ...bar, time: dish.now }] });
  await dish.pass(86_400 * SECOND);
}

interface Shown {
  readonly source: string;
  readonly state: string;
  readonly tuns: number;
}

const shown = (dish: Dish) => (dish.inspect().state as Shown[])[0];

/** Closes that alternate by ±`swing`: a daily volatility of about `swing`. */
const alternating = (days: number, swing: number, from = 100_000) =>
  Array.from({ length: days }, (_, i) => i % 2 === 0 ? from : Math.round(from * (1 + swing)));

Deno.test("without bars or books it sends nothing, and nothing before its window is full", async () => {
  const dish = Dish.of({ definition: tardigrade, answer: filling(() => 100_000) });
  dish.trade(100, 0);
  dish.status("live");
  await dish.pass(600 * SECOND);
  assert.deepEqual(dish.intents, []);
  for (const close of alternating(21, 0.005)) await day(dish, close);
  assert.deepEqual(dish.intents, [], "21 closes are 20 returns");
  await day(dish, 100_500);
  assert.equal(dish.intents.length, 1);
});

Deno.test("on bars it holds target over volatility of its full size, by market orders", async () => {
  for (const [swing, least, most] of [[0.004, 1000, 1000], [0.01, 700, 800], [0.015, 460, 540]]) {
    let close = 0;
    const dish = Dish.of({
      definition: tardigrade,
      parameters: { fullLots: 1_000, enterMultiple: 10 },
      answer: filling(() => close),
    });
    for (close of alternating(60, swing)) await day(dish, close);
    // The deviation of returns of ±s is s·√(21/20); a year has 252.
    const expected = Math.min(1, 0.12 / (swing * Math.sqrt(252 * 21 / 20))) * 1_000;
    assert.ok(dish.position >= least && dish.position <= most, `${dish.position} lots at a swing of ${swing}`);
    assert.ok(Math.abs(dish.position - expected) <= 50, `${dish.position} lots where ${expected} are due, ± the band`);
    assert.ok(dish.submitted.every(({ orderType }) => orderType === 1));
    assert.equal(shown(dish).source, "bars");
  }
});

Deno.test("in a crisis it sells everything, stays out while it lasts and returns in steps when it is over", async () => {
  let close = 0;
  const dish = Dish.of({
    definition: tardigrade,
    parameters: { fullLots: 1_000, calmUpdates: 5, revivalSteps: 4 },
    answer: filling(() => close),
  });
  const held: number[] = [];
  const live = async (closes: readonly number[]) => {
    for (close of closes) {
      await day(dish, close);
      held.push(dish.position);
    }
  };
  await live(alternating(30, 0.004));
  assert.equal(dish.position, 1_000);
  await live(alternating(30, 0.05));
  assert.equal(dish.position, 0);
  assert.equal(shown(dish).state, "tun");
  const from = held.length;
  await live(alternating(60, 0.004));
  assert.equal(dish.position, 1_000);
  assert.equal(shown(dish).tuns, 1);
  const levels = [...new Set(held.slice(from))];
  assert.deepEqual(levels, [0, 250, 500, 750, 1_000], "graded");
  assert.ok(dish.submitted.filter(({ side }) => side === 1).every(({ reduceOnly }) => reduceOnly));
});

Deno.test("a slow loss without volatility dries it out by drawdown", async () => {
  let close = 100_000;
  const dish = Dish.of({
    definition: tardigrade,
    parameters: { fullLots: 1_000, enterDrawdown: 0.1 },
    answer: filling(() => close),
  });
  let worst = 0;
  for (let i = 0; i < 60; i++, close = Math.round(close * 0.996)) {
    await day(dish, close);
    if (dish.position > 0) worst = 1 - close / 100_000;
  }
  assert.equal(shown(dish).state === "active", false);
  assert.equal(dish.submitted[0].side, 0);
  const sold = dish.submitted.find(({ side }) => side === 1)!;
  assert.equal(sold.quantity, 1_000);
  assert.ok(worst < 0.2, `it held on to a loss of ${worst}`);
});

Deno.test("small errors of exposure are left alone", async () => {
  let close = 0;
  const random = createRandom(3);
  const orders: number[] = [];
  for (const rebalanceBand of [0, 0.2]) {
    const dish = Dish.of({
      definition: tardigrade,
      parameters: { fullLots: 1_000, rebalanceBand },
      answer: filling(() => close),
    });
    close = 100_000;
    for (let i = 0; i < 120; i++) {
      close = Math.round(close * (1 + 0.01 * random.normal()));
      await day(dish, close);
    }
    orders.push(dish.submitted.length);
  }
  assert.ok(orders[1] * 3 < orders[0], `${orders[1]} orders with a band, ${orders[0]} without`);
});

Deno.test("an order that is not finished is waited for, and the decision is made up when it is", async () => {
  const waiting: SubmitOrder[] = [];
  const dish = Dish.of({
    definition: tardigrade,
    parameters: { fullLots: 1_000 },
    answer: (intent) => intent.kind === "SubmitOrder" && waiting.push(intent),
  });
  for (const close of alternating(22, 0.004)) await day(dish, close);
  await day(dish, 100_000);
  assert.equal(waiting.length, 1);
  dish.accept(waiting[0]);
  dish.position = 400;
  dish.report(waiting[0], { type: "trade", quantity: 400, leaves: 600 });
  dish.report(waiting[0], { type: "canceled", quantity: 600, leaves: 0 });
  await dish.settle();
  assert.deepEqual(waiting.map(({ quantity }) => quantity), [1_000, 600]);
});

/** Mids that wander by `step` ticks at most each second. */
async function seconds(dish: Dish, count: number, step: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  let mid = 100_000;
  for (let i = 0; i < count; i++) {
    mid += random.int(2 * step + 1) - step;
    dish.book(mid - 1, mid + 1);
    await dish.pass(SECOND);
  }
}

Deno.test("without bars it samples mids by the second and measures a crisis against what the market usually does", async () => {
  const dish = Dish.of({
    definition: tardigrade,
    parameters: { fullLots: 100, midWindow: 60 },
    answer: filling(() => 0),
  });
  await seconds(dish, 61, 10, 1);
  assert.ok(dish.position >= 90, `${dish.position} lots in a market that is as usual`);
  assert.ok(dish.submitted.every(({ orderType, tif }) => orderType === 0 && tif === 1));
  await seconds(dish, 600, 10, 2);
  assert.ok(dish.position >= 60, `${dish.position} lots in a market that is as usual`);
  await seconds(dish, 120, 60, 3);
  assert.equal(shown(dish).state, "tun");
  assert.equal(dish.position, 0);
  assert.equal(shown(dish).source, "mids");
});

Deno.test("the same market twice gives the same orders; another market others", async () => {
  const run = async (seed: number) => {
    const dish = Dish.of({
      definition: tardigrade,
      parameters: { fullLots: 100, midWindow: 30, rebalanceBand: 0.02, targetVolatility: 0.25 },
      answer: filling(() => 0),
    });
    await seconds(dish, 300, 10, seed);
    return dish.submitted.map(({ side, price, quantity, time }) => [side, price, quantity, time]);
  };
  const first = await run(1);
  assert.ok(first.length > 20);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
});
