/** Reconciliation over real guardian, gate, log and exchange, with venues that leave reports out or tell them twice. */
import assert from "node:assert/strict";
import { DropCopyBook } from "../../../actors/auditors/drop_copy_book.ts";
import { dropCopy } from "../../../actors/auditors/drop_copy.ts";
import { BUY, type ExecutionBatch, SELL } from "../../../actors/protocol/mod.ts";
import { simulatedExchange, type SimulatedExchangeArgs } from "../../../actors/venues/simulated_exchange.ts";
import { ExecType, ExecutionView } from "../../../ffi/layout.gen.ts";
import type { Handlers } from "../../../runtime/mod.ts";
import { PRICE, Rig } from "../guardians/rig.ts";

const RECORD = ExecutionView.SIZE;

/** The exchange, whose reports go through `change` before they are told. */
function telling(change: (report: ExecutionView) => 0 | 1 | 2): typeof simulatedExchange {
  return {
    ...simulatedExchange,
    init(context, args: SimulatedExchangeArgs) {
      const { link } = args.venue;
      const tell = link.tell.bind(link);
      link.tell = (guardian, { records, count }) => {
        const kept: Uint8Array[] = [];
        const view = new ExecutionView(records);
        for (let i = 0; i < count; i++) {
          const times = change(view.at(i));
          for (let n = 0; n < times; n++) kept.push(records.slice(i * RECORD, (i + 1) * RECORD));
        }
        const told = new Uint8Array(kept.length * RECORD);
        for (const [i, record] of kept.entries()) told.set(record, i * RECORD);
        tell(guardian, { records: told, count: kept.length });
      };
      return simulatedExchange.init(context, args);
    },
  };
}

const open = (rig: Rig) => rig.reconciliation.view().open.map(({ id }) => id);

async function tradeBothWays(rig: Rig): Promise<void> {
  rig.order(BUY, 5);
  rig.order(SELL, 3, PRICE, { strategy: 2 });
  rig.order(BUY, 4, PRICE - 7);
  rig.order(SELL, 6, PRICE + 7, { strategy: 2, instrument: 1 });
  await rig.settle(2_000_000);
}

Deno.test("positions, trades and open orders of gate, books and drop copy agree, with orders resting and filled in part", async () => {
  using rig = new Rig();
  await tradeBothWays(rig);
  await rig.settle(10_000_000);
  assert.ok(rig.reconciliation.view().compared > 0);
  assert.deepEqual(rig.dropCopyBook.line(1, 0), {
    ...{ strategy: 1, instrument: 0, bought: 3, sold: 0 },
    ...{ openBuy: 6, openSell: 0, openOrders: 2 },
  });
  assert.deepEqual([open(rig), rig.reconciliation.view().found], [[], 0]);
  assert.equal(rig.alerts.latest.length, 0);
});

Deno.test("amendments, cancels and refused cancels leave nothing to reconcile", async () => {
  using rig = new Rig();
  const id = rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  const now = rig.system.clock.now();
  const more = { strategy: 1, instrument: 0, time: now, stamp: 0, cause: 0 };
  rig.guardian.tell({ kind: "AmendOrder", target: id, side: BUY, price: PRICE - 6, quantity: 9, ...more });
  await rig.settle(2_000_000);
  assert.equal(rig.dropCopyBook.line(1, 0).openBuy, 9);
  rig.guardian.tell({ kind: "CancelOrder", target: id, ...more });
  rig.guardian.tell({ kind: "CancelOrder", target: id, ...more });
  await rig.settle(10_000_000);
  assert.equal(rig.dropCopyBook.line(1, 0).openOrders, 0);
  assert.deepEqual([open(rig), rig.alerts.latest.map(({ text }) => text)], [[], []]);
});

Deno.test("a venue that tells every report twice changes nothing, and it is on record", async () => {
  using rig = new Rig({ actors: { exchange: telling(() => 2) } });
  await tradeBothWays(rig);
  assert.equal(rig.gate.exposure(1, 0).position, 3);
  assert.equal(rig.books.portfolio.position(1, 0), 3);
  assert.equal(rig.books.fills, 2);
  assert.equal(rig.reports.filter(({ type }) => type === "trade").length, 2);
  assert.deepEqual(open(rig), []);
  assert.equal(rig.reconciliation.view().repeated, rig.dropCopyBook.reports / 2);
});

