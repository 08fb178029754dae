import assert from "node:assert/strict";
import {
  Code,
  CommandKind,
  ExecType,
  ExecutionView,
  Liquidity,
  OrderCommandView,
  OrderType,
  TimeInForce,
} from "../../ffi/layout.gen.ts";
import type { RecordedEvent, SideCode } from "../../actors/protocol/mod.ts";
import { ReplayVenue, type ReplayVenueOptions } from "../../actors/venues/replay_venue.ts";
import type { Reports } from "../../actors/venues/report_writer.ts";
import { perpetual } from "./replay_support.ts";

const BUY = 0;
const SELL = 1;
const nameOf = (table: Readonly<Record<string, number>>, code: number) =>
  Object.entries(table).find(([, value]) => value === code)![0];

interface Order {
  readonly id: number;
  readonly side?: SideCode;
  readonly price?: number;
  readonly quantity?: number;
  readonly kind?: CommandKind;
  readonly target?: number;
  readonly owner?: number;
  readonly instrument?: number;
  readonly market?: boolean;
  readonly type?: OrderType;
  readonly tif?: TimeInForce;
  readonly postOnly?: boolean;
  readonly display?: number;
  readonly selfTrade?: number;
  /** Seconds. */
  readonly expires?: number;
}

/** A venue without latency and a clock that tests move by hand. Reports come as short strings. */
class Bench {
  readonly venue: ReplayVenue;
  time = 1_000_000;
  open = true;
  #sequence = 0;

  constructor(options: Partial<ReplayVenueOptions> = {}) {
    this.venue = new ReplayVenue({
      instruments: [perpetual, { ...perpetual, id: 1, symbol: "OTHER" }],
      isApproved: () => true,
      doorOpen: () => this.open,
      orderLatency: 0,
      reorderWindow: 0,
      ...options,
    });
  }

  /** 100 × 5, 99 × 7 bid; 102 × 3, 103 × 4 asked. */
  live(): this {
    this.feed({ kind: "Snapshot", bids: [[100, 5], [99, 7]], asks: [[102, 3], [103, 4]] });
    return this;
  }

  feed(...events: RecordedEvent[]): string[] {
    this.time += 1000;
    return this.read(this.venue.onRecorded({ kind: "Recorded", instrument: 0, time: this.time, events }));
  }

  send(...orders: Order[]): string[] {
    const records = new Uint8Array(orders.length * OrderCommandView.SIZE);
    const view = new OrderCommandView(records);
    orders.forEach((order, n) => {
      view.at(n);
      view.kind = order.kind ?? CommandKind.New;
      view.side = order.side ?? BUY;
      view.orderType = order.type ?? (order.market ? OrderType.Market : OrderType.Limit);
      view.tif = order.tif ?? TimeInForce.Gtc;
      view.flags = (order.postOnly ? 1 : 0) | (order.selfTrade ?? 0) << 3;
      view.instrument = order.instrument ?? 0;
      view.orderId = order.id;
      view.price = order.price ?? 0;
      view.quantity = order.quantity ?? 0;
      view.owner = order.owner ?? 1;
      view.targetId = order.target ?? 0;
      view.display = order.display ?? 0;
      if (order.expires !== undefined) view.expires = order.expires;
    });
    return this.read(this.venue.submit(records, orders.length, this.time));
  }

  cancel(target: number, owner = 1): string[] {
    return this.send({ id: 900, kind: CommandKind.Cancel, target, owner });
  }

  amend(target: number, price: number, quantity: number, more: Partial<Order> = {}): string[] {
    return this.send({ id: 901, kind: CommandKind.Amend, target, price, quantity, ...more });
  }

