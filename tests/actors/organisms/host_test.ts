import assert from "node:assert/strict";
import { z } from "zod";
import { Code } from "../../../ffi/layout.gen.ts";
import { UserError } from "../../../config/errors.ts";
import { organismHost, prepareHost } from "../../../actors/organisms/host.ts";
import type { NewOrder, Organism, OrganismContext, OrganismDefinition } from "../../../actors/organisms/organism.ts";
import { type ExecutionReport, GUARDIAN, marketCause, type OrderIntent } from "../../../actors/protocol/mod.ts";
import { record } from "../../../runtime/testkit/mod.ts";
import { supervisor } from "../../../supervision/mod.ts";
import { Dish, type DishOptions, INSTRUMENT, MS, SECOND, STRATEGY } from "./dish.ts";

/** An organism that does what the test says. */
function puppet(hooks: (context: OrganismContext) => Organism, discipline = {}): OrganismDefinition<{ size: number }> {
  return {
    species: "puppet",
    summary: "Does what the test says.",
    parameters: z.strictObject({ size: z.int().positive().default(5).describe("Lots per order, for the test.") }),
    discipline: () => ({
      minimumRestingMs: 100,
      messagesPerSecond: 1_000,
      messageBurst: 1_000,
      maximumMessagesPerFill: 10,
      messageAllowance: 1_000,
      ...discipline,
    }),
    create: (context) => hooks(context),
  };
}

interface Held {
  readonly dish: Dish;
  readonly context: OrganismContext;
  readonly reports: ExecutionReport[];
}

/** A puppet whose context the test holds in its hand. */
async function held(discipline = {}, options: Partial<DishOptions<{ size: number }>> = {}): Promise<Held> {
  let context!: OrganismContext;
  const reports: ExecutionReport[] = [];
  const definition = puppet((given) => {
    context = given;
    return { onReport: (report) => void reports.push(report) };
  }, discipline);
  const dish = Dish.of({ definition, ...options });
  await dish.settle();
  return { dish, context, reports };
}

const quote: NewOrder = { instrument: INSTRUMENT.id, side: 0, price: 100, quantity: 5 };
const kinds = (dish: Dish) => dish.told.map(({ message }) => message.kind);

Deno.test("a host attaches its strategy, withdraws what rests and subscribes, before anything else", async () => {
  const { dish } = await held();
  assert.deepEqual(kinds(dish), ["AttachStrategy", "CancelAll"]);
  assert.deepEqual(dish.subscriptions.map(({ kind }) => kind), ["SubscribeMarket"]);
  const [{ message: attach }] = dish.told;
  assert.ok(attach.kind === "AttachStrategy" && attach.strategy === STRATEGY);
  dish.host.tell({ kind: "VenueReady", entered: 0 });
  await dish.settle();
  assert.equal(dish.subscriptions.length, 2, "a venue that lost its subscribers gets them back");
});

Deno.test("market data waits until the starting position is known, and none of it is lost", async () => {
  const seen: string[] = [];
  const definition = puppet((context) => ({
    onBook: (top) => void seen.push(`book ${top.bid} at position ${context.position(INSTRUMENT.id)}`),
    onStatus: (status) => void seen.push(status.status),
  }));
  const dish = Dish.of({ definition, position: null });
  dish.book(99, 101);
  dish.status("stale");
  dish.book(98, 102);
  await dish.settle();
  assert.deepEqual(seen, []);
  dish.host.tell({ kind: "PositionSnapshot", strategy: STRATEGY, positions: [[INSTRUMENT.id, -4]] });
  dish.book(97, 103);
  await dish.settle();
  assert.deepEqual(seen, ["book 99 at position -4", "stale", "book 98 at position -4", "book 97 at position -4"]);
});

Deno.test("market data of instruments that are not its own never reaches the organism", async () => {
  const seen: number[] = [];
  const dish = Dish.of({ definition: puppet(() => ({ onBook: (top) => void seen.push(top.instrument) })) });
  const top = { kind: "BookTop", bid: 1, bidQuantity: 1, ask: 2, askQuantity: 1, time: 0 } as const;
  dish.host.tell({ kind: "MarketData", events: [{ ...top, instrument: 9 }, { ...top, instrument: 3 }] });
  await dish.settle();
  assert.deepEqual(seen, [3]);
});

