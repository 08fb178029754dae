/** An organism that is told to be still: what stops, what goes on, and how it resumes. */
import assert from "node:assert/strict";
import { z } from "zod";
import { Code } from "../../../ffi/layout.gen.ts";
import type { Organism, OrganismContext, OrganismDefinition } from "../../../actors/organisms/organism.ts";
import { TAKER_DISCIPLINE } from "../../../actors/organisms/organism.ts";
import type { ScopeStateName, Stricter } from "../../../actors/protocol/mod.ts";
import { Dish, INSTRUMENT, MS, SECOND, STRATEGY } from "./dish.ts";

const { id: instrument } = INSTRUMENT;

interface Told {
  readonly dish: Dish;
  readonly context: OrganismContext;
  readonly heard: string[];
}

function told(hooks: (context: OrganismContext, heard: string[]) => Organism = () => ({})): Told {
  const heard: string[] = [];
  let context!: OrganismContext;
  const definition: OrganismDefinition<Record<string, never>> = {
    species: "listener",
    summary: "Writes down what it hears.",
    parameters: z.strictObject({}),
    discipline: () => TAKER_DISCIPLINE,
    create(given) {
      context = given;
      return {
        onTimer: (key) => void heard.push(`timer ${key}`),
        onBook: ({ bid }) => void heard.push(`book ${bid}`),
        onReport: ({ type, code }) => void heard.push(`${type} ${code}`),
        onHalt: ({ state, scope, reason }) => void heard.push(`${state} by ${scope}: ${reason}`),
        onResume: ({ scope, reason }) => void heard.push(`resumed by ${scope}: ${reason}`),
        ...hooks(given, heard),
      };
    },
  };
  const dish = Dish.of({ definition });
  return {
    dish,
    heard,
    get context() {
      return context;
    },
  };
}

function halt({ dish }: Told, state: Stricter, flattening = false): Promise<void> {
  const { now: time } = dish;
  const notice = { strategy: STRATEGY, instrument, scope: "organism:subject", reason: "drill", time } as const;
  dish.host.urgent({ kind: "TradingHalted", state, flattening, ...notice });
  return dish.settle();
}

function resume({ dish }: Told): Promise<void> {
  const notice = { strategy: STRATEGY, instrument, scope: "organism:subject", reason: "over", time: dish.now } as const;
  dish.host.urgent({ kind: "TradingResumed", ...notice });
  return dish.settle();
}

for (const [state, code] of [["KILLED", Code.Killed], ["CANCEL_ONLY", Code.CancelOnly]] as const) {
  Deno.test(`under ${state} it hears why, its timers stop and its orders go nowhere, until trading is resumed`, async () => {
    const it = told();
    await it.dish.settle();
    it.context.setTimer("pulse", SECOND);
    await halt(it, state);
    assert.equal(it.context.state(instrument), state);
    it.context.setTimer("late", MS);
    it.context.submit({ instrument, side: 0, price: 100, quantity: 1 });
    it.dish.book(99, 101);
    await it.dish.pass(10 * SECOND);
    assert.deepEqual(it.heard, [`${state} by organism:subject: drill`, "book 99", `rejected ${code}`]);
    assert.deepEqual(it.dish.submitted, [], "nothing reached the guardian");
    await resume(it);
    assert.equal(it.context.state(instrument), "ACTIVE");
    await it.dish.pass(MS);
    assert.deepEqual(it.heard.slice(3), ["resumed by organism:subject: over", "timer pulse", "timer late"]);
    it.context.submit({ instrument, side: 0, price: 100, quantity: 1 });
    await it.dish.settle();
    assert.equal(it.dish.submitted.length, 1);
  });
}