  /** "#1 Trade 3@102 left 2 taker WouldCross": order, type, quantity, price, leaves, and what else is not zero. */
  read({ records, count }: Reports): string[] {
    const view = new ExecutionView(records);
    return Array.from({ length: count }, (_, n) => {
      view.at(n);
      assert.equal(view.venueSequence, ++this.#sequence, "numbered without a gap");
      assert.equal(view.time <= this.time, true);
      assert.equal(view.execType === ExecType.Trade, view.matchId !== 0);
      const words = [
        `#${view.orderId}`,
        nameOf(ExecType, view.execType),
        `${view.quantity}@${view.price}`,
        `left ${view.leaves}`,
      ];
      if (view.liquidity !== Liquidity.None) words.push(nameOf(Liquidity, view.liquidity).toLowerCase());
      if (view.reason !== 0) words.push(nameOf(Code, view.reason));
      return words.join(" ");
    });
  }

  levels(...changes: (readonly [SideCode, number, number])[]): string[] {
    return this.feed({ kind: "Levels", changes });
  }

  trade(price: number, quantity: number, aggressor: SideCode): string[] {
    return this.feed({ kind: "Trade", price, quantity, aggressor });
  }
}

Deno.test("a marketable order takes level by level what is displayed, and the rest rests", () => {
  const bench = new Bench().live();
  assert.deepEqual(bench.send({ id: 1, price: 103, quantity: 10 }), [
    "#1 New 10@103 left 10",
    "#1 Trade 3@102 left 7 taker",
    "#1 Trade 4@103 left 3 taker",
  ]);
  assert.equal(bench.venue.order(1)?.leaves, 3);
});

Deno.test("a limit is a limit: levels behind it are not taken", () => {
  const bench = new Bench().live();
  assert.deepEqual(bench.send({ id: 1, side: SELL, price: 100, quantity: 9 }), [
    "#1 New 9@100 left 9",
    "#1 Trade 5@100 left 4 taker",
  ]);
});

Deno.test("two orders cannot take the same liquidity, until more is added", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 102, quantity: 2 });
  assert.deepEqual(bench.send({ id: 2, price: 102, quantity: 2, tif: TimeInForce.Ioc }), [
    "#2 New 2@102 left 2",
    "#2 Trade 1@102 left 1 taker",
    "#2 Canceled 1@102 left 0 Ioc",
  ]);
  bench.levels([1, 102, 4]);
  assert.deepEqual(bench.send({ id: 3, price: 102, quantity: 5, tif: TimeInForce.Ioc }), [
    "#3 New 5@102 left 5",
    "#3 Trade 1@102 left 4 taker",
    "#3 Canceled 4@102 left 0 Ioc",
  ]);
  bench.levels([1, 102, 0]);
  bench.levels([1, 102, 6]);
  assert.deepEqual(bench.send({ id: 4, price: 102, quantity: 6 })[1], "#4 Trade 6@102 left 0 taker", "a new level");
});

Deno.test("what we took is no more than what is still displayed", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 102, quantity: 3 });
  bench.levels([1, 102, 1]);
  bench.levels([1, 102, 3]);
  assert.equal(bench.send({ id: 2, price: 102, quantity: 9 })[1], "#2 Trade 2@102 left 7 taker");
});

Deno.test("a market order takes all there is and its remainder is dropped", () => {
  const bench = new Bench().live();
  assert.deepEqual(bench.send({ id: 1, side: SELL, market: true, quantity: 20, price: 55 }), [
    "#1 New 20@0 left 20",
    "#1 Trade 5@100 left 15 taker",
    "#1 Trade 7@99 left 8 taker",
    "#1 Canceled 8@0 left 0 NoLiquidity",
  ]);
});

Deno.test("fill-or-kill is all or nothing, counting what we took before", () => {
  const bench = new Bench().live();
  const fok = (id: number, quantity: number) => bench.send({ id, price: 103, quantity, tif: TimeInForce.Fok });
  assert.deepEqual(fok(1, 8), ["#1 Rejected 8@103 left 0 Unfillable"]);
  assert.equal(fok(2, 7).length, 3);
  assert.deepEqual(fok(3, 1), ["#3 Rejected 1@103 left 0 Unfillable"]);
});

