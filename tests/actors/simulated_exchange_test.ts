/** The simulated exchange: who may enter, who hears what and in which order, and what a restart loses: nothing. */
import assert from "node:assert/strict";
import { simulatedMarket, type SimulatedMarketMessage } from "../../actors/market/simulated/market.ts";
import { BACKGROUND_ORDER_BASE, CommandWriter } from "../../actors/market/simulated/writer.ts";
import {
  type ApprovedBatch,
  BUY,
  createApproval,
  type FlowReports,
  GUARDIAN,
  type GuardianMessage,
  type MarketData,
  type MarketEvent,
  type MarketStatus,
  SELL,
  type SideCode,
  VENUE,
  type VenueMessage,
} from "../../actors/protocol/mod.ts";
import { simulatedExchange, SimulatedVenue } from "../../actors/venues/simulated_exchange.ts";
import {
  BACKGROUND_OWNER,
  Code,
  CommandKind,
  ExecType,
  ExecutionView,
  OrderCommandView,
} from "../../ffi/layout.gen.ts";
import { EVERY_OWNER, MatchingEngine } from "../../ffi/mod.ts";
import { type ActorDef, type ActorRef, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { finish, pass, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { ALPHA, DEFAULTS, NOBODY, PRICE, START } from "../../bench/facts/pen.ts";

interface Command {
  readonly kind?: number;
  readonly owner?: number;
  readonly side?: SideCode;
  readonly orderId?: number;
  readonly targetId?: number;
  readonly price?: number;
  readonly quantity?: number;
  readonly tif?: number;
  readonly instrument?: number;
}

function commands(...list: Command[]): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(list.length * OrderCommandView.SIZE);
  const view = new OrderCommandView(records);
  list.forEach((command, i) => {
    Object.assign(view.at(i), { kind: CommandKind.New, owner: 1, price: PRICE, quantity: 1, time: START, ...command });
  });
  return records;
}

interface Report {
  readonly type: number;
  readonly id: number;
  readonly owner: number;
  readonly reason: number;
  readonly sequence: number;
}

function reports(records: Uint8Array, count: number): Report[] {
  const view = new ExecutionView(records);
  return Array.from({ length: count }, (_, i) => {
    const { execType, orderId, owner, reason, venueSequence } = view.at(i);
    return { type: execType, id: orderId, owner, reason, sequence: venueSequence };
  });
}

/** The venue alone. */
class Door implements Disposable {
  readonly engine = MatchingEngine.create([0]);
  readonly approval = createApproval();
  readonly killed = new Set<number>();
  readonly venue = new SimulatedVenue({
    engine: this.engine,
    instruments: [ALPHA],
    isApproved: this.approval.isApproved,
    doorOpen: (owner) => !this.killed.has(owner),
  });

  submit(...list: Command[]) {
    return this.venue.submit(this.approval.approve(commands(...list), list.length));
  }

  flow(...list: Command[]) {
    const background = list.map((command) => ({ owner: BACKGROUND_OWNER, ...command }));
    return this.venue.flow({
      kind: "FlowBatch",
      records: commands(...background),
      count: list.length,
      replyTo: NOBODY,
    });
  }

  [Symbol.dispose](): void {
    this.engine.close();
  }
}

Deno.test("orders without approval do not enter, whatever they look like", () => {
  using door = new Door();
  const records = commands({ orderId: 1 });
  const forged = [
    { kind: "ApprovedBatch", records, count: 1 },
    createApproval().approve(records, 1),
    Object.create(door.approval.approve(records, 1)),
  ];
  for (const batch of forged) {
    assert.throws(() => door.venue.submit(batch as ApprovedBatch), /did not pass the gate/);
  }
  assert.equal(door.engine.openOrders, 0);
});

Deno.test("an order of ours cannot come in with the background, which passes no gate", () => {
  using door = new Door();
  for (const kind of [CommandKind.New, CommandKind.Amend, CommandKind.CancelOwner]) {
    const list = [{ orderId: 1, owner: BACKGROUND_OWNER }, { kind, orderId: 2, owner: 127 }];
    assert.throws(() => door.flow(...list), /past the gate/);
  }
  assert.equal(door.engine.openOrders, 0);
});

Deno.test("orders of a killed scope are refused at the door in their turn, and their cancels pass", () => {
  using door = new Door();
  door.submit({ orderId: 1 }, { orderId: 2, owner: 2 }, { orderId: 3, price: PRICE - 1 });
  door.killed.add(1);
  const { own, ownCount, events } = door.submit(
    { orderId: 4, owner: 2, side: BUY },
    { orderId: 5 },
    { kind: CommandKind.Amend, orderId: 1, targetId: 1, price: PRICE, quantity: 5 },
    { kind: CommandKind.Cancel, orderId: 1, targetId: 1 },
    { orderId: 6, owner: 2, side: BUY },
    { kind: CommandKind.CancelOwner, price: 0, quantity: 0 },
  );
  const { New, Rejected, Canceled, CancelRejected } = ExecType;
  assert.deepEqual(reports(own, ownCount).map(({ type, id, owner, reason }) => [type, id, owner, reason]), [
    [New, 4, 2, 0],
    [Rejected, 5, 1, Code.VenueKilled],
    [CancelRejected, 1, 1, Code.VenueKilled],
    [Canceled, 1, 1, 0],
    [New, 6, 2, 0],
    [Canceled, 3, 1, Code.OwnerCancel],
  ]);
  const sequences = reports(own, ownCount).map(({ sequence }) => sequence);
  assert.deepEqual(sequences, sequences.map((_, i) => sequences[0] + i));
  assert.equal(events[0].filter((event) => event.kind === "TradePrint").length, 0);
  assert.deepEqual(door.venue.depth(0, 5).bids, [[PRICE, 3]]);
});

Deno.test("a sweep that makes more reports than the buffers hold is delivered whole and in order", () => {
  using door = new Door();
  const n = 5_000;
  for (let i = 0; i < n; i += 1_000) {
    door.flow(...Array.from({ length: 1_000 }, (_, k) => ({
      orderId: BACKGROUND_ORDER_BASE + i + k,
      side: SELL,
      price: PRICE + Math.floor((i + k) / 10),
    } as const)));
  }
  const { own, ownCount, background, backgroundCount, events } = door.submit({
    orderId: 1,
    side: BUY,
    price: PRICE + n,
    quantity: n,
  });
  const ours = reports(own, ownCount), theirs = reports(background, backgroundCount);
  assert.deepEqual([ours.length, theirs.length], [n + 1, n]);
  assert.deepEqual(theirs.map(({ id }) => id), Array.from({ length: n }, (_, i) => BACKGROUND_ORDER_BASE + i));
  assert.ok(ours.every(({ owner }) => owner === 1) && theirs.every(({ owner }) => owner === BACKGROUND_OWNER));
  const sequences = [...ours, ...theirs].map(({ sequence }) => sequence).sort((a, b) => a - b);
  assert.deepEqual(sequences, Array.from({ length: 2 * n + 1 }, (_, i) => n + 1 + i));
  for (const list of [ours, theirs]) {
    assert.ok(list.every(({ sequence }, i) => i === 0 || sequence > list[i - 1].sequence), "out of order");
  }
  const prints = events[0].flatMap((event) => event.kind === "TradePrint" ? [event.price] : []);
  assert.deepEqual(prints, Array.from({ length: n }, (_, i) => PRICE + Math.floor(i / 10)));
  assert.equal(events[0].at(-1)?.kind, "BookTop");
});

Deno.test("best prices are those of the book, with 0 for an empty side and nothing for an empty book", () => {
  using door = new Door();
  assert.equal(door.venue.top(0, START), null);
  assert.equal(door.venue.top(7, START), null);
  door.flow({ orderId: 1, side: BUY, price: 99, quantity: 3 }, { orderId: 2, side: BUY, price: 99, quantity: 4 });
  const empty = { kind: "BookTop", instrument: 0, bid: 99, bidQuantity: 7, ask: 0, askQuantity: 0, time: START };
  assert.deepEqual(door.venue.top(0, START), empty);
  door.flow({ orderId: 3, side: SELL, price: 101, quantity: 5 });
  assert.deepEqual(door.venue.top(0, START + 9), { ...empty, ask: 101, askQuantity: 5, time: START + 9 });
});

Deno.test("a cancel of everything reports ours to the caller, all of it, and the rest to those whom it concerns", () => {
  using door = new Door();
  const heard: FlowReports[] = [];
  const crowd: ActorRef<FlowReports> = { ...NOBODY, tell: (message) => (heard.push(message), "enqueued") };
  door.flow({ orderId: 1, side: SELL, price: PRICE + 5 });
  door.venue.crowd = crowd;
  const n = 5_000;
  const list = Array.from({ length: n }, (_, i) => ({ orderId: 2 + i, price: PRICE - (i % 7) }));
  door.submit(...list);
  const { records, count } = door.venue.cancelAll({ owner: 1 }, START);
  assert.deepEqual([count, door.engine.openOrders, heard.length], [n, 1, 0]);
  const cancelled = reports(records, count);
  assert.ok(cancelled.every(({ type, reason }) => type === ExecType.Canceled && reason === Code.OwnerCancel));
  assert.equal(new Set(cancelled.map(({ id }) => id)).size, n);

  assert.equal(door.venue.cancelAll({ owner: EVERY_OWNER, instrument: 0 }, START).count, 0);
  assert.deepEqual(heard.map((message) => reports(message.records, message.count).map(({ id }) => id)), [[1]]);
  assert.equal(door.engine.openOrders, 0);
});

// ----------------------------------------------------------------------------------------------------------- with actors

type Heard = GuardianMessage | FlowReports | MarketData | MarketStatus;

/** The exchange, a guardian that only listens, and whoever the test adds. */
class Exchange {
  readonly door = new Door();
  readonly system = testSystem({ start: START });
  /** Everything that was handled by a listener, in the order of handling. */
  readonly log: { readonly who: string; readonly message: Heard }[] = [];
  readonly guardian: ActorRef<GuardianMessage>;

  constructor(withCrowd = false) {
    this.guardian = this.listener("guardian", GUARDIAN) as ActorRef<GuardianMessage>;
    supervise(this.system, "node", {
      id: "node",
      strategy: "one_for_one",
      intensity: 100,
      children: [
        worker("exchange", simulatedExchange, { venue: this.door.venue }),
        ...withCrowd
          ? [worker("crowd", simulatedMarket, {
            options: DEFAULTS,
            instruments: [[0, PRICE] as const],
            lastPrice: () => this.last,
            writer: new CommandWriter(),
          })]
          : [],
      ],
    });
  }

  last = 0;

  get venue(): ActorRef<VenueMessage> {
    return this.system.registry.get(VENUE);
  }

  listener(who: string, key?: typeof GUARDIAN): ActorRef<Heard> {
    const def: ActorDef<Heard> = {
      type: "listener",
      init: (context) => {
        if (key) context.register(key as never);
        return { receive: (message) => void this.log.push({ who, message }) };
      },
    };
    return this.system.start(who, def, undefined);
  }

  subscribe(subscriber: ActorRef<Heard>): void {
    this.venue.tell({ kind: "SubscribeMarket", subscriber, instruments: [0] });
  }

  approved(...list: Command[]): void {
    this.venue.tell(this.door.approval.approve(commands(...list), list.length));
  }

  background(replyTo: ActorRef<FlowReports>, ...list: Command[]): void {
    const records = commands(...list.map((command) => ({ owner: BACKGROUND_OWNER, ...command })));
    this.venue.tell({ kind: "FlowBatch", records, count: list.length, replyTo });
  }

  /** Public events that `who` has heard. */
  events(who: string): MarketEvent[] {
    return this.log.flatMap(({ who: hearer, message }) =>
      hearer === who && message.kind === "MarketData" ? message.events : []
    );
  }

  crash(path: string): void {
    this.system.crash(this.system.find(path)!, new Error("crashed by the test"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await finish(this.system);
    this.door.engine.close();
  }
}

const kinds = (exchange: Exchange) => exchange.log.map(({ who, message }) => `${who} ${message.kind}`);

Deno.test("our executions reach the guardian, and background ones the crowd, before the public sees what happened", async () => {
  await using exchange = new Exchange();
  const crowd = exchange.listener("crowd"), public_ = exchange.listener("public");
  exchange.subscribe(public_);
  exchange.background(crowd, { orderId: BACKGROUND_ORDER_BASE, side: SELL });
  await settle(exchange.system);
  exchange.log.length = 0;
  exchange.approved({ orderId: 1, side: BUY });
  await settle(exchange.system);
  assert.deepEqual(kinds(exchange), ["guardian ExecutionBatch", "crowd FlowReports", "public MarketData"]);
  assert.deepEqual(exchange.events("public").map(({ kind }) => kind), ["TradePrint", "BookTop"]);
  const [{ message: ours }, { message: theirs }] = exchange.log;
  assert.ok(ours.kind === "ExecutionBatch" && theirs.kind === "FlowReports");
  assert.deepEqual(reports(ours.records, ours.count).map(({ type, id }) => [type, id]), [
    [ExecType.New, 1],
    [ExecType.Trade, 1],
  ]);
  assert.deepEqual(reports(theirs.records, theirs.count).map(({ type, id }) => [type, id]), [
    [ExecType.Trade, BACKGROUND_ORDER_BASE],
  ]);
});

Deno.test("background executions are no business of the guardian", async () => {
  await using exchange = new Exchange();
  const crowd = exchange.listener("crowd");
  exchange.background(
    crowd,
    { orderId: BACKGROUND_ORDER_BASE, side: SELL },
    { orderId: BACKGROUND_ORDER_BASE + 1, side: BUY },
  );
  await settle(exchange.system);
  assert.deepEqual(kinds(exchange), ["guardian VenueReady", "crowd FlowReports"]);
});

Deno.test("who subscribes late or again gets the present prices at once, and every event once", async () => {
  await using exchange = new Exchange();
  const early = exchange.listener("early"), late = exchange.listener("late");
  exchange.subscribe(early);
  await settle(exchange.system);
  assert.deepEqual(exchange.events("early"), [], "prices of an empty book");
  exchange.background(NOBODY, { orderId: 1, side: BUY, price: 99 }, { orderId: 2, side: SELL, price: 101 });
  await pass(exchange.system, 5 * MICROS_PER_SECOND);
  exchange.subscribe(late);
  await settle(exchange.system);
  const now = { kind: "BookTop", instrument: 0, bid: 99, bidQuantity: 1, ask: 101, askQuantity: 1 };
  assert.deepEqual(exchange.events("late"), [{ ...now, time: START + 5 * MICROS_PER_SECOND }]);

  exchange.subscribe(late);
  exchange.subscribe(late);
  await settle(exchange.system);
  exchange.log.length = 0;
  exchange.background(NOBODY, { orderId: 3, side: BUY, price: 100 });
  await settle(exchange.system);
  assert.deepEqual([exchange.events("late").length, exchange.events("early").length], [1, 1]);
});

Deno.test("a restarted exchange knows its book, its subscribers and its crowd, and says that it is back", async () => {
  await using exchange = new Exchange();
  const crowd = exchange.listener("crowd"), public_ = exchange.listener("public");
  exchange.subscribe(public_);
  exchange.background(crowd, { orderId: BACKGROUND_ORDER_BASE, side: SELL });
  await settle(exchange.system);
  exchange.log.length = 0;
  exchange.crash("/node/exchange");
  exchange.approved({ orderId: 1, side: BUY });
  await settle(exchange.system);
  assert.deepEqual(kinds(exchange), [
    "guardian VenueReady",
    "guardian ExecutionBatch",
    "crowd FlowReports",
    "public MarketData",
  ]);
});

Deno.test("a forged batch crashes the exchange and enters nothing; what comes after it is carried out", async () => {
  await using exchange = new Exchange();
  exchange.venue.tell({ kind: "ApprovedBatch", records: commands({ orderId: 1 }), count: 1 } as ApprovedBatch);
  exchange.approved({ orderId: 2 });
  await settle(exchange.system);
  assert.deepEqual(kinds(exchange), ["guardian VenueReady", "guardian VenueReady", "guardian ExecutionBatch"]);
  assert.equal(exchange.door.engine.openOrders, 1);
});

Deno.test("the exchange of a simulated market takes no recordings and no bars", async () => {
  await using exchange = new Exchange();
  exchange.venue.tell({ kind: "BarBatch", bars: [] });
  exchange.venue.tell({ kind: "Recorded", instrument: 0, time: START, events: [] });
  await settle(exchange.system);
  const actor = exchange.system.actors().find(({ path }) => path === "/node/exchange");
  assert.equal(actor?.restarts, 2);
  assert.match(actor?.lastExit ?? "", /does not take Recorded: check the feed's wiring/);
});

Deno.test("the crowd's makers hear of every public trade, ours included", async () => {
  await using exchange = new Exchange(true);
  const estimate = () =>
    (exchange.system.inspect("/node/crowd") as { crowds: { estimate: number }[] }).crowds[0].estimate;
  await pass(exchange.system, 2_000_000);
  const before = estimate();
  exchange.approved({ orderId: 1, side: BUY, price: PRICE * 2, quantity: 100 });
  await settle(exchange.system);
  const wanted = before * Math.exp(DEFAULTS.maker.learningBpPer100Lots * 1e-4);
  assert.ok(Math.abs(estimate() - wanted) < 0.01, `${estimate()}, not ${wanted}`);
});

Deno.test("a crowd that crashes at any time withdraws, picks up at the last price and keeps the true picture", async () => {
  await using exchange = new Exchange(true);
  const tape = exchange.listener("tape");
  exchange.subscribe(tape as ActorRef<Heard | SimulatedMarketMessage>);
  const inspect = () =>
    (exchange.system.inspect("/node/crowd") as { crowds: { resting: number; value: number }[] }).crowds[0];
  for (let round = 1; round <= 12; round++) {
    // Not a multiple of the step, so that it also falls between sending and hearing.
    await pass(exchange.system, 5_000_000 + round * 3_333);
    assert.ok(inspect().resting > 50, `only ${inspect().resting} orders rest`);
    assert.equal(inspect().resting, exchange.door.engine.openOrders, `in round ${round}`);
    const prints = exchange.events("tape").filter((event) => event.kind === "TradePrint");
    exchange.last = prints.at(-1)!.price;
    if (round % 2 === 0) exchange.crash("/node/crowd");
    else exchange.crash("/node/exchange");
    await settle(exchange.system);
    if (round % 2 === 0) {
      assert.equal(exchange.door.engine.openOrders, 0, "the crashed crowd left orders behind");
      assert.equal(inspect().value, exchange.last);
    }
  }
  const tops = exchange.events("tape").filter((event) => event.kind === "BookTop");
  assert.ok(tops.every(({ bid, ask }) => bid === 0 || ask === 0 || bid < ask), "crossed");
});
