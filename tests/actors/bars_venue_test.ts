import assert from "node:assert/strict";
import fc from "fast-check";
import { BarVenue, type BarVenueOptions } from "../../actors/venues/bar_exchange.ts";
import type { Bar } from "../../actors/protocol/mod.ts";
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

const DAY = 86_400_000_000;
const instrument = {
  id: 0,
  symbol: "SPX",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: 0,
  takerFee: 0,
};

const bar = (day: number, open: number, high: number, low: number, close: number, volume = 100_000): Bar => ({
  kind: "Bar",
  instrument: 0,
  open,
  high,
  low,
  close,
  volume,
  time: day * DAY,
});

interface Report {
  readonly type: string;
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  readonly leaves: number;
  readonly reason: string;
  readonly liquidity: string;
  readonly sequence: number;
}

const nameOf = (values: Record<string, number>, value: number) =>
  Object.entries(values).find(([, code]) => code === value)?.[0] ?? String(value);

/** A venue with its first bar (close 1000, quotes 998 and 1002) and commands in words. */
class Pit {
  readonly venue: BarVenue;
  readonly reports: Report[] = [];
  time = DAY;
  #day = 1;
  #id = 0;

  constructor(options: Partial<BarVenueOptions> = {}) {
    this.venue = new BarVenue({
      instruments: [instrument],
      isApproved: () => true,
      doorOpen: () => true,
      halfSpreadTicks: 2,
      participation: 0.01,
      ...options,
    });
    this.#keep(this.venue.onBars({ kind: "BarBatch", bars: [bar(1, 1000, 1010, 990, 1000)] }));
  }

  send(fields: Partial<OrderCommandView>): number {
    const buffer = new Uint8Array(64);
    const view = new OrderCommandView(buffer);
    const order = { kind: CommandKind.New, orderId: ++this.#id, owner: 1, quantity: 10, price: 1000 };
    Object.assign(view, { ...order, ...fields });
    this.#keep(this.venue.submit(buffer, 1, this.time));
    return view.orderId;
  }

  day(open: number, high: number, low: number, close: number, volume?: number): Report[] {
    const from = this.reports.length;
    this.#day++;
    this.time = this.#day * DAY;
    this.#keep(this.venue.onBars({ kind: "BarBatch", bars: [bar(this.#day, open, high, low, close, volume)] }));
    return this.reports.slice(from);
  }

  cancelAll(scope: { owner?: number; instrument?: number }): void {
    this.#keep(this.venue.cancelAll(scope, this.time));
  }

  /** "Trade 10@1002 leaves 0" of the reports since `from`. */
  story(from = 0): string[] {
    return this.reports.slice(from).map(({ type, price, quantity, leaves, reason, liquidity }) => {
      if (type === "Trade") return `Trade ${quantity}@${price} leaves ${leaves} ${liquidity}`;
      return reason === "Accepted" ? `${type} ${quantity} leaves ${leaves}` : `${type} ${quantity} ${reason}`;
    });
  }

  #keep({ records, count }: { records: Uint8Array; count: number }): void {
    const view = new ExecutionView(records);
    for (let i = 0; i < count; i++) {
      view.at(i);
      this.reports.push({
        type: nameOf(ExecType, view.execType),
        id: view.orderId,
        price: view.price,
        quantity: view.quantity,
        leaves: view.leaves,
        reason: nameOf(Code, view.reason),
        liquidity: nameOf(Liquidity, view.liquidity),
        sequence: view.venueSequence,
      });
    }
  }
}

const SELL = { side: 1 };
const MARKET = { orderType: OrderType.Market, price: 0 };
const IOC = { tif: TimeInForce.Ioc };
const FOK = { tif: TimeInForce.Fok };
const POST_ONLY = { flags: 1 };

