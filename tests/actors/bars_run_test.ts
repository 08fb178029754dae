/**
 * Twenty years of daily bars through the real feed, the real bar exchange and the real host, with the tardigrade inside.
 * The guardian is a plain one that approves everything and keeps positions: the gate has its own tests.
 */
import assert from "node:assert/strict";
import { encodeIntent } from "../../actors/guardians/commands.ts";
import { barFeed, BarTape, embeddedBarsPath, readBars } from "../../actors/market/bars/mod.ts";
import { organismHost, prepareHost } from "../../actors/organisms/host.ts";
import { tardigrade } from "../../actors/organisms/tardigrade.ts";
import {
  type Approval,
  type AttachStrategy,
  createApproval,
  type ExecutionReport,
  GUARDIAN,
  type GuardianMessage,
  type OrderIntent,
} from "../../actors/protocol/mod.ts";
import { barExchange, BarVenue } from "../../actors/venues/bar_exchange.ts";
import { reportOf } from "../../actors/guardians/reports.ts";
import { ExecType, ExecutionView, OrderCommandView } from "../../ffi/layout.gen.ts";
import type { ActorDef } from "../../runtime/mod.ts";
import { assertAccounted, record, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise } from "../../supervision/mod.ts";

const instrument = {
  id: 0,
  symbol: "SPX",
  currency: "USD",
  tick: "0.01",
  lot: "0.01",
  unitsPerTickLot: 10_000,
  makerFee: 0,
  takerFee: 50,
};
const bars = readBars(embeddedBarsPath(), { instrument });

interface Ledger {
  readonly intents: OrderIntent[];
  readonly executions: {
    type: number;
    price: number;
    quantity: number;
    side: number;
    time: number;
    sequence: number;
  }[];
  position: number;
}

/** Belongs to the test, as the books belong to the node. */
function guardianOf(ledger: Ledger, approve: Approval["approve"]): ActorDef<GuardianMessage> {
  let attached: AttachStrategy | null = null;
  return {
    type: "guardian",
    init(context) {
      context.register(GUARDIAN);
      let venue: { tell(batch: ReturnType<typeof approve>): unknown } | undefined;
      return {
        receive(message) {
          switch (message.kind) {
            case "AttachStrategy":
              attached = message;
              attached.subscriber.tell({ kind: "PositionSnapshot", strategy: 1, positions: [[0, ledger.position]] });
              return;
            case "SubmitOrder":
            case "CancelOrder":
            case "AmendOrder":
            case "CancelAll": {
              ledger.intents.push(message);
              const records = new Uint8Array(OrderCommandView.SIZE);
              encodeIntent(new OrderCommandView(records), message);
              venue ??= context.registry.get({ name: "venue" });
              return void venue.tell(approve(records, 1));
            }
            case "ExecutionBatch": {
              const view = new ExecutionView(message.records);
              for (let i = 0; i < message.count; i++) {
                const { execType: type, price, quantity, side, time, venueSequence: sequence } = view.at(i);
                ledger.executions.push({ type, price, quantity, side, time, sequence });
                if (type === ExecType.Trade) ledger.position += side === 0 ? quantity : -quantity;
                const report: ExecutionReport = reportOf(view, 0, ledger.position);
                attached?.subscriber.tell(report);
              }
            }
          }
        },
      };
    },
  };
}

interface Run extends Ledger {
  readonly statuses: string[];
  readonly inspect: { readonly tuns: number; readonly state: string };
  readonly played: number;
}