Deno.test("post-only is refused where it would match, also at a level we emptied", () => {
  const bench = new Bench().live();
  assert.deepEqual(bench.send({ id: 1, price: 102, quantity: 1, postOnly: true }), [
    "#1 Rejected 1@102 left 0 WouldCross",
  ]);
  bench.send({ id: 2, price: 102, quantity: 3 });
  assert.deepEqual(bench.send({ id: 3, price: 102, quantity: 1, postOnly: true }), [
    "#3 Rejected 1@102 left 0 WouldCross",
  ]);
  assert.deepEqual(bench.send({ id: 4, price: 101, quantity: 1, postOnly: true }), ["#4 New 1@101 left 1"]);
});

Deno.test("a resting order is filled by trades that pass those ahead of it", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 100, quantity: 4 });
  assert.equal(bench.venue.order(1)?.ahead, 5);
  assert.deepEqual(bench.trade(100, 5, SELL), []);
  assert.deepEqual(bench.trade(100, 3, BUY), [], "a buyer does not meet our bid");
  assert.deepEqual(bench.trade(101, 3, SELL), [], "nor a trade at a better price");
  assert.deepEqual(bench.trade(100, 3, SELL), ["#1 Trade 3@100 left 1 maker"]);
  assert.deepEqual(bench.trade(99, 8, SELL), ["#1 Trade 1@100 left 0 maker"], "at our price, though it went lower");
  assert.equal(bench.venue.openOrders, 0);
});

Deno.test("when the other side comes to our price it meets us first, up to what it shows", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 101, quantity: 10 });
  assert.deepEqual(bench.levels([1, 101, 4]), ["#1 Trade 4@101 left 6 maker"]);
  assert.deepEqual(bench.levels([1, 101, 4]), [], "the same lots do not meet us twice");
  assert.deepEqual(bench.levels([1, 101, 6]), ["#1 Trade 2@101 left 4 maker"], "lots that were added do");
  assert.deepEqual(bench.levels([1, 101, 0], [0, 100, 0], [1, 100, 9]), ["#1 Trade 4@101 left 0 maker"]);
});

Deno.test("a crossing meets our better price first and several levels in order", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, side: SELL, price: 101, quantity: 2 }, { id: 2, side: SELL, price: 102, quantity: 9 });
  assert.deepEqual(bench.levels([1, 102, 0], [0, 102, 5], [0, 101, 4]), [
    "#1 Trade 2@101 left 0 maker",
    "#2 Trade 3@102 left 6 maker",
  ]);
});

Deno.test("best prices between diffs rule until the next diff, and do not change the book", () => {
  const bench = new Bench().live();
  bench.feed({ kind: "Top", bid: 100, bidQuantity: 2, ask: 103, askQuantity: 1 });
  assert.deepEqual(bench.venue.depth(0, 5), {
    instrument: 0,
    time: bench.time,
    bids: [[100, 2], [99, 7]],
    asks: [[103, 1]],
  });
  assert.equal(bench.send({ id: 1, price: 103, quantity: 9, tif: TimeInForce.Ioc })[1], "#1 Trade 1@103 left 8 taker");
  bench.levels([0, 99, 8]);
  assert.deepEqual(bench.venue.depth(0, 5).asks, [[102, 3], [103, 4]]);
  assert.deepEqual(bench.venue.depth(0, 5).bids, [[100, 5], [99, 8]]);
});

Deno.test("levels better than newer best prices are gone, whatever the book still holds", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 100, quantity: 4 });
  bench.feed({ kind: "Top", bid: 99, bidQuantity: 7, ask: 101, askQuantity: 3 });
  assert.deepEqual(bench.venue.order(1)?.ahead, 0);
  bench.feed({ kind: "Top", bid: 99, bidQuantity: 7, ask: 100, askQuantity: 3 });
  assert.deepEqual(bench.venue.order(1)?.leaves, 1, "and the seller at our price met us");
  assert.deepEqual(bench.send({ id: 2, side: SELL, price: 99, quantity: 9 })[1], "#2 Trade 7@99 left 2 taker");
});