Deno.test("an order leaves with the host's identity, a fresh id, the clock and the order that led to it", async () => {
  const { dish, context, reports } = await held();
  await dish.pass(SECOND);
  const id = context.submit({ ...quote, side: 1, tif: "ioc", reduceOnly: true });
  await dish.settle();
  const [order] = dish.submitted;
  assert.deepEqual({ ...order, stamp: 0 }, {
    kind: "SubmitOrder",
    orderId: id,
    strategy: STRATEGY,
    instrument: INSTRUMENT.id,
    side: 1,
    orderType: 0,
    tif: 1,
    price: 100,
    quantity: 5,
    postOnly: false,
    reduceOnly: true,
    trigger: undefined,
    expires: undefined,
    display: undefined,
    selfTrade: 0,
    time: dish.now,
    stamp: 0,
    cause: 0,
  });
  assert.ok(order.stamp > 0, "the stopwatch was read");
  dish.accept(order);
  await dish.settle();
  assert.deepEqual(reports.map(({ type }) => type), ["new"]);
  assert.notEqual(context.submit(quote), id);
});

Deno.test("what an organism decides names what led to it: the reported order, or the market event by its number", async () => {
  const definition = puppet((context) => ({
    onBook: () => void context.submit(quote),
    onReport: (report) => report.type === "trade" && void context.submit({ ...quote, side: 1 }),
  }));
  const dish = Dish.of({ definition });
  dish.book(99, 101);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  dish.fill(dish.submitted[0]);
  await dish.settle();
  dish.book(99, 101);
  await dish.settle();
  const first = dish.submitted[0].orderId;
  const market = marketCause(INSTRUMENT.id, 0);
  assert.deepEqual(dish.submitted.map(({ cause }) => cause), [market, first, market]);
});

Deno.test("position and open orders follow the reports, and the organism sees them already counted", async () => {
  const seen: [string, number, number][] = [];
  const definition = puppet((context) => ({
    onBook: () => void context.submit(quote),
    onReport: (report) => {
      const open = context.openOrders(INSTRUMENT.id);
      seen.push([report.type, context.position(INSTRUMENT.id), open[0]?.quantity ?? 0]);
    },
  }));
  const dish = Dish.of({ definition });
  dish.book(99, 101);
  await dish.settle();
  const [order] = dish.submitted;
  dish.accept(order);
  dish.report(order, { type: "trade", quantity: 2, leaves: 3, position: 2 });
  dish.report(order, { type: "replaced", price: 101, quantity: 4, leaves: 4, position: 2 });
  dish.report(order, { type: "cancel-rejected", leaves: 0, position: 2 });
  dish.report(order, { type: "trade", quantity: 4, leaves: 0, position: 6 });
  await dish.settle();
  assert.deepEqual(seen, [["new", 0, 5], ["trade", 2, 3], ["replaced", 2, 4], ["cancel-rejected", 2, 4], [
    "trade",
    6,
    0,
  ]]);
  assert.equal(dish.inspect().openOrders, 0);
});

