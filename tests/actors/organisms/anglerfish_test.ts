import assert from "node:assert/strict";
import {
  anglerfish,
  MidVolatility,
  optimalSpread,
  reservationPrice,
  TakerReach,
} from "../../../actors/organisms/anglerfish.ts";
import type { OrderIntent, SubmitOrder } from "../../../actors/protocol/mod.ts";
import { createRandom } from "../../../runtime/mod.ts";
import { Dish, INSTRUMENT, MS, SECOND } from "./dish.ts";

const GIVEN = { sigma: 4, k: 0.5, gamma: 0.01, horizonSeconds: 25, minimumRestingMs: 100, requoteTicks: 2 };

/** Accepts orders and cancels at once, as a venue without latency. */
function obliging(intent: OrderIntent, dish: Dish): void {
  if (intent.kind === "SubmitOrder") dish.accept(intent);
  if (intent.kind === "CancelOrder") {
    const order = dish.submitted.find(({ orderId }) => orderId === intent.target)!;
    dish.report(order, { type: "canceled", leaves: 0 });
  }
}

const quotes = (dish: Dish) => dish.submitted.map(({ side, price, quantity }) => [side, price, quantity]);

Deno.test("without a book it sends nothing, whatever else happens", async () => {
  const dish = Dish.of({ definition: anglerfish, parameters: GIVEN, answer: obliging });
  dish.trade(10_000, 0);
  dish.status("live");
  await dish.pass(600 * SECOND);
  dish.book(0, 10_001);
  dish.book(9_999, 0);
  await dish.pass(600 * SECOND);
  assert.deepEqual(dish.intents, []);
});

Deno.test("it quotes both sides of the reservation price at half the optimal spread, rounded outward, post-only", async () => {
  const dish = Dish.of({ definition: anglerfish, parameters: GIVEN, answer: obliging });
  dish.book(9_999, 10_002);
  await dish.settle();
  const half = optimalSpread(0.01, 4, 25, 0.5) / 2;
  assert.deepEqual(quotes(dish), [[0, Math.floor(10_000.5 - half), 1], [1, Math.ceil(10_000.5 + half), 1]]);
  assert.ok(dish.submitted.every(({ postOnly, tif }) => postOnly && tif === 0));
});

Deno.test("inventory leans both quotes against it by qγσ²(T−t)", async () => {
  for (const position of [6, -6]) {
    const dish = Dish.of({
      definition: anglerfish,
      parameters: { ...GIVEN, quoteLots: 2 },
      position,
      answer: obliging,
    });
    dish.book(9_999, 10_001);
    await dish.settle();
    const reservation = reservationPrice(10_000, position / 2, 0.01, 4, 25);
    assert.equal(reservation, 10_000 - position * 2);
    const half = optimalSpread(0.01, 4, 25, 0.5) / 2;
    const bid = Math.min(9_999 + 1, Math.floor(reservation - half));
    const ask = Math.max(9_999 + 1, Math.ceil(reservation + half));
    assert.deepEqual(quotes(dish), [[0, bid, 2], [1, ask, 2]]);
  }
});

Deno.test("it never quotes through the other side, and at the inventory cap only the side that reduces", async () => {
  const heavy = { ...GIVEN, gamma: 0.05, maximumLots: 10 };
  const dish = Dish.of({ definition: anglerfish, parameters: heavy, position: 10, answer: obliging });
  dish.book(9_999, 10_001);
  await dish.settle();
  // The skew alone would sell 200 ticks lower: through the bid.
  assert.deepEqual(quotes(dish), [[1, 10_000, 1]]);
  const almost = Dish.of({
    definition: anglerfish,
    parameters: { ...heavy, quoteLots: 4 },
    position: -8,
    answer: obliging,
  });
  almost.book(9_999, 10_001);
  await almost.settle();
  assert.deepEqual(quotes(almost).map(([side, , quantity]) => [side, quantity]), [[0, 4], [1, 2]]);
});

Deno.test("fees widen the quotes and rebates narrow nothing", async () => {
  const half = optimalSpread(0.01, 4, 25, 0.5) / 2;
  for (const [makerFee, fee] of [[200, 2], [-200, 0]]) {
    const instrument = { ...INSTRUMENT, makerFee };
    const dish = Dish.of({ definition: anglerfish, parameters: GIVEN, instrument, answer: obliging });
    dish.book(9_999, 10_001);
    await dish.settle();
    assert.deepEqual(quotes(dish).map(([, price]) => price), [
      Math.floor(10_000 - half - fee),
      Math.ceil(10_000 + half + fee),
    ]);
  }
});

Deno.test("a quote follows only when its target moved enough and its rest is over", async () => {
  const dish = Dish.of({ definition: anglerfish, parameters: GIVEN, answer: obliging });
  dish.book(9_999, 10_001);
  await dish.settle();
  dish.book(10_000, 10_002);
  await dish.pass(SECOND);
  assert.equal(dish.intents.length, 2, "one tick is not worth a message");
  dish.book(10_009, 10_011);
  await dish.settle();
  assert.equal(dish.intents.length, 6, "cancel and quote anew, both sides");
  dish.book(10_019, 10_021);
  await dish.pass(99 * MS);
  assert.equal(dish.intents.length, 6, "still firm");
  await dish.pass(1 * MS);
  assert.equal(dish.intents.length, 10);
});