Deno.test("best prices that are no market are ignored", () => {
  const bench = new Bench().live();
  for (const [bid, ask] of [[102, 102], [103, 102], [0, 102], [100, 0]]) {
    bench.feed({ kind: "Top", bid, bidQuantity: 1, ask, askQuantity: 1 });
  }
  assert.deepEqual(bench.venue.depth(0, 1), { instrument: 0, time: bench.time, bids: [[100, 5]], asks: [[102, 3]] });
});

Deno.test("a best quantity that falls and its trade move a resting order once", () => {
  const bench = new Bench({ reorderWindow: 5000 }).live();
  bench.send({ id: 1, price: 100, quantity: 4 });
  bench.time += 5000;
  bench.feed({ kind: "Top", bid: 100, bidQuantity: 2, ask: 102, askQuantity: 3 });
  bench.trade(100, 3, SELL);
  bench.levels([0, 100, 2]);
  assert.equal(bench.venue.order(1)?.ahead, 2);
});

Deno.test("a crossed book is not traded on until the next snapshot", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 101, quantity: 5 });
  assert.deepEqual(bench.levels([1, 99, 5]), [], "no fill out of a book that cannot be");
  assert.equal(bench.venue.status(0)?.status, "resyncing");
  assert.deepEqual(bench.send({ id: 2, price: 101, quantity: 5 }), ["#2 Rejected 5@101 left 0 NoMarketData"]);
  bench.live();
  assert.equal(bench.venue.status(0)?.status, "live");
});

Deno.test("without live data orders are refused, resting ones wait, cancels work", () => {
  const bench = new Bench();
  assert.deepEqual(bench.send({ id: 1, price: 100, quantity: 1 }), ["#1 Rejected 1@100 left 0 NoMarketData"]);
  bench.live().send({ id: 2, price: 100, quantity: 2 }, { id: 3, price: 100, quantity: 2 });
  bench.feed({ kind: "Gap", detail: "lost" });
  assert.deepEqual(bench.trade(100, 50, SELL), [], "no fill in the dark");
  assert.deepEqual(bench.send({ id: 4, market: true, quantity: 1 }), ["#4 Rejected 1@0 left 0 NoMarketData"]);
  assert.deepEqual(bench.amend(2, 99, 1), ["#2 CancelRejected 1@100 left 2 NoMarketData"]);
  assert.deepEqual(bench.cancel(2), ["#2 Canceled 2@100 left 0"]);
  bench.feed({ kind: "Snapshot", bids: [[100, 1]], asks: [[102, 1]] });
  assert.equal(bench.venue.order(3)?.ahead, 1);
  assert.deepEqual(bench.trade(100, 2, SELL), ["#3 Trade 1@100 left 1 maker"]);
  bench.feed({ kind: "Ended" });
  assert.deepEqual(bench.send({ id: 5, price: 1, quantity: 1 }), ["#5 Rejected 1@1 left 0 NoMarketData"]);
});

Deno.test("a silent recording counts as no data until it speaks", () => {
  const bench = new Bench({ staleAfter: 50_000 }).live();
  bench.time += 50_000;
  assert.deepEqual(bench.venue.checkStale(bench.time), []);
  assert.equal(bench.send({ id: 1, price: 90, quantity: 1 }).length, 1);
  bench.time += 1;
  assert.deepEqual(bench.send({ id: 2, price: 90, quantity: 1 }), ["#2 Rejected 1@90 left 0 NoMarketData"]);
  assert.deepEqual(bench.venue.checkStale(bench.time), [0]);
  assert.equal(bench.venue.takeStatuses(0).at(-1)?.status, "stale");
  bench.trade(100, 1, SELL);
  assert.equal(bench.venue.takeStatuses(0).at(-1)?.status, "live");
  assert.equal(bench.send({ id: 3, price: 90, quantity: 1 })[0], "#3 New 1@90 left 1");
});