async function run(crashEvery = 0): Promise<Run> {
  const ledger: Ledger = { intents: [], executions: [], position: 0 };
  const { approve, isApproved } = createApproval();
  const venue = new BarVenue({ instruments: [instrument], isApproved, doorOpen: () => true });
  const tape = new BarTape([bars]);
  const args = prepareHost({
    id: "tardigrade-1",
    strategy: 1,
    definition: tardigrade,
    parameters: { fullLots: 1_000 },
    instruments: [instrument],
  });
  const system = testSystem({ start: bars[0].time });
  const statuses: string[] = [];
  supervise(system, "root", {
    id: "root",
    strategy: "one_for_one",
    intensity: 1_000_000,
    children: [
      { id: "guardian", actor: guardianOf(ledger, approve) as ActorDef<never, void>, args: undefined },
      { id: "exchange", actor: barExchange, args: { venue } },
      { id: "organism", actor: organismHost, args },
      { id: "feed", actor: barFeed, args: { tape }, restart: "transient" },
    ],
  });
  const watcher = system.start("watcher", {
    type: "watcher",
    init: () => ({
      receive: (message: { kind: string; status?: string }) => {
        if (message.kind === "MarketStatus") statuses.push(message.status!);
      },
    }),
  }, undefined);
  venue.subscribers.add({ kind: "SubscribeMarket", subscriber: watcher, instruments: [0] });
  if (crashEvery > 0) {
    const names = ["exchange", "feed"];
    let count = 0;
    for (let time = bars[0].time; time <= bars.at(-1)!.time; time += crashEvery) {
      await system.run({ until: time });
      const victim = system.find(`/root/${names[count++ % names.length]}`);
      if (victim !== undefined) system.crash(victim, new Error("chaos"));
    }
  }
  await system.run({ until: bars.at(-1)!.time + 1_000_000 });
  assertAccounted(system);
  const { state: [inspect] } = system.inspect("/root/organism") as { state: Run["inspect"][] };
  const ended = record(system, "stopped");
  await system.stop();
  assert.ok(ended.length > 0);
  return { ...ledger, statuses, inspect, played: tape.played };
}

const plain = await run();

Deno.test("all bars are played, the organism trades, and the market says that it ended", () => {
  assert.equal(plain.played, 5105);
  assert.deepEqual(plain.statuses, ["ended"]);
  const trades = plain.executions.filter(({ type }) => type === ExecType.Trade);
  assert.ok(trades.length > 100, `${trades.length} trades`);
  assert.ok(plain.inspect.tuns >= 3, `${plain.inspect.tuns} crises in twenty years with 2002, 2008 and 2020 in them`);
  assert.deepEqual(plain.executions.map(({ sequence }) => sequence), plain.executions.map((_, i) => i + 1));
});

Deno.test("every trade is at the next day's open and half a spread: nothing is filled on the bar it was decided on", () => {
  const orders = plain.intents.filter((intent) => intent.kind === "SubmitOrder");
  const trades = plain.executions.filter(({ type }) => type === ExecType.Trade);
  assert.equal(trades.length, orders.length, "one fill per order at this size");
  const index = new Map(bars.map((bar, i) => [bar.time, i]));
  for (const [i, { price, side, time }] of trades.entries()) {
    const decided = index.get(orders[i].time)!;
    const filled = index.get(time)!;
    assert.equal(filled, decided + 1);
    assert.equal(price, bars[filled].open + (side === 0 ? 10 : -10));
  }
});

Deno.test("it loses much less from its peak than the index it holds", () => {
  let [cash, position, peak, deepest, held] = [1_000 * bars[0].close, 0, 0, 0, 0];
  const trades = plain.executions.filter(({ type }) => type === ExecType.Trade);
  let next = 0;
  for (const bar of bars) {
    for (; next < trades.length && trades[next].time <= bar.time; next++) {
      const { side, quantity, price } = trades[next];
      cash -= (side === 0 ? 1 : -1) * quantity * price;
      position += side === 0 ? quantity : -quantity;
    }
    const equity = cash + position * bar.close;
    peak = Math.max(peak, equity);
    deepest = Math.max(deepest, 1 - equity / peak);
    held += position > 0 ? 1 : 0;
  }
  assert.equal(position, plain.position);
  assert.ok(held > bars.length / 4, `it held something on ${held} days only`);
  assert.ok(deepest < 0.45, `it lost ${deepest.toFixed(3)} where the index lost 0.568`);
});

Deno.test("the same bars twice give the same orders and executions", async () => {
  const again = await run();
  const story = ({ intents, executions }: Run) =>
    JSON.stringify([intents.map((intent) => ({ ...intent, stamp: 0 })), executions]);
  assert.equal(story(again), story(plain));
});

Deno.test("crashes of the exchange and the feed lose no bar, no order and no subscriber", async () => {
  const shaken = await run(86_400_000_000 * 7.5);
  assert.equal(shaken.played, 5105);
  assert.deepEqual(shaken.statuses, ["ended"]);
  assert.deepEqual(shaken.executions, plain.executions);
});