Deno.test("under REDUCE_ONLY it is told, and may go on reducing; while people close its positions it is still", async () => {
  const it = told();
  await it.dish.settle();
  it.context.setTimer("pulse", SECOND);
  await halt(it, "REDUCE_ONLY");
  it.context.submit({ instrument, side: 1, price: 100, quantity: 1 });
  await it.dish.pass(2 * SECOND);
  assert.deepEqual(it.heard, ["REDUCE_ONLY by organism:subject: drill", "timer pulse"]);
  assert.equal(it.dish.submitted.length, 1, "the gate says what reduces");
  it.context.setTimer("pulse", SECOND);
  await halt(it, "REDUCE_ONLY", true);
  it.context.submit({ instrument, side: 1, price: 100, quantity: 1 });
  await it.dish.pass(2 * SECOND);
  assert.deepEqual(it.heard.slice(2), ["REDUCE_ONLY by organism:subject: drill", `rejected ${Code.ReduceOnly}`]);
  assert.equal(it.dish.submitted.length, 1);
  await halt(it, "REDUCE_ONLY");
  await it.dish.pass(MS);
  assert.deepEqual(it.heard.slice(4), ["REDUCE_ONLY by organism:subject: drill", "timer pulse"]);
});

Deno.test("an amendment that was held back by the resting time is given up, a cancel goes all the same", async () => {
  const it = told();
  await it.dish.settle();
  const ids = [0, 1].map(() => it.context.submit({ instrument, side: 0, price: 100, quantity: 5 }));
  await it.dish.settle();
  for (const order of it.dish.submitted) it.dish.accept(order);
  await it.dish.settle();
  await halt(it, "KILLED");
  it.context.amend(ids[0], 101, 5);
  it.context.cancel(ids[1]);
  await it.dish.pass(10 * MS);
  assert.deepEqual(it.dish.intents.slice(2).map(({ kind }) => kind), ["CancelOrder"]);
  assert.equal(it.heard.at(-1), `cancel-rejected ${Code.Killed}`);
});

Deno.test("an amendment given up is under way until its organism hears of it: the next one waits, a cancel does not", async () => {
  const it = told();
  await it.dish.settle();
  const ids = [0, 1].map(() => it.context.submit({ instrument, side: 0, price: 100, quantity: 5 }));
  await it.dish.settle();
  for (const order of it.dish.submitted) it.dish.accept(order);
  await it.dish.settle();
  await halt(it, "KILLED");
  for (const id of ids) it.context.amend(id, 101, 5);
  await resume(it);
  const changing = () => it.context.openOrders(instrument).map((order) => order.changing);
  assert.deepEqual(changing(), [true, true]);
  it.context.amend(ids[0], 102, 5);
  it.context.cancel(ids[1]);
  await it.dish.settle();
  assert.deepEqual(it.dish.intents.slice(2).map(({ kind }) => kind), ["CancelOrder"]);
  await it.dish.pass(5 * MS);
  assert.deepEqual(it.heard.slice(-2), Array(2).fill(`cancel-rejected ${Code.Killed}`));
  assert.deepEqual(it.dish.intents.slice(3).map(({ kind }) => kind), ["AmendOrder"]);
  assert.deepEqual(changing(), [true, true], "what was sent since has not been answered");
  it.context.amend(ids[1], 103, 5);
  await it.dish.settle();
  assert.equal(it.dish.intents.length, 4, "an order on its way out is changed no more");
});

Deno.test("an organism that starts under a killed scope is halted before any of its callbacks runs", async () => {
  const states: ScopeStateName[] = [];
  const it = told((context, heard) => ({
    onBook: () => {
      states.push(context.state(instrument));
      context.submit({ instrument, side: 0, price: 100, quantity: 1 });
      heard.push("asked");
    },
  }));
  it.dish.book(99, 101);
  const halted = halt(it, "KILLED");
  await halted;
  await it.dish.pass(10 * MS);
  assert.deepEqual(states, ["KILLED"]);
  assert.deepEqual(it.heard, ["KILLED by organism:subject: drill", "asked", `rejected ${Code.Killed}`]);
  assert.deepEqual(it.dish.submitted, []);
});