Deno.test("a shut door refuses new orders and amends at the last moment, never cancels", () => {
  const bench = new Bench({ orderLatency: 10_000 }).live();
  const settle = () => bench.read(bench.venue.advance(bench.time += 10_000));
  bench.send({ id: 1, price: 100, quantity: 5 });
  settle();
  bench.send({ id: 2, price: 100, quantity: 5 });
  bench.amend(1, 99, 5);
  bench.cancel(1);
  bench.open = false;
  assert.deepEqual(settle(), [
    "#2 Rejected 5@100 left 0 VenueKilled",
    "#1 CancelRejected 5@100 left 5 VenueKilled",
    "#1 Canceled 5@100 left 0",
  ]);
});

Deno.test("commands take effect after the latency, before what is recorded at that moment", () => {
  const bench = new Bench({ orderLatency: 2000 }).live();
  assert.deepEqual(bench.send({ id: 1, price: 102, quantity: 3 }), []);
  assert.equal(bench.venue.nextDue, bench.time + 2000);
  assert.deepEqual(bench.levels([1, 102, 2]), [], "1 ms later one lot is gone");
  assert.deepEqual(bench.levels([1, 102, 0]), [
    "#1 New 3@102 left 3",
    "#1 Trade 2@102 left 1 taker",
  ], "2 ms later the order came first");
  bench.cancel(1);
  assert.deepEqual(bench.levels([1, 102, 1]), ["#1 Trade 1@102 left 0 maker"], "the cancel is still on its way");
  bench.time += 1000;
  assert.deepEqual(bench.read(bench.venue.advance(bench.time)), ["#1 CancelRejected 0@0 left 0 VenueUnknownOrder"]);
  assert.equal(bench.venue.nextDue, null);
});

Deno.test("amend: the quantity is the total, so what has filled counts against it", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 102, quantity: 10 });
  assert.equal(bench.venue.order(1)?.leaves, 7, "3 were asked at 102");
  assert.deepEqual(bench.amend(1, 102, 8), ["#1 Replaced 8@102 left 5"]);
  assert.deepEqual(bench.amend(1, 101, 12), ["#1 Replaced 12@101 left 9"]);
  assert.deepEqual(bench.amend(1, 103, 12), ["#1 Replaced 12@103 left 9", "#1 Trade 4@103 left 5 taker"]);
  assert.deepEqual(bench.amend(1, 103, 7), ["#1 Canceled 5@103 left 0 BelowFilled"], "7 have filled");
  assert.equal(bench.venue.openOrders, 0);
});

Deno.test("amend: post-only or not, a total that has filled cancels the rest wherever the price lies", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 100, quantity: 6, postOnly: true });
  bench.trade(100, 7, SELL);
  assert.equal(bench.venue.order(1)?.leaves, 4);
  assert.deepEqual(bench.amend(1, 102, 2), ["#1 Canceled 4@100 left 0 BelowFilled"]);
});

Deno.test("an order good till a time ends at that time, before what happens then", () => {
  const bench = new Bench().live();
  const Gtd = TimeInForce.Gtd;
  bench.send(
    { id: 1, price: 100, quantity: 2, tif: Gtd, expires: 3 },
    { id: 2, price: 100, quantity: 2, tif: Gtd, expires: 2 },
    { id: 3, price: 100, quantity: 2 },
  );
  assert.equal(bench.venue.nextDue, 2_000_000);
  bench.time = 2_000_000 - 1000;
  assert.deepEqual(bench.trade(99, 4, SELL), [
    "#2 Expired 2@100 left 0 Expired",
    "#1 Trade 2@100 left 0 maker",
    "#3 Trade 2@100 left 0 maker",
  ]);
  bench.read(bench.venue.advance(bench.time = 3_000_000));
  assert.equal(bench.venue.nextDue, null, "the order that ended by trading ends only once");
  const late = { id: 4, price: 100, quantity: 2, tif: Gtd, expires: 2 };
  assert.deepEqual(bench.send(late), ["#4 Rejected 2@100 left 0 Expired"], "that time has come");
  bench.send({ ...late, id: 5, expires: 9 });
  bench.feed({ kind: "Ended" });
  bench.venue.onRecorded({ kind: "Recorded", instrument: 1, time: bench.time, events: [{ kind: "Ended" }] });
  assert.equal(bench.venue.nextDue, null, "after the recording nobody waits for the year 2100");
});