/** One order, one bar, and what must be told. The bar opens at 1000; the half-spread is 2. */
const CASES: [
  name: string,
  order: Partial<OrderCommandView>,
  day: [number, number, number, number],
  story: string[],
][] = [
  ["a market buy pays the open and half a spread", MARKET, [1000, 1010, 990, 1005], ["Trade 10@1002 leaves 0 Taker"]],
  ["a market sell gets the open less half a spread", { ...MARKET, ...SELL }, [1000, 1010, 990, 1005], [
    "Trade 10@998 leaves 0 Taker",
  ]],
  ["a buy the bar trades through makes at its limit", { price: 995 }, [1000, 1010, 994, 1005], [
    "Trade 10@995 leaves 0 Maker",
  ]],
  ["a buy the bar only touches does not fill", { price: 994 }, [1000, 1010, 994, 1005], []],
  ["a sell the bar trades through makes at its limit", { price: 1005, ...SELL }, [1000, 1006, 994, 1005], [
    "Trade 10@1005 leaves 0 Maker",
  ]],
  ["a sell the bar only touches does not fill", { price: 1006, ...SELL }, [1000, 1006, 994, 1005], []],
  ["a buy above the open takes at the open and half a spread", { price: 1008 }, [1000, 1010, 994, 1005], [
    "Trade 10@1002 leaves 0 Taker",
  ]],
  ["a buy between the open and half a spread above makes at its limit", { price: 1001 }, [1000, 1010, 994, 1005], [
    "Trade 10@1001 leaves 0 Maker",
  ]],
  ["a post-only buy makes at its limit even when the bar opens below it", { price: 995, ...POST_ONLY }, [
    980,
    1000,
    970,
    990,
  ], ["Trade 10@995 leaves 0 Maker"]],
  ["an immediate buy within the open takes", { price: 1002, ...IOC }, [1000, 1010, 990, 1005], [
    "Trade 10@1002 leaves 0 Taker",
  ]],
  ["an immediate buy below the open is dropped though the bar trades through it later", { price: 1001, ...IOC }, [
    1000,
    1010,
    900,
    1005,
  ], ["Canceled 10 Ioc"]],
  ["fill or kill below the open is dropped", { price: 1001, ...FOK }, [1000, 1010, 900, 1005], [
    "Canceled 10 Unfillable",
  ]],
];

for (const [name, order, day, expected] of CASES) {
  Deno.test(`bars: ${name}`, () => {
    const pit = new Pit();
    pit.send(order);
    assert.deepEqual(pit.story(), ["New 10 leaves 10"]);
    pit.day(...day);
    assert.deepEqual(pit.story(1), expected);
    assert.equal(pit.venue.openOrders, expected.length === 0 ? 1 : 0);
  });
}

Deno.test("bars: no order fills in a bar that opened before it came in", () => {
  const pit = new Pit({ opensAfter: DAY / 24 });
  pit.time = DAY + DAY / 2;
  pit.send(MARKET);
  assert.deepEqual(pit.day(1000, 1010, 990, 1005), [], "the bar of day 2 opened before the order");
  pit.day(1100, 1110, 1090, 1105);
  assert.deepEqual(pit.story(1), ["Trade 10@1102 leaves 0 Taker"]);
});

Deno.test("bars: all fills of a bar share what participation allows, first come first served", () => {
  const pit = new Pit();
  const first = pit.send({ ...MARKET, quantity: 8 });
  const second = pit.send({ price: 1008, quantity: 8 });
  const third = pit.send({ ...MARKET, quantity: 8 });
  const fourth = pit.send({ price: 1008, quantity: 5, ...FOK });
  const told = pit.day(1000, 1010, 990, 1005, 1_000).map(({ type, id, quantity, leaves, reason }) =>
    [type, id, quantity, leaves, reason] as const
  );
  assert.deepEqual(told, [
    ["Trade", first, 8, 0, "Accepted"],
    ["Trade", second, 2, 6, "Accepted"],
    ["Canceled", third, 8, 0, "NoLiquidity"],
    ["Canceled", fourth, 5, 0, "Unfillable"],
  ]);
  assert.deepEqual(pit.day(1000, 1010, 990, 1005, 1_000).map(({ id, quantity }) => [id, quantity]), [[second, 6]]);
});

Deno.test("bars: a market order that participation cuts short is told so", () => {
  const pit = new Pit();
  pit.send({ ...MARKET, quantity: 15 });
  pit.day(1000, 1010, 990, 1005, 1_000);
  assert.deepEqual(pit.story(1), ["Trade 10@1002 leaves 5 Taker", "Canceled 5 NoLiquidity"]);
});