Deno.test("an order no correct program would write crashes the organism with its name and the value", async () => {
  const { dish, context } = await held();
  const cases: [Partial<NewOrder>, RegExp][] = [
    [{ quantity: NaN }, /"subject": a quantity of NaN is not a whole number of lots/],
    [{ quantity: 1.5 }, /"subject": a quantity of 1\.5 /],
    [{ quantity: -3 }, /"subject": a quantity of -3 /],
    [{ quantity: 0 }, /"subject": a quantity of 0 /],
    [{ quantity: 2 ** 53 }, /"subject": a quantity of 9007199254740992 /],
    [{ price: 99.5 }, /"subject": a price of 99\.5 is not a whole number of ticks/],
    [{ price: NaN }, /"subject": a price of NaN /],
    [{ price: undefined }, /"subject": a price of undefined /],
    [{ price: -1 }, /"subject": a price of -1 /],
    [{ type: "market" }, /"subject": a market order has no price, got 100/],
    [{ instrument: 9 }, /"subject": instrument 9 is not one of its own/],
    [{ side: 2 as 0 }, /"subject": a side of 2 /],
    [{ tif: "ioc", postOnly: true }, /"subject": only a limit order that rests can be post-only/],
    [{ trigger: 5 }, /"subject": a limit order has no trigger, got 5/],
    [{ type: "stop", price: undefined }, /"subject": a trigger of undefined is not a whole number of ticks/],
    [{ type: "stop", trigger: 120 }, /"subject": a stop order has no price, got 100/],
    [{ type: "stop-limit", trigger: 0.5 }, /"subject": a trigger of 0\.5 /],
    [{ type: "stop-limit", trigger: 120, tif: "fok" }, /"subject": a stop waits, so it cannot be fok/],
    [{ type: "stop-limit", trigger: 120, postOnly: true }, /"subject": only a limit order that rests can be post-only/],
    [{ display: 0 }, /"subject": a display of 0 is not a whole number of lots/],
    [{ display: 6 }, /"subject": a display of 6 needs a limit order that rests/],
    [{ display: 1, tif: "ioc" }, /"subject": a display of 1 needs a limit order that rests/],
    [{ tif: "gtd" }, /"subject": an order is "gtd" if and only if/],
    [{ expires: SECOND }, /"subject": an order is "gtd" if and only if/],
    [{ tif: "gtd", expires: SECOND + 1 }, /"subject": an order cannot expire at 1000001: it must be a whole second/],
  ];
  for (const [change, sentence] of cases) assert.throws(() => context.submit({ ...quote, ...change }), sentence);
  const id = context.submit(quote);
  assert.throws(() => context.amend(id, NaN, 1), /"subject": a price of NaN/);
  assert.throws(() => context.amend(id, 100, 0.5), /"subject": a quantity of 0\.5/);
  assert.throws(() => context.setTimer("x", 0.5), /"subject": a timer delay of 0\.5/);
  await dish.settle();
  assert.equal(dish.submitted.length, 1, "none of them left");
});

Deno.test("an organism that submits NaN is crashed by it, and its orders are withdrawn", async () => {
  const definition = puppet((context) => ({ onBook: () => void context.submit({ ...quote, quantity: NaN }) }));
  const dish = Dish.of({ definition });
  const ended = record(dish.system, "stopped");
  dish.book(99, 101);
  await dish.settle();
  assert.match(
    JSON.stringify(ended, (_, value) => value instanceof Error ? value.message : value),
    /a quantity of NaN/,
  );
  assert.deepEqual(kinds(dish), ["AttachStrategy", "CancelAll", "CancelAll"]);
});

Deno.test("an order before the position is known is refused", async () => {
  const { context } = await held({}, { position: null });
  assert.throws(() => context.submit(quote), /no order before its position is known/);
});

Deno.test("a cancel before the minimum resting time waits for it, and is counted", async () => {
  const { dish, context } = await held();
  const id = context.submit(quote);
  await dish.settle();
  context.cancel(id);
  await dish.pass(50 * MS);
  assert.equal(dish.intents.length, 1, "the venue has not answered: nothing to withdraw yet");
  dish.accept(dish.submitted[0]);
  const accepted = dish.now;
  await dish.settle();
  assert.equal(context.openOrders(INSTRUMENT.id)[0].mayChangeAt, accepted + 100 * MS);
  await dish.pass(99 * MS);
  assert.equal(dish.intents.length, 1);
  await dish.pass(2 * MS);
  const cancel = dish.told.at(-1)!;
  assert.equal(cancel.message.kind, "CancelOrder");
  assert.equal(cancel.time, accepted + 100 * MS);
  assert.equal(dish.inspect().conduct.deferred, 1);
  assert.equal(dish.inspect().conduct.cancelled, 1);
  context.cancel(id);
  await dish.pass(SECOND);
  assert.equal(dish.intents.length, 2, "a cancel on its way is not repeated");
});

Deno.test("after the minimum resting time a cancel goes at once and is not counted as held back", async () => {
  const { dish, context } = await held();
  const id = context.submit(quote);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.pass(100 * MS);
  context.cancel(id);
  await dish.settle();
  assert.equal(dish.told.at(-1)!.time, dish.now);
  assert.equal(dish.inspect().conduct.deferred, 0);
});