Deno.test("books that book a repeated report are found out", async () => {
  using rig = new Rig({ actors: { exchange: telling(() => 2) } });
  Object.defineProperty(rig.books, "venueSequence", { get: () => 0, set: () => {} });
  await tradeBothWays(rig);
  assert.ok(open(rig).includes("position-mismatch:1/0") && open(rig).includes("fill-mismatch:books"), `${open(rig)}`);
  assert.equal(
    rig.alerts.latest.at(-1)!.text,
    "strategy 1 holds 3 lots of instrument 0 by drop copy, 6 by the books, 3 by the gate",
  );
});

Deno.test("a venue that leaves out a fill is found out at the next report about the order", async () => {
  let left = false;
  using rig = new Rig({
    actors: {
      exchange: telling(({ execType, owner }) => {
        if (left || execType !== ExecType.Trade || owner !== 1) return 1;
        left = true;
        return 0;
      }),
    },
  });
  const id = rig.order(BUY, 5);
  rig.order(SELL, 2, PRICE, { strategy: 2 });
  await rig.settle(2_000_000);
  assert.deepEqual(open(rig), []);
  rig.order(SELL, 1, PRICE, { strategy: 2 });
  await rig.settle(2_000_000);
  assert.deepEqual(open(rig), [`report-mismatch:${id}`]);
  assert.match(
    rig.alerts.latest[0].text,
    new RegExp(`^the venue left out or repeated a report: order ${id} had 5 lots open, and the report speaks of 3$`),
  );
  assert.ok(rig.concerns.has(`report-mismatch:${id}`));
  // One that was lost on its way to the mode is told again.
  rig.concerns.clear();
  rig.reconciliation.compare(rig.system.clock.now(), true);
  assert.ok(rig.concerns.has(`report-mismatch:${id}`));
});

Deno.test("an order whose end the venue never told is found out when it is cancelled", async () => {
  using rig = new Rig({ actors: { exchange: telling(({ execType }) => (execType === ExecType.Canceled ? 0 : 1)) } });
  const id = rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  const more = { target: id, strategy: 1, instrument: 0, time: rig.system.clock.now(), stamp: 0, cause: 0 };
  rig.guardian.tell({ kind: "CancelOrder", ...more });
  await rig.settle();
  rig.guardian.tell({ kind: "CancelOrder", ...more });
  await rig.settle(2_000_000);
  assert.deepEqual(open(rig), [`report-mismatch:${id}`]);
  assert.match(rig.alerts.latest[0].text, /is unknown to the venue, and its end was never reported$/);
});

Deno.test("an order that the books forgot is found out once it stays so, and not while it may be on its way", async () => {
  using rig = new Rig();
  const id = rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  rig.books.orders.find(id)!.status = "canceled";
  await rig.settle(1_500_000);
  assert.deepEqual(open(rig), []);
  await rig.settle(3_000_000);
  assert.deepEqual(open(rig), ["order-mismatch:1/0"]);
  rig.books.orders.find(id)!.status = "open";
  rig.order(BUY, 1, PRICE - 6);
  await rig.settle(3_000_000);
  assert.deepEqual([open(rig), [...rig.concerns]], [[], []]);
});

Deno.test("a difference within what is tolerated is on record and no concern; above it is one; both end with it", async () => {
  using rig = new Rig({ tolerance: 2 });
  await tradeBothWays(rig);
  const position = rig.books.portfolio.position.bind(rig.books.portfolio);
  let off = 2;
  rig.books.portfolio.position = (strategy, instrument) =>
    position(strategy, instrument) + (strategy === 1 && instrument === 0 ? off : 0);
  const look = () => rig.reconciliation.compare(rig.system.clock.now(), true);
  look();
  assert.deepEqual([rig.reconciliation.view().open.map(({ tolerated }) => tolerated), rig.concerns.size], [[true], 0]);
  assert.equal(rig.alerts.latest.length, 0);
  off = 3;
  look();
  look();
  assert.deepEqual([[...rig.concerns], rig.alerts.latest.length], [["position-mismatch:1/0"], 1]);
  // A concern that was lost on its way is told again, and nothing is put on record twice.
  rig.concerns.clear();
  const { records } = rig.audit.head();
  look();
  assert.deepEqual([[...rig.concerns], rig.audit.head().records], [["position-mismatch:1/0"], records]);
  off = 0;
  look();
  assert.deepEqual([open(rig), rig.concerns.size], [[], 0]);
});