Deno.test("bars: refusals say why", () => {
  let open = true;
  const pit = new Pit({ doorOpen: () => open });
  const refusals: [Partial<OrderCommandView>, string][] = [
    [{ price: 1002, ...POST_ONLY }, "WouldCross"],
    [{ price: 998, ...SELL, ...POST_ONLY }, "WouldCross"],
    [{ quantity: 0 }, "VenueMalformed"],
    [{ price: 0 }, "VenueMalformed"],
    [{ tif: 7 }, "VenueMalformed"],
    [{ orderType: OrderType.Stop }, "VenueMalformed"],
    [{ orderType: OrderType.StopLimit, triggerOffset: 1 }, "VenueMalformed"],
    [{ display: 1 }, "VenueMalformed"],
    [{ flags: 5 << 3 }, "VenueMalformed"],
    [{ expires: 3 }, "VenueMalformed"],
    [{ tif: TimeInForce.Gtd }, "VenueMalformed"],
    [{ tif: TimeInForce.Gtd, expires: DAY / 1e6 }, "Expired"],
    [{ ...MARKET, ...POST_ONLY }, "VenueMalformed"],
    [{ kind: 9 }, "VenueMalformed"],
    [{ instrument: 5 }, "VenueUnknownInstrument"],
  ];
  for (const [order, reason] of refusals) {
    pit.send(order);
    assert.deepEqual(pit.story().at(-1), `Rejected ${order.quantity ?? 10} ${reason}`);
  }
  const kept = pit.send({ price: 900 });
  pit.send({ orderId: kept, price: 900 });
  assert.equal(pit.reports.at(-1)!.reason, "VenueDuplicateId");
  open = false;
  pit.send({ price: 900 });
  assert.equal(pit.reports.at(-1)!.reason, "VenueKilled", "a killed scope enters nothing");
  pit.send({ kind: CommandKind.Amend, targetId: kept, price: 901 });
  assert.deepEqual(pit.story().at(-1), "CancelRejected 10 VenueKilled");
  pit.send({ kind: CommandKind.Cancel, targetId: kept });
  assert.deepEqual(pit.story().at(-1), "Canceled 10 leaves 0", "a cancel always goes");
});

Deno.test("bars: before the first bar and after the last, orders are refused for want of data", () => {
  const venue = new BarVenue({ instruments: [instrument], isApproved: () => true, doorOpen: () => true });
  assert.equal(venue.status(0), undefined);
  assert.equal(venue.top(0), undefined);
  const buffer = new Uint8Array(64);
  Object.assign(new OrderCommandView(buffer), { kind: 1, orderId: 1, owner: 1, quantity: 1, price: 5 });
  assert.equal(new ExecutionView(venue.submit(buffer, 1, 0).records).reason, Code.NoMarketData);
  venue.onBars({ kind: "BarBatch", bars: [bar(1, 1000, 1010, 990, 1000)] });
  assert.equal(new ExecutionView(venue.submit(buffer, 1, DAY).records).execType, ExecType.New);
  assert.equal(venue.end(0, DAY)?.status, "ended");
  assert.equal(venue.end(0, DAY), undefined, "it ends once");
  assert.ok(venue.ended);
  new OrderCommandView(buffer).orderId = 2;
  assert.equal(new ExecutionView(venue.submit(buffer, 1, DAY).records).reason, Code.NoMarketData);
});

Deno.test("bars: an order can be cancelled and amended by its owner only", () => {
  const pit = new Pit();
  const order = pit.send({ price: 995 });
  pit.send({ kind: CommandKind.Cancel, targetId: order, owner: 2 });
  assert.equal(pit.reports.at(-1)!.reason, "VenueUnknownOrder");
  pit.send({ kind: CommandKind.Amend, targetId: order, owner: 2 });
  assert.equal(pit.reports.at(-1)!.reason, "VenueUnknownOrder");
  pit.send({ kind: CommandKind.Amend, targetId: order, price: 993, quantity: 4 });
  const { type, id, price, leaves } = pit.reports.at(-1)!;
  assert.deepEqual([type, id, price, leaves], ["Replaced", order, 993, 4]);
  assert.deepEqual(pit.day(1000, 1010, 993, 1000), [], "the amended limit is only touched");
  pit.day(1000, 1010, 992, 1000);
  assert.equal(pit.story().at(-1), "Trade 4@993 leaves 0 Maker");
  pit.send({ kind: CommandKind.Cancel, targetId: order });
  assert.equal(pit.reports.at(-1)!.reason, "VenueUnknownOrder", "a filled order is gone");
});