Deno.test("an amended order rests anew, and a later wish replaces an earlier one that waits", async () => {
  const { dish, context } = await held();
  const id = context.submit(quote);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.settle();
  context.amend(id, 101, 5);
  context.amend(id, 102, 4);
  await dish.pass(100 * MS);
  const amend = dish.intents[1];
  assert.ok(amend.kind === "AmendOrder");
  assert.deepEqual([amend.price, amend.quantity, dish.intents.length], [102, 4, 2]);
  dish.report({ ...dish.submitted[0], price: 102, quantity: 4 }, { type: "replaced", leaves: 4 });
  await dish.settle();
  context.cancel(id);
  await dish.pass(99 * MS);
  assert.equal(dish.intents.length, 2);
  await dish.pass(1 * MS);
  assert.equal(dish.intents[2].kind, "CancelOrder");
});

Deno.test("an organism says what is to remain, and the market hears the total with what has filled", async () => {
  const { dish, context } = await held({ minimumRestingMs: 0 });
  const id = context.submit(quote);
  await dish.settle();
  const [order] = dish.submitted;
  dish.accept(order);
  dish.report(order, { type: "trade", quantity: 2, leaves: 3 });
  dish.report(order, { type: "restated", quantity: 1, leaves: 2 });
  await dish.settle();
  assert.equal(context.openOrders(INSTRUMENT.id)[0].quantity, 2);
  context.amend(id, 101, 4);
  await dish.settle();
  const amend = dish.intents.at(-1)!;
  assert.ok(amend.kind === "AmendOrder");
  assert.deepEqual([amend.price, amend.quantity], [101, 6], "2 have filled, 4 are to remain");
  // One lot traded before the amendment came: of the total of 6 there are 3 left.
  dish.report(order, { type: "trade", quantity: 1, leaves: 1 });
  dish.report(order, { type: "replaced", price: 101, quantity: 6, leaves: 3 });
  await dish.settle();
  const [left] = context.openOrders(INSTRUMENT.id);
  assert.deepEqual([left.price, left.quantity, left.changing], [101, 3, false]);
  context.amend(id, 102, 3);
  await dish.settle();
  const second = dish.intents.at(-1)!;
  assert.ok(second.kind === "AmendOrder" && second.quantity === 6);
});

Deno.test("stops, icebergs and orders with an end leave as the market's records name them", async () => {
  const { dish, context } = await held({ messageBurst: 9 });
  const { instrument, side, quantity } = quote;
  const bare = { instrument, side, quantity };
  context.submit({ ...bare, type: "stop", trigger: 120 });
  context.submit({ ...bare, type: "stop-limit", trigger: 120, price: 121, tif: "day" });
  context.submit({ ...quote, tif: "gtd", expires: 7 * SECOND, display: 2, selfTrade: "cancel-oldest" });
  await dish.settle();
  assert.deepEqual(
    dish.submitted.map(({ orderType, tif, price, trigger, expires, display, selfTrade }) => [
      [orderType, tif, price],
      [trigger, expires, display, selfTrade],
    ]),
    [
      [[2, 0, 0], [120, undefined, undefined, 0]],
      [[3, 3, 121], [120, undefined, undefined, 0]],
      [[0, 4, 100], [undefined, 7, 2, 2]],
    ],
  );
});

Deno.test("a stop that wakes becomes what it is for, and an order that expires is gone", async () => {
  const { dish, context } = await held({ minimumRestingMs: 0 });
  const { instrument, side, quantity } = quote;
  context.submit({ instrument, side, quantity, type: "stop", trigger: 120 });
  await dish.settle();
  const [order] = dish.submitted;
  dish.accept({ ...order, price: 120 });
  dish.report(order, { type: "triggered", price: 0, leaves: quantity });
  await dish.settle();
  assert.equal(context.openOrders(INSTRUMENT.id)[0].quantity, quantity);
  dish.report(order, { type: "expired", leaves: 0, code: Code.Expired });
  await dish.settle();
  assert.deepEqual(context.openOrders(INSTRUMENT.id), []);
});

Deno.test("an order that filled while its cancel waited is not cancelled", async () => {
  const { dish, context } = await held();
  const id = context.submit(quote);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.settle();
  context.cancel(id);
  dish.fill(dish.submitted[0]);
  await dish.pass(SECOND);
  assert.equal(dish.intents.length, 1);
});