Deno.test("an order that ends at the moment a command for it is due has ended before", () => {
  const bench = new Bench({ orderLatency: 1000 }).live();
  bench.send({ id: 1, price: 100, quantity: 2, tif: TimeInForce.Gtd, expires: 2 });
  bench.time = 2_000_000 - 1000;
  bench.cancel(1);
  bench.time = 2_500_000;
  assert.deepEqual(bench.read(bench.venue.advance(bench.time)), [
    "#1 Expired 2@100 left 0 Expired",
    "#1 CancelRejected 0@0 left 0 VenueUnknownOrder",
  ]);
});

Deno.test("amend: less at the same price keeps the place, everything else goes to the end", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 100, quantity: 6 });
  bench.trade(100, 2, SELL);
  assert.equal(bench.venue.order(1)?.ahead, 3);
  assert.deepEqual(bench.amend(1, 100, 4), ["#1 Replaced 4@100 left 4"]);
  assert.equal(bench.venue.order(1)?.ahead, 3);
  bench.amend(1, 100, 4);
  assert.equal(bench.venue.order(1)?.ahead, 5, "an amend that changes nothing loses the place");
  assert.deepEqual(bench.amend(1, 102, 9), ["#1 Replaced 9@102 left 9", "#1 Trade 3@102 left 6 taker"]);
  assert.deepEqual([bench.venue.order(1)?.price, bench.venue.order(1)?.leaves], [102, 6]);
  assert.deepEqual(bench.amend(1, 104, 7), ["#1 Replaced 7@104 left 4", "#1 Trade 4@103 left 0 taker"]);
  assert.deepEqual(bench.amend(1, 104, 4), ["#1 CancelRejected 4@104 left 0 VenueUnknownOrder"]);
});

Deno.test("amend: post-only stays with the order, and what cannot be read or is not ours is refused", () => {
  const bench = new Bench().live();
  bench.send({ id: 1, price: 100, quantity: 6, postOnly: true });
  assert.deepEqual(bench.amend(1, 102, 6), ["#1 CancelRejected 6@100 left 6 WouldCross"]);
  assert.deepEqual(bench.amend(1, 99, 6), ["#1 Replaced 6@99 left 6"]);
  assert.deepEqual(bench.amend(1, 102, 6), ["#1 CancelRejected 6@99 left 6 WouldCross"], "for life");
  assert.deepEqual(bench.amend(1, 0, 6), ["#1 CancelRejected 6@0 left 0 VenueMalformed"]);
  assert.deepEqual(bench.amend(1, 99, 0), ["#1 CancelRejected 0@99 left 0 VenueMalformed"]);
  assert.deepEqual(bench.amend(1, 99, 5, { owner: 2 }), ["#1 CancelRejected 5@99 left 0 VenueUnknownOrder"]);
  assert.deepEqual(bench.cancel(1, 2), ["#1 CancelRejected 0@0 left 0 VenueUnknownOrder"]);
  assert.equal(bench.venue.order(1)?.leaves, 6);
});

Deno.test("new orders that cannot be read, repeat an open id or name no market are refused", () => {
  const bench = new Bench().live();
  const malformed: Order[] = [
    { id: 1, price: 100, quantity: 0 },
    { id: 1, price: 0, quantity: 1 },
    { id: 0, price: 100, quantity: 1 },
    { id: 1, price: 100, quantity: 1, side: 2 as SideCode },
    { id: 1, price: 100, quantity: 1, postOnly: true, tif: TimeInForce.Ioc },
    { id: 1, price: 100, quantity: 1, kind: 9 as CommandKind },
    { id: 1, price: 100, quantity: 1, tif: TimeInForce.Gtd },
    { id: 1, price: 100, quantity: 1, expires: 9 },
    { id: 1, price: 100, quantity: 1, selfTrade: 5 },
    { id: 1, price: 100, quantity: 2, display: 1 },
    { id: 1, price: 100, quantity: 1, tif: TimeInForce.Day },
    { id: 1, price: 100, quantity: 1, type: OrderType.Stop },
    { id: 1, price: 100, quantity: 1, type: OrderType.StopLimit },
  ];
  for (const order of malformed) assert.match(bench.send(order)[0], /Rejected .* VenueMalformed$/);
  assert.match(bench.send({ id: 1, price: 100, quantity: 1, instrument: 7 })[0], /Rejected .* VenueUnknownInstrument$/);
  bench.send({ id: 1, price: 100, quantity: 1, selfTrade: 4 });
  assert.deepEqual(bench.send({ id: 1, price: 99, quantity: 2 }), ["#1 Rejected 2@99 left 0 VenueDuplicateId"]);
});

