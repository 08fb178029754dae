import assert from "node:assert/strict";
import { platypus } from "../../../actors/organisms/platypus.ts";
import type { OrderIntent, SubmitOrder } from "../../../actors/protocol/mod.ts";
import { createRandom, type Random } from "../../../runtime/mod.ts";
import { Dish, INSTRUMENT, SECOND } from "./dish.ts";

const PARAMETERS = { minimumIntervals: 60, lots: 2 };
const UPDATES = 20;
const DEPTH = 1_000;

/** Fills what is immediate at its limit. */
function obliging(intent: OrderIntent, dish: Dish): void {
  if (intent.kind !== "SubmitOrder") return;
  dish.accept(intent);
  dish.fill(intent);
}

interface Market {
  /** Per interval: what each update adds to the bid (above zero) or to the ask (below). Lots. */
  readonly flows: readonly (readonly number[])[];
  /** Per interval: how far the quotes move at its start. Ticks. */
  readonly moves: readonly number[];
}

/** A market in which the flow of one interval moves the price of the next by β·OFI/D plus noise. */
function planted(intervals: number, seed: number): Market {
  const random = createRandom(seed);
  const flows = Array.from(
    { length: intervals },
    () => Array.from({ length: UPDATES }, () => (random.int(2) === 0 ? 1 : -1) * (1 + random.int(500))),
  );
  const moves = flows.map((_, i) => {
    const flow = i === 0 ? 0 : flows[i - 1].reduce((sum, step) => sum + step, 0);
    return Math.round(6 * flow / DEPTH + random.normal());
  });
  return { flows, moves };
}

/** The same flows and the same moves, the moves in another order. */
function shuffled(market: Market, random: Random): Market {
  const moves = [...market.moves];
  for (let i = moves.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [moves[i], moves[j]] = [moves[j], moves[i]];
  }
  return { ...market, moves };
}

async function play(market: Market, parameters = {}, answer = obliging, instrument = INSTRUMENT): Promise<Dish> {
  const dish = Dish.of({ definition: platypus, parameters: { ...PARAMETERS, ...parameters }, instrument, answer });
  let bid = 100_000;
  for (let i = 0; i < market.flows.length; i++) {
    bid += market.moves[i];
    let [bidQuantity, askQuantity] = [DEPTH, DEPTH];
    for (const step of market.flows[i]) {
      if (step > 0) bidQuantity += step;
      else askQuantity -= step;
      dish.book(bid, bid + 2, bidQuantity, askQuantity);
      await dish.pass(SECOND / UPDATES);
    }
  }
  return dish;
}

interface Senses {
  readonly skill: string;
  readonly forecast: { readonly beta: number; readonly t: number; readonly intervals: number };
}

const senses = (dish: Dish) => (dish.inspect().state as Senses[])[0];

/** Ticks won by trades that were opened and closed, at the prices they traded at. */
function won(orders: readonly SubmitOrder[]): number {
  return orders.reduce((sum, { side, price, quantity }) => sum + (side === 1 ? 1 : -1) * price * quantity, 0);
}

Deno.test("without a book it sends nothing, whatever else happens", async () => {
  const dish = Dish.of({ definition: platypus, parameters: PARAMETERS, answer: obliging });
  dish.trade(100, 0);
  dish.status("live");
  dish.book(0, 0);
  await dish.pass(600 * SECOND);
  assert.deepEqual(dish.intents, []);
});

Deno.test("on planted flow it finds the skill, trades on it and wins more than it pays", async () => {
  const dish = await play(planted(800, 21));
  const { skill, forecast } = senses(dish);
  assert.equal(skill, "forecast");
  assert.ok(forecast.beta > 0 && forecast.t > 8, JSON.stringify(forecast));
  assert.ok(dish.submitted.length > 100, `${dish.submitted.length} orders`);
  assert.ok(dish.submitted.every(({ tif, quantity }) => tif === 1 && quantity <= 2), "small and immediate");
  const flat = dish.position === 0 ? dish.submitted : dish.submitted.slice(0, -1);
  assert.ok(won(flat) > 0, `won ${won(flat)} ticks`);
});