Deno.test("orders that never rest may be cancelled at once", async () => {
  const { dish, context } = await held();
  const id = context.submit({ ...quote, tif: "ioc" });
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.settle();
  context.cancel(id);
  await dish.settle();
  assert.equal(dish.intents[1].kind, "CancelOrder");
});

Deno.test("messages beyond the budget come back as rejected, a moment later, and never reach the gate", async () => {
  const { dish, context, reports } = await held({ messagesPerSecond: 10, messageBurst: 3 });
  for (let i = 0; i < 5; i++) context.submit(quote);
  assert.deepEqual(reports, [], "not while the organism is still deciding");
  await dish.pass(5 * MS);
  assert.equal(dish.submitted.length, 3);
  assert.deepEqual(reports.map(({ type, code }) => [type, code]), Array(2).fill(["rejected", Code.MessageRate]));
  assert.equal(context.openOrders(INSTRUMENT.id).length, 3, "the refused ones are not open");
  await dish.pass(100 * MS);
  context.submit(quote);
  context.submit(quote);
  await dish.settle();
  assert.equal(dish.submitted.length, 4, "a tenth of a second earned one message");
  assert.equal(dish.inspect().conduct.refused, 3);
});

Deno.test("without fills the ratio of messages to fills silences an organism, and cancels still go", async () => {
  const { dish, context } = await held({ messageAllowance: 4, maximumMessagesPerFill: 2, minimumRestingMs: 0 });
  const ids = Array.from({ length: 6 }, () => context.submit(quote));
  await dish.pass(5 * MS);
  assert.equal(dish.submitted.length, 4);
  dish.accept(dish.submitted[0]);
  await dish.settle();
  context.cancel(ids[0]);
  await dish.settle();
  assert.equal(dish.intents.at(-1)!.kind, "CancelOrder");
  dish.accept(dish.submitted[1]);
  dish.fill(dish.submitted[1]);
  await dish.settle();
  context.submit(quote);
  context.submit(quote);
  await dish.pass(5 * MS);
  assert.equal(dish.submitted.length, 5, "one fill earned two messages, and the cancel had used one");
});

Deno.test("a refused amendment leaves the order as it was", async () => {
  const { dish, context, reports } = await held({ messagesPerSecond: 1, messageBurst: 1, minimumRestingMs: 0 });
  const id = context.submit(quote);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.settle();
  context.amend(id, 101, 5);
  await dish.pass(5 * MS);
  assert.equal(dish.intents.length, 1);
  assert.deepEqual(reports.map(({ type, code }) => [type, code]), [["new", 0], ["cancel-rejected", Code.MessageRate]]);
  const [order] = context.openOrders(INSTRUMENT.id);
  assert.deepEqual([order.price, order.changing], [100, false]);
});

Deno.test("what was lost with the guardian is told or sent again: orders as rejected, cancels once more", async () => {
  const { dish, context, reports } = await held({ minimumRestingMs: 0 });
  const kept = context.submit(quote);
  await dish.settle();
  dish.accept(dish.submitted[0]);
  await dish.settle();
  const lost = context.submit(quote);
  context.cancel(kept);
  dish.host.tell({ kind: "GuardianReady" });
  await dish.settle();
  const [asked] = dish.told.map(({ message }) => message).filter((message) => message.kind === "AttachStrategy").slice(
    -1,
  );
  assert.ok(asked.kind === "AttachStrategy");
  assert.deepEqual(asked.orders, [kept, lost]);
  // Sent after the question, so the answer says nothing about it.
  const later = context.submit(quote);
  dish.host.tell({ kind: "PositionSnapshot", strategy: STRATEGY, positions: [], undecided: [lost] });
  await dish.settle();
  assert.deepEqual(reports.slice(1).map(({ orderId, type, code }) => [orderId, type, code]), [
    [lost, "rejected", Code.NotDecided],
  ]);
  assert.deepEqual(context.openOrders(INSTRUMENT.id).map(({ orderId }) => orderId), [kept, later]);
  assert.equal(dish.intents.filter(({ kind }) => kind === "CancelOrder").length, 2);
});