Deno.test("bars: the quantity of an amendment is the total, and one that has filled cancels the rest", () => {
  const pit = new Pit();
  const order = pit.send({ price: 1008, quantity: 15 });
  pit.day(1000, 1010, 990, 1005, 1_000);
  assert.equal(pit.reports.at(-1)!.leaves, 5);
  pit.send({ kind: CommandKind.Amend, targetId: order, price: 1004, quantity: 17 });
  assert.deepEqual([pit.reports.at(-1)!.quantity, pit.reports.at(-1)!.leaves], [17, 7]);
  pit.send({ kind: CommandKind.Amend, targetId: order, price: 1004, quantity: 10 });
  assert.equal(pit.story().at(-1), "Canceled 7 BelowFilled");
  assert.equal(pit.venue.openOrders, 0);
});

Deno.test("bars: an order for the day has one bar, an order till a time the bars that end before it", () => {
  const pit = new Pit();
  pit.send({ price: 995, tif: TimeInForce.Day });
  pit.send({ price: 995, tif: TimeInForce.Gtd, expires: 3 * DAY / 1e6 });
  assert.deepEqual(pit.day(1000, 1010, 996, 1000).map(({ id, type }) => [id, type]), [[1, "Expired"]]);
  assert.deepEqual(pit.day(1000, 1010, 990, 1000).map(({ id, type }) => [id, type]), [[2, "Expired"]]);
  pit.send({ price: 995, tif: TimeInForce.Day });
  pit.send({ price: 995, tif: TimeInForce.Gtd, expires: 4 * DAY / 1e6 + 1 });
  assert.deepEqual(pit.day(1000, 1010, 990, 1000).map(({ id, type }) => [id, type]), [[3, "Trade"], [4, "Trade"]]);
});

Deno.test("bars: less quantity keeps the place in line, more or another price loses it", () => {
  for (
    const [change, first] of [[{ price: 1008, quantity: 6 }, true], [{ price: 1008, quantity: 9 }, false]] as const
  ) {
    const pit = new Pit();
    const early = pit.send({ price: 1008, quantity: 8 });
    const late = pit.send({ price: 1008, quantity: 8 });
    pit.send({ kind: CommandKind.Amend, targetId: early, ...change });
    assert.equal(pit.day(1000, 1010, 990, 1005, 500)[0].id, first ? early : late);
  }
});

Deno.test("bars: cancel-all ends the orders of its scope and tells each", () => {
  const scopes: [{ owner?: number; instrument?: number }, number[]][] = [
    [{}, [1, 2]],
    [{ owner: 2 }, [2]],
    [{ instrument: 0 }, [1, 2]],
    [{ instrument: 3 }, []],
  ];
  for (const [scope, ended] of scopes) {
    const pit = new Pit();
    pit.send({ price: 995, owner: 1 });
    pit.send({ price: 994, owner: 2 });
    pit.cancelAll(scope);
    assert.deepEqual(
      pit.reports.slice(2).map(({ id, reason }) => [id, reason]),
      ended.map((id) => [id, "OwnerCancel"]),
    );
    assert.equal(pit.venue.openOrders, 2 - ended.length);
  }
  const pit = new Pit();
  pit.send({ price: 995 });
  pit.send({ kind: CommandKind.CancelOwner, instrument: 0xffff, orderId: 99 });
  assert.equal(pit.story().at(-1), "Canceled 10 OwnerCancel");
});

Deno.test("bars: the quotes are the close and half a spread, with what participation allows", () => {
  const pit = new Pit();
  pit.day(1000, 1010, 990, 1005, 5_000);
  const { bid, bidQuantity, ask, askQuantity, time } = pit.venue.top(0)!;
  assert.deepEqual([bid, bidQuantity, ask, askQuantity, time], [1003, 50, 1007, 50, 2 * DAY]);
  assert.deepEqual(pit.venue.depth(0, 5), { instrument: 0, time: 2 * DAY, bids: [[1003, 50]], asks: [[1007, 50]] });
  const events = pit.venue.takeMarket(0);
  assert.deepEqual(events.map(({ kind }) => kind), ["BookTop", "Bar", "BookTop", "Bar"]);
  assert.deepEqual(pit.venue.takeMarket(0), []);
});