Deno.test("on the same flow with the moves shuffled in time it declares no skill and trades almost never", async () => {
  const market = planted(800, 21);
  let orders = 0;
  for (let seed = 31; seed < 36; seed++) {
    const dish = await play(shuffled(market, createRandom(seed)));
    assert.equal(senses(dish).skill, "none");
    orders += dish.submitted.length;
  }
  assert.ok(orders <= 4, `${orders} orders on noise in five markets`);
});

Deno.test("it never trades before it has observed enough", async () => {
  const dish = await play(planted(200, 21), { minimumIntervals: 200 });
  assert.ok(senses(dish).forecast.t > 4, "it could already");
  assert.deepEqual(dish.intents, []);
});

Deno.test("a move that does not pay the spread and the fees is let go, unless fees are set aside to show the signal", async () => {
  const dear = { ...INSTRUMENT, takerFee: 10_000 };
  const dish = await play(planted(400, 21), {}, obliging, dear);
  assert.equal(senses(dish).skill, "forecast", "it knows the move");
  assert.deepEqual(dish.intents, [], "and a fee of 1 % each way is more than it is worth");
  const shown = await play(planted(400, 21), { costBasis: "spread" }, obliging, dear);
  const free = await play(planted(400, 21));
  assert.ok(shown.submitted.length > 20);
  assert.equal(shown.submitted.length, free.submitted.length, "as if there were no fees");
  const market = planted(400, 21);
  const noise = await play(shuffled(market, createRandom(31)), { costBasis: "spread" }, obliging, dear);
  assert.ok(noise.submitted.length <= 4, "without skill it stays out all the same");
});

Deno.test("a position is closed when its time is over, at the touch and reduce-only", async () => {
  const dish = await play(planted(300, 21));
  let position = 0;
  let [opened, closed] = [0, 0];
  for (const { side, quantity, reduceOnly } of dish.submitted) {
    const signed = side === 0 ? quantity : -quantity;
    assert.equal(reduceOnly, position !== 0, "what reduces says so");
    position += signed;
    assert.ok(Math.abs(position) <= 2);
    position === 0 ? closed++ : opened++;
  }
  assert.ok(opened > 10 && opened - closed <= 1);
});

Deno.test("what was not filled is closed at the next interval, and a market that ended leaves it asleep", async () => {
  let miss = false;
  const dish = await play(planted(300, 21), {}, (intent, dish) => {
    if (intent.kind !== "SubmitOrder") return;
    dish.accept(intent);
    if (intent.reduceOnly && (miss = !miss)) dish.report(intent, { type: "canceled", leaves: 0 });
    else dish.fill(intent);
  });
  const reducing = dish.submitted.filter(({ reduceOnly }) => reduceOnly);
  assert.ok(reducing.length > 20);
  assert.ok(Math.abs(dish.position) <= 2, "missed exits were tried again before anything else");
  dish.status("ended");
  await dish.pass(SECOND);
  const before = dish.intents.length;
  const { handled } = dish.system.counters();
  await dish.pass(3_600 * SECOND);
  assert.equal(dish.intents.length, before);
  assert.equal(dish.system.counters().handled, handled, "no timer runs on");
});

Deno.test("the same market twice gives the same orders; another market others", async () => {
  const path = (dish: Dish) => JSON.stringify(dish.submitted.map(({ side, price, time }) => [side, price, time]));
  const [first, again, other] = [
    await play(planted(200, 1)),
    await play(planted(200, 1)),
    await play(planted(200, 2)),
  ];
  assert.ok(first.submitted.length > 10);
  assert.equal(path(first), path(again));
  assert.notEqual(path(first), path(other));
});