Deno.test("an amendment that was lost with the guardian comes back as refused, one that was decided on does not", async () => {
  const { dish, context, reports } = await held({ minimumRestingMs: 0 });
  const ids = [context.submit(quote), context.submit(quote)];
  await dish.settle();
  for (const submitted of dish.submitted) dish.accept(submitted);
  await dish.settle();
  for (const id of ids) context.amend(id, 101, 7);
  dish.changes = [[ids[0], 0], [ids[1], 1]];
  dish.host.tell({ kind: "GuardianReady" });
  await dish.settle();
  assert.deepEqual(reports.slice(2).map(({ orderId, type, code, price }) => [orderId, type, code, price]), [
    [ids[0], "cancel-rejected", Code.NotDecided, 100],
  ]);
  assert.deepEqual(context.openOrders(INSTRUMENT.id).map(({ changing }) => changing), [false, true]);
  // The next ones count from what the guardian knows: one decided on is not lost, and one more is.
  context.amend(ids[0], 102, 7);
  dish.changes = [[ids[0], 1], [ids[1], 1]];
  dish.host.tell({ kind: "GuardianReady" });
  await dish.settle();
  assert.equal(reports.length, 3);
  assert.ok(context.openOrders(INSTRUMENT.id).every(({ changing }) => changing));
});

Deno.test("what a guardian that is gone for good is asked for comes back as refused", async () => {
  const { dish, context, reports } = await held({ minimumRestingMs: 0 });
  const ids = [context.submit(quote), context.submit(quote)];
  await dish.settle();
  for (const submitted of dish.submitted) dish.accept(submitted);
  await dish.settle();
  await dish.system.stop(dish.system.registry.get(GUARDIAN));
  const late = context.submit(quote);
  context.cancel(ids[0]);
  context.amend(ids[1], 101, 7);
  await dish.pass(5 * MS);
  assert.deepEqual(reports.slice(2).map(({ orderId, type, code }) => [orderId, type, code]), [
    [late, "rejected", Code.NotDecided],
    [ids[0], "cancel-rejected", Code.NotDecided],
    [ids[1], "cancel-rejected", Code.NotDecided],
  ]);
  assert.deepEqual(context.openOrders(INSTRUMENT.id).map(({ orderId, changing }) => [orderId, changing]), [
    [ids[0], false],
    [ids[1], false],
  ]);
});

Deno.test("an organism whose attachment was lost with the guardian asks again until it knows its position", async () => {
  const { dish, context } = await held({}, { position: null });
  await dish.pass(600 * MS);
  assert.equal(kinds(dish).filter((kind) => kind === "AttachStrategy").length, 2);
  dish.host.tell({ kind: "PositionSnapshot", strategy: STRATEGY, positions: [] });
  await dish.pass(5 * SECOND);
  assert.equal(kinds(dish).filter((kind) => kind === "AttachStrategy").length, 2);
  context.submit(quote);
});

Deno.test("timers come back with their key, notes and state are shown", async () => {
  const seen: string[] = [];
  const definition = puppet((context) => ({
    onTimer: (key) => {
      seen.push(`${key} at ${context.now()}`);
      context.log(`heard ${key}`);
    },
    onBook: () => {
      context.setTimer("a", 10 * MS);
      context.setTimer("b", 5 * MS);
      context.setTimer("a", 20 * MS);
    },
    inspect: () => ({ seen: seen.length }),
  }));
  const dish = Dish.of({ definition });
  dish.book(99, 101);
  await dish.pass(SECOND);
  assert.deepEqual(seen, ["b at 5000", "a at 20000"]);
  assert.deepEqual(dish.inspect().state, { seen: 2 });
  assert.deepEqual(dish.inspect().notes, [{ time: 5000, text: "heard b" }, { time: 20000, text: "heard a" }]);
});

Deno.test("the organism's world is frozen and holds nothing of the host", async () => {
  const { context } = await held();
  assert.deepEqual(Object.keys(context).sort(), [
    "amend",
    "cancel",
    "id",
    "instruments",
    "log",
    "now",
    "openOrders",
    "position",
    "random",
    "setTimer",
    "state",
    "submit",
  ]);
  assert.ok(Object.isFrozen(context));
});