Deno.test("a crash of the drop copy forgets no difference, and finds none of its own", async () => {
  let armed = false;
  using rig = new Rig({
    actors: {
      dropCopy: {
        ...dropCopy,
        init(context, args) {
          const handlers = dropCopy.init(context, args) as Handlers<ExecutionBatch>;
          return {
            ...handlers,
            receive(message) {
              if (armed && message.kind === "ExecutionBatch") {
                armed = false;
                throw new Error("on purpose");
              }
              handlers.receive!(message as ExecutionBatch);
            },
          };
        },
      },
    },
  });
  await tradeBothWays(rig);
  rig.books.fills++;
  rig.order(BUY, 1, PRICE - 9);
  await rig.settle(2_000_000);
  assert.deepEqual(open(rig), ["fill-mismatch:books"]);
  armed = true;
  rig.order(BUY, 1, PRICE - 9);
  await rig.settle(5_000_000);
  assert.equal(rig.system.actors().find(({ path }) => path === "/rig/drop-copy")!.restarts, 1);
  assert.deepEqual([open(rig), rig.reconciliation.view().found], [["fill-mismatch:books"], 1]);
});

Deno.test("a statement is on record whatever it says", async () => {
  using rig = new Rig();
  await tradeBothWays(rig);
  const { records } = rig.audit.head();
  rig.reconciliation.statement("on-demand", "ann", rig.system.clock.now(), true);
  assert.equal(rig.audit.head().records, records + 1);
});

/** Reports of one order: [type, quantity, leaves]. */
function heard(...reports: readonly (readonly [ExecType, number, number])[]): DropCopyBook {
  const records = new Uint8Array(reports.length * RECORD);
  const view = new ExecutionView(records);
  for (const [i, [execType, quantity, leaves]] of reports.entries()) {
    Object.assign(view.at(i), { execType, quantity, leaves, orderId: 7, owner: 1, side: 1, venueSequence: i + 1 });
  }
  const book = new DropCopyBook();
  book.apply({ kind: "ExecutionBatch", venue: "v", sequence: 1, records, count: reports.length });
  return book;
}

Deno.test("reports that fit one another are no oddity, and each that does not is one", () => {
  const fits = [
    [[ExecType.New, 9, 9], [ExecType.Trade, 4, 5], [ExecType.Restated, 2, 3], [ExecType.Replaced, 12, 8], [
      ExecType.Canceled,
      8,
      0,
    ]],
    [[ExecType.New, 9, 9], [ExecType.Triggered, 9, 9], [ExecType.Expired, 9, 0]],
    [[ExecType.Rejected, 9, 0]],
  ] as const;
  for (const reports of fits) {
    const book = heard(...reports);
    assert.deepEqual([book.takeOddities(), book.line(1, 0).openOrders, book.line(1, 0).openSell], [[], 0, 0]);
  }
  const odd = [
    [[ExecType.Trade, 4, 5]],
    [[ExecType.New, 9, 9], [ExecType.New, 9, 9]],
    [[ExecType.New, 9, 9], [ExecType.Trade, 4, 4]],
    [[ExecType.New, 9, 9], [ExecType.Restated, 2, 8]],
    [[ExecType.New, 9, 9], [ExecType.Canceled, 8, 0]],
    [[ExecType.New, 9, 9], [ExecType.Triggered, 8, 8]],
    [[ExecType.Replaced, 9, 9]],
    [[ExecType.Expired, 9, 0]],
  ] as const;
  for (const reports of odd) assert.equal(heard(...reports).takeOddities().length, 1, JSON.stringify(reports));
});