Deno.test("a market that is not to be trusted is left after the rest, and taken up again", async () => {
  const dish = Dish.of({ definition: anglerfish, parameters: GIVEN, answer: obliging });
  dish.book(9_999, 10_001);
  await dish.settle();
  dish.status("resyncing");
  await dish.pass(99 * MS);
  assert.equal(dish.intents.length, 2);
  await dish.pass(1 * MS);
  assert.deepEqual(dish.intents.slice(2).map(({ kind }) => kind), ["CancelOrder", "CancelOrder"]);
  await dish.pass(10 * SECOND);
  assert.equal(dish.intents.length, 4);
  dish.status("live");
  await dish.settle();
  assert.equal(dish.submitted.length, 4);
});

Deno.test("refusals make it wait, longer each time", async () => {
  const refuse = (intent: OrderIntent, dish: Dish) =>
    intent.kind === "SubmitOrder" && dish.report(intent, { type: "rejected", leaves: 0, code: 1101 });
  const dish = Dish.of({ definition: anglerfish, parameters: { ...GIVEN, pauseMs: 500 }, answer: refuse });
  for (let step = 0; step < 600; step++) {
    dish.book(9_999, 10_001);
    await dish.pass(100 * MS);
  }
  assert.ok(dish.submitted.length >= 4 && dish.submitted.length < 20, `${dish.submitted.length} orders in a minute`);
});

/** A market of its own: a random walk of the mid and takers of random reach who trade with what rests. */
async function swim(seed: number, seconds: number): Promise<Dish> {
  const resting = new Map<number, SubmitOrder>();
  const parameters = { warmupSamples: 5, minimumRestingMs: 200, maximumLots: 5, riskAversion: 0.2 };
  const dish = Dish.of({
    definition: anglerfish,
    parameters,
    answer(intent, dish) {
      if (intent.kind === "SubmitOrder") resting.set(intent.orderId, intent);
      if (intent.kind === "CancelOrder") resting.delete(intent.target);
      obliging(intent, dish);
    },
  });
  const random = createRandom(seed);
  let mid = 10_000;
  for (let step = 0; step < seconds * 20; step++) {
    mid += random.int(3) - 1;
    const [bid, ask] = [mid - 1, mid + 1];
    if (random.next() < 0.3) {
      const aggressor = random.int(2) as 0 | 1;
      const reach = Math.floor(random.exponential(0.3));
      const price = aggressor === 0 ? ask + reach : bid - reach;
      for (const order of [...resting.values()]) {
        if (order.side === aggressor) continue;
        if (order.side === 1 ? order.price > price : order.price < price) continue;
        resting.delete(order.orderId);
        dish.fill(order);
      }
      dish.trade(price, aggressor);
    }
    dish.book(bid, ask);
    await dish.pass(50 * MS);
  }
  return dish;
}

Deno.test("in a living market no quote is ever withdrawn inside its minimum rest, and inventory stays in its cap", async () => {
  const dish = await swim(1, 600);
  const entered = new Map<number, number>();
  let withdrawn = 0;
  let shortest = Infinity;
  for (const { time, message } of dish.told) {
    if (message.kind === "SubmitOrder") entered.set(message.orderId, time);
    if (message.kind !== "CancelOrder") continue;
    withdrawn++;
    shortest = Math.min(shortest, time - entered.get(message.target)!);
  }
  assert.ok(withdrawn > 100, `only ${withdrawn} withdrawals: the market did not move`);
  assert.ok(shortest >= 200 * MS, `a quote was withdrawn after ${shortest} µs`);
  const { fills, refused } = dish.inspect().conduct;
  assert.ok(fills > 100, `only ${fills} fills`);
  assert.equal(refused, 0);
  assert.ok(Math.abs(dish.position) <= 5);
});

Deno.test("the same market twice gives the same orders; another market others", async () => {
  const path = (dish: Dish) => JSON.stringify(dish.submitted.map(({ side, price, time }) => [side, price, time]));
  const [first, again, other] = [await swim(2, 60), await swim(2, 60), await swim(3, 60)];
  assert.ok(first.submitted.length > 20);
  assert.equal(path(first), path(again));
  assert.notEqual(path(first), path(other));
});

Deno.test("σ of a random walk is found within 5 % from mids a second apart", () => {
  const random = createRandom(4);
  const volatility = new MidVolatility(1e9);
  let mid = 0;
  for (let tenth = 1; tenth <= 100_000; tenth++) {
    mid += 3 * Math.sqrt(0.1) * random.normal();
    volatility.add(mid, tenth * 100 * MS);
  }
  assert.equal(volatility.samples, 9_999);
  assert.ok(Math.abs(volatility.sigma / 3 - 1) < 0.05, `σ ${volatility.sigma}`);
});

Deno.test("k of takers with geometric reach is found within 10 %, however their prints are split", () => {
  for (const k of [0.2, 0.7, 2]) {
    const random = createRandom(5);
    const reach = new TakerReach(1e9);
    for (let taker = 1; taker <= 20_000; taker++) {
      const deepest = Math.floor(random.exponential(k));
      const aggressor = random.int(2) as 0 | 1;
      // The queue at the touch is made of several orders, each with its print.
      for (const level of [0, 0, 0, ...Array.from({ length: deepest + 1 }, (_, level) => level)]) {
        reach.add({ price: aggressor === 0 ? 101 + level : 99 - level, aggressor, time: taker }, 99, 101);
      }
    }
    assert.ok(Math.abs(reach.k / k - 1) < 0.1, `k ${reach.k} where ${k} was planted`);
  }
});