Deno.test("bars: a bar that was played before is passed over", () => {
  const pit = new Pit();
  pit.send(MARKET);
  const again = pit.venue.onBars({ kind: "BarBatch", bars: [bar(1, 500, 510, 490, 500)] });
  assert.equal(again.count, 0);
  assert.equal(pit.venue.top(0)!.bid, 998);
});

Deno.test("bars: an impossible model is refused", () => {
  for (
    const options of [{ halfSpreadTicks: 0 }, { halfSpreadTicks: 1.5 }, { participation: NaN }, { participation: 2 }]
  ) {
    assert.throws(() => new Pit(options), RangeError, JSON.stringify(options));
  }
});

Deno.test("bars: whatever is sent, quantity is conserved, no fill is outside its limit and the sequence has no gap", () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant("order" as const),
      side: fc.integer({ min: 0, max: 1 }),
      price: fc.integer({ min: 970, max: 1030 }),
      quantity: fc.integer({ min: 1, max: 30 }),
      style: fc.constantFrom({}, MARKET, IOC, FOK, POST_ONLY),
    }),
    fc.record({ do: fc.constant("cancel" as const), target: fc.integer({ min: 1, max: 30 }) }),
    fc.record({
      do: fc.constant("amend" as const),
      target: fc.integer({ min: 1, max: 30 }),
      price: fc.integer({ min: 970, max: 1030 }),
      quantity: fc.integer({ min: 1, max: 30 }),
    }),
    fc.record({
      do: fc.constant("day" as const),
      open: fc.integer({ min: 980, max: 1020 }),
      up: fc.integer({ min: 0, max: 20 }),
      down: fc.integer({ min: 0, max: 20 }),
      volume: fc.integer({ min: 0, max: 4_000 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const pit = new Pit();
      const limits = new Map<number, { side: number; price: number; leaves: number }>();
      let seen = 0;
      const settle = (allowed: number) => {
        let traded = 0;
        for (; seen < pit.reports.length; seen++) {
          const { type, id, price, quantity, leaves, sequence } = pit.reports[seen];
          assert.equal(sequence, seen + 1);
          if (type === "Rejected" || type === "CancelRejected") continue;
          const order = limits.get(id)!;
          if (type === "New" || type === "Replaced") [order.price, order.leaves] = [price, leaves];
          if (type === "Trade") {
            traded += quantity;
            assert.equal(leaves, order.leaves - quantity);
            order.leaves = leaves;
            const inside = order.price === 0 || (order.side === 0 ? price <= order.price : price >= order.price);
            assert.ok(inside, `filled at ${price} with a limit of ${order.price}`);
          }
          if (type === "Canceled") {
            assert.equal(quantity, order.leaves);
            order.leaves = 0;
          }
        }
        assert.ok(traded <= allowed, `${traded} lots traded where ${allowed} were allowed`);
      };
      let next = 1;
      for (const step of actions) {
        if (step.do === "day") {
          const { open, up, down, volume } = step;
          pit.day(open, open + up, open - down, open, volume);
          settle(Math.floor(volume * 0.01));
          continue;
        }
        const { price = 0 } = step as { price?: number };
        if (step.do === "order") {
          limits.set(next, { side: step.side, price, leaves: 0 });
          pit.send({ orderId: next++, side: step.side, price, quantity: step.quantity, ...step.style });
        } else if (step.do === "cancel") pit.send({ orderId: 900, kind: CommandKind.Cancel, targetId: step.target });
        else pit.send({ orderId: 900, kind: CommandKind.Amend, targetId: step.target, price, quantity: step.quantity });
        settle(0);
      }
      const open = [...limits.values()].filter(({ leaves }) => leaves > 0).length;
      assert.equal(pit.venue.openOrders, open);
    }),
    { seed: 5, numRuns: 500 },
  );
});
