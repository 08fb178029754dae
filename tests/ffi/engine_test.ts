/** The books of the matching engine as TypeScript sees them: sessions and auctions, stops, icebergs, owners, single orders. */
import assert from "node:assert/strict";
import {
  BookOrderView,
  Code,
  CommandKind,
  EVERY_INSTRUMENT,
  EVERY_OWNER,
  ExecType,
  ExecutionView,
  MarketTickView,
  MatchingEngine,
  NativeError,
  OrderCommandView,
  OrderType,
  SelfTrade,
  Side,
  type SubmitCounts,
  TimeInForce,
  TradingState,
} from "../../ffi/mod.ts";
import { NOW } from "./native.ts";

type Fields = Partial<
  Record<"side" | "price" | "quantity" | "owner" | "orderType" | "tif" | "flags" | "display", number>
>;

/** A market whose reports come as short words: "#1 New 5@100 left 5". */
class Market implements Disposable {
  readonly engine = MatchingEngine.create([0, 1]);
  readonly #commands = new Uint8Array(OrderCommandView.SIZE);
  readonly #command = new OrderCommandView(this.#commands);
  readonly executions = new Uint8Array(64 * ExecutionView.SIZE);
  readonly ticks = new Uint8Array(64 * MarketTickView.SIZE);
  time = NOW;