Deno.test("a crashed organism comes up clean: orders withdrawn, position known, allowance not renewed", async () => {
  const contexts: OrganismContext[] = [];
  const heard: number[] = [];
  const definition = puppet((context) => {
    contexts.push(context);
    return {
      onReport: ({ orderId }) => void heard.push(orderId),
      onBook: () => void context.submit(quote),
      onTrade: () => {
        throw new Error("stung");
      },
    };
  }, { messageAllowance: 2, maximumMessagesPerFill: 1 });
  const dish = Dish.of({ definition, position: 2 });
  await dish.settle();
  await dish.system.stop(dish.host);
  dish.told.length = 0;
  const args = prepareHost({ id: "subject", strategy: STRATEGY, definition, instruments: [INSTRUMENT] });
  const spec = { id: "subject", actor: organismHost, args };
  const root = supervisor({ id: "root", strategy: "one_for_one", intensity: 5, children: [spec] });
  dish.system.start("root", root.actor, root.args);
  await dish.settle();
  const host = dish.system.find("/root/subject") as unknown as Dish["host"];
  host.tell({ kind: "MarketData", events: [{ ...top }] });
  await dish.settle();
  const [order] = dish.submitted;
  host.tell({ kind: "MarketData", events: [{ ...print }] });
  await dish.settle();
  assert.equal(contexts.length, 3, "created, stopped, created, crashed, created");
  const context = contexts[2];
  assert.deepEqual(kinds(dish).slice(2), ["SubmitOrder", "CancelAll", "AttachStrategy", "CancelAll"]);
  assert.equal(context.position(INSTRUMENT.id), 2);
  assert.deepEqual(context.openOrders(INSTRUMENT.id), []);
  const fill = { ...late, orderId: order.orderId } as ExecutionReport;
  host.tell(fill);
  host.tell({ kind: "MarketData", events: [{ ...top }] });
  host.tell({ kind: "MarketData", events: [{ ...top }] });
  host.tell({ kind: "MarketData", events: [{ ...top }] });
  await dish.pass(5 * MS);
  assert.equal(context.position(INSTRUMENT.id), 7, "a late fill of the old incarnation still moves the position");
  assert.ok(!heard.includes(order.orderId), "and is not told to one that knows nothing of the order");
  assert.equal(dish.submitted.length, 3, "one before the crash, one left of the allowance, one earned by the fill");
});

const top = { kind: "BookTop", instrument: 3, bid: 99, bidQuantity: 1, ask: 101, askQuantity: 1, time: 0 } as const;
const print = { kind: "TradePrint", instrument: 3, price: 100, quantity: 1, aggressor: 0, time: 0 } as const;
const late = {
  kind: "ExecutionReport",
  type: "trade",
  strategy: STRATEGY,
  instrument: 3,
  side: 0,
  price: 100,
  quantity: 5,
  leaves: 0,
  liquidity: "maker",
  code: 0,
  fee: 0,
  time: 0,
  position: 7,
} as const;

Deno.test("a stopped organism leaves nothing resting", async () => {
  const { dish } = await held();
  await dish.system.stop(dish.host);
  await dish.settle();
  assert.equal((dish.told.at(-1)!.message as OrderIntent).kind, "CancelAll");
  assert.equal(kinds(dish).filter((kind) => kind === "CancelAll").length, 2);
});

Deno.test("wrong parameters are one sentence that names the organism and the parameter", () => {
  const definition = puppet(() => ({}));
  const refusal = (parameters: unknown): string => {
    try {
      prepareHost({ id: "puppet-1", strategy: 1, definition, parameters, instruments: [INSTRUMENT] });
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === "ORGANISM_PARAMETERS");
      return error.message;
    }
    assert.fail("accepted");
  };
  assert.match(refusal({ size: -1 }), /^Organism "puppet-1" \(puppet\): parameter "size": .+\.$/);
  assert.match(refusal({ size: NaN }), /parameter "size"/);
  assert.equal(
    refusal({ sise: 1 }),
    'Organism "puppet-1" (puppet): unknown parameter "sise"; puppet knows size.',
  );
  const { parameters } = prepareHost({ id: "puppet-1", strategy: 1, definition, instruments: [INSTRUMENT] });
  assert.deepEqual(parameters, { size: 5 });
});