Deno.test("cancel-all of an owner ends its orders only: buys before sells, best first", () => {
  const bench = new Bench().live();
  bench.send(
    { id: 1, price: 98, quantity: 1 },
    { id: 2, side: SELL, price: 103, quantity: 1 },
    { id: 3, price: 99, quantity: 1 },
    { id: 4, price: 99, quantity: 1, owner: 2 },
  );
  const everywhere = { id: 9, kind: CommandKind.CancelOwner, instrument: 0xffff } as const;
  assert.deepEqual(bench.send({ ...everywhere, instrument: 1 }), []);
  assert.deepEqual(bench.send(everywhere), [
    "#3 Canceled 1@99 left 0 OwnerCancel",
    "#1 Canceled 1@98 left 0 OwnerCancel",
    "#2 Canceled 1@103 left 0 OwnerCancel",
  ]);
  assert.equal(bench.venue.openOrders, 1);
});

Deno.test("the kill switch's cancel-all leaves nothing in its scope, not even what is on its way", () => {
  const bench = new Bench({ orderLatency: 1000 }).live();
  bench.send({ id: 1, price: 98, quantity: 1 }, { id: 2, price: 98, quantity: 1, owner: 2 });
  bench.read(bench.venue.advance(bench.time += 1000));
  bench.send({ id: 3, price: 98, quantity: 1 }, { id: 4, price: 97, quantity: 1, owner: 2 });
  assert.deepEqual(bench.read(bench.venue.cancelAll({ owner: 1 }, bench.time)), [
    "#1 Canceled 1@98 left 0 OwnerCancel",
    "#3 Rejected 1@98 left 0 VenueKilled",
  ]);
  assert.equal(bench.venue.inFlight, 1);
  assert.equal(bench.read(bench.venue.cancelAll({}, bench.time)).length, 2);
  assert.deepEqual([bench.venue.openOrders, bench.venue.inFlight], [0, 0]);
});

Deno.test("our orders never change the recorded market and never meet one another", () => {
  const bench = new Bench().live();
  const before = JSON.stringify(bench.venue.depth(0, 9));
  bench.send({ id: 1, price: 101, quantity: 5 }, { id: 2, price: 103, quantity: 2, tif: TimeInForce.Ioc });
  assert.deepEqual(bench.send({ id: 3, side: SELL, price: 101, quantity: 5, owner: 2 }), ["#3 New 5@101 left 5"]);
  assert.equal(JSON.stringify(bench.venue.depth(0, 9)), before);
});

Deno.test("subscribers hear best prices when they change, trades, and the status", () => {
  const bench = new Bench();
  bench.live();
  bench.levels([0, 90, 1]);
  bench.trade(100, 2, SELL);
  bench.levels([0, 100, 3]);
  const events = bench.venue.takeMarket(0);
  assert.deepEqual(events.map(({ kind }) => kind), ["BookTop", "TradePrint", "BookTop"]);
  assert.deepEqual(events[2], {
    kind: "BookTop",
    instrument: 0,
    bid: 100,
    bidQuantity: 3,
    ask: 102,
    askQuantity: 3,
    time: bench.time,
  });
  assert.deepEqual(bench.venue.takeMarket(0), []);
  assert.deepEqual(bench.venue.takeStatuses(0).map(({ status }) => status), ["live"]);
});