  enter(orderId: number, fields: Fields & { expires?: number; triggerOffset?: number; instrument?: number }): string[] {
    const defaults = { kind: CommandKind.New, side: 0, orderType: 0, tif: 0, flags: 0, owner: orderId, display: 0 };
    this.#commands.fill(0);
    Object.assign(this.#command, { ...defaults, orderId, price: 100, quantity: 5, time: this.time, ...fields });
    return this.words(this.engine.submit(this.#commands, 1, this.executions, this.ticks));
  }

  state(state: number, instrument = 0): string[] {
    return this.words(this.engine.setState(instrument, state, this.time, this.executions, this.ticks));
  }

  words({ executions, waitingExecutions }: SubmitCounts): string[] {
    assert.equal(waitingExecutions, 0);
    const view = new ExecutionView(this.executions);
    return Array.from({ length: executions }, (_, at) => {
      const { orderId, execType, quantity, price, leaves } = view.at(at);
      const type = Object.entries(ExecType).find(([, value]) => value === execType)![0];
      return `#${orderId} ${type} ${quantity}@${price} left ${leaves}`;
    });
  }

  [Symbol.dispose](): void {
    this.engine.close();
  }
}

const refusedWith = (code: number, sentence: RegExp) => (error: unknown): boolean =>
  error instanceof NativeError && error.code === code && sentence.test(error.message);

Deno.test("an auction collects, says where it would trade, and trades there when trading begins", () => {
  using market = new Market();
  assert.equal(market.engine.state(0), TradingState.Continuous);
  assert.deepEqual(market.state(TradingState.Auction), []);
  assert.equal(market.engine.state(0), TradingState.Auction);
  assert.equal(market.engine.state(1), TradingState.Continuous);
  market.enter(1, { price: 103, quantity: 5 });
  market.enter(2, { price: 101, quantity: 4 });
  market.enter(3, { side: 1, price: 100, quantity: 6 });
  assert.deepEqual(market.engine.indicative(0), { price: 101, volume: 6, imbalance: 3, buy: 9, sell: 6 });
  assert.equal(market.engine.lastTrade(0), 0);
  assert.deepEqual(market.state(TradingState.Continuous), [
    "#1 Trade 5@101 left 0",
    "#3 Trade 5@101 left 1",
    "#2 Trade 1@101 left 3",
    "#3 Trade 1@101 left 0",
  ]);
  assert.equal(market.engine.lastTrade(0), 101);
  assert.deepEqual(market.engine.indicative(0), { price: 0, volume: 0, imbalance: 0, buy: 0, sell: 0 });
});

Deno.test("all markets change their state together, and the close ends the orders for the day", () => {
  using market = new Market();
  market.enter(1, { tif: TimeInForce.Day });
  market.enter(2, { instrument: 1, tif: TimeInForce.Day });
  market.enter(3, {});
  assert.deepEqual(market.state(TradingState.Closed, EVERY_INSTRUMENT), [
    "#1 Expired 5@100 left 0",
    "#2 Expired 5@100 left 0",
  ]);
  assert.deepEqual([market.engine.state(0), market.engine.state(1)], [TradingState.Closed, TradingState.Closed]);
  assert.deepEqual(market.enter(4, {}), ["#4 Rejected 5@100 left 0"]);
  assert.equal(market.engine.openOrders, 1);
});

Deno.test("time ends orders, without a command", () => {
  using market = new Market();
  const second = Math.ceil(NOW / 1e6) + 1;
  market.enter(1, { tif: TimeInForce.Gtd, expires: second });
  const { engine, executions, ticks } = market;
  assert.deepEqual(market.words(engine.advance(second * 1e6 - 1, executions, ticks)), []);
  assert.deepEqual(market.words(engine.advance(second * 1e6, executions, ticks)), ["#1 Expired 5@100 left 0"]);
});

Deno.test("a waiting stop is found, and wakes when a trade reaches it", () => {
  using market = new Market();
  market.enter(1, { orderType: OrderType.StopLimit, price: 104, triggerOffset: -2, quantity: 3 });
  const waiting = market.engine.find(0, 1)!;
  assert.deepEqual([waiting.trigger, waiting.price, waiting.shown, waiting.orderType], [
    102,
    104,
    0,
    OrderType.StopLimit,
  ]);
  assert.equal(market.engine.orders(0, Side.Buy, new Uint8Array(64)), 0);
  market.enter(2, { side: 1, price: 102 });
  market.enter(3, { price: 102, quantity: 1 });
  const woken = market.engine.find(0, 1);
  assert.equal(woken, null, "it took what was offered at 102");
  assert.equal(market.engine.find(0, 2)!.leaves, 1);
  assert.equal(market.engine.find(0, 77), null);
});

Deno.test("an iceberg shows its part, order by order", () => {
  using market = new Market();
  market.enter(1, { quantity: 9, display: 2 });
  market.enter(2, { quantity: 4 });
  const orders = new Uint8Array(3 * BookOrderView.SIZE + 9);
  const view = new BookOrderView(orders);
  assert.equal(market.engine.orders(0, Side.Buy, orders), 2);
  assert.deepEqual([view.at(0).orderId, view.quantity, view.at(1).orderId, view.quantity], [1, 2, 2, 4]);
  market.enter(3, { side: 1, quantity: 3 });
  assert.equal(market.engine.orders(0, Side.Buy, orders), 2);
  assert.deepEqual([view.at(0).orderId, view.quantity, view.at(1).orderId, view.quantity], [2, 3, 1, 2]);
  const { total, leaves, shown, display, sequence } = market.engine.find(0, 1)!;
  assert.deepEqual([total, leaves, shown, display, sequence], [9, 7, 2, 2, 1]);
  assert.equal(market.engine.orders(0, Side.Buy, orders.subarray(0, 127)), 1, "as many as fit whole");
});

Deno.test("owners of one group do not trade with each other when the taker says so, and are cancelled together", () => {
  using market = new Market();
  market.engine.setGroup(1, 7);
  market.engine.setGroup(2, 7);
  market.enter(1, {});
  const flags = SelfTrade.CancelOldest << 3;
  assert.deepEqual(market.enter(2, { side: 1, flags }), [
    "#2 New 5@100 left 5",
    "#1 Canceled 5@100 left 0",
  ]);
  assert.equal(market.engine.find(0, 2)!.flags, flags);
  market.enter(3, { side: 1, price: 105 });
  const { engine, time, executions, ticks } = market;
  assert.deepEqual(market.words(engine.cancelGroup(7, time, executions, ticks)), ["#2 Canceled 5@100 left 0"]);
  assert.deepEqual(market.words(engine.cancelAll(EVERY_OWNER, 0, time, executions, ticks)), [
    "#3 Canceled 5@105 left 0",
  ]);
});

Deno.test("reduce-only goes by the position the book was told of and has seen traded", () => {
  using market = new Market();
  assert.deepEqual(market.engine.account(0, 1), { owner: 1, position: 0, group: 1, openOrders: 0 });
  const reduce = { owner: 1, side: 1, flags: 2, quantity: 5 };
  assert.deepEqual(market.enter(10, reduce), ["#10 Rejected 5@100 left 0"]);
  market.engine.setPosition(0, 1, 3);
  market.enter(11, { owner: 2, quantity: 9 });
  assert.deepEqual(market.enter(12, reduce), [
    "#12 New 5@100 left 5",
    "#11 Trade 3@100 left 6",
    "#12 Trade 3@100 left 2",
    "#12 Canceled 2@100 left 0",
  ]);
  assert.equal(market.engine.account(0, 1).position, 0);
  assert.deepEqual(market.engine.account(0, 2), { owner: 2, position: 3, group: 2, openOrders: 1 });
  market.engine.setPosition(0, 1, -4);
  assert.equal(market.engine.account(0, 1).position, -4);
});

Deno.test("an amendment's total counts what has filled", () => {
  using market = new Market();
  market.enter(1, { quantity: 10 });
  market.enter(2, { side: 1, quantity: 4 });
  const amend = { kind: CommandKind.Amend, owner: 1, targetId: 1 } as Fields;
  assert.deepEqual(market.enter(1, { ...amend, quantity: 8 }), ["#1 Replaced 8@100 left 4"]);
  assert.deepEqual(market.enter(1, { ...amend, quantity: 4 }), ["#1 Canceled 4@100 left 0"]);
  assert.equal(new ExecutionView(market.executions).reason, Code.BelowFilled);
});

Deno.test("instruments, states and numbers that are none are refused by name", () => {
  using market = new Market();
  const { engine, executions, ticks } = market;
  const unlisted = refusedWith(Code.BadArgument, /instrument 9 is not listed/);
  assert.throws(() => engine.state(9), unlisted);
  assert.throws(() => engine.lastTrade(9), unlisted);
  assert.throws(() => engine.indicative(9), unlisted);
  assert.throws(() => engine.account(9, 1), unlisted);
  assert.throws(() => engine.setPosition(9, 1, 1), unlisted);
  assert.throws(() => engine.find(9, 1), unlisted);
  assert.throws(() => engine.orders(9, 0, executions), unlisted);
  assert.throws(() => engine.setState(9, 1, NOW, executions, ticks), unlisted);
  assert.throws(
    () => engine.setState(0, 5, NOW, executions, ticks),
    refusedWith(Code.BadArgument, /5 is not a trading/),
  );
  assert.throws(() => engine.setState(0, 1, 0.5, executions, ticks), refusedWith(Code.BadArgument, /time 0\.5/));
  assert.throws(() => engine.orders(0, 2, executions), refusedWith(Code.BadArgument, /2 is not a side/));
  assert.throws(() => engine.find(0, -1), refusedWith(Code.BadArgument, /order id -1\.0 is negative/));
  assert.throws(() => engine.setPosition(0, 1, 0.5), refusedWith(Code.BadArgument, /position 0\.5/));
});
