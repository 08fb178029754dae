import assert from "node:assert/strict";
import { Code, ExecutionView, RecordType } from "../../../ffi/layout.gen.ts";
import { AuditLog, decodeAudit, readAudit } from "../../../ffi/mod.ts";
import { type ApprovedBatch, BUY, createApproval, DROP_COPY, MODE, SELL, VENUE } from "../../../actors/protocol/mod.ts";
import type { Concern } from "../../../actors/protocol/mod.ts";
import { worker } from "../../../supervision/mod.ts";
import { PRICE, Rig } from "./rig.ts";

Deno.test("an order that passes the gate is entered, matched and reported, in that order", async () => {
  using rig = new Rig();
  rig.order(BUY, 5);
  rig.order(SELL, 3);
  await rig.settle();
  assert.deepEqual(rig.story(), [
    `new ${PRICE}x5 leaves 5`,
    `new ${PRICE}x3 leaves 3`,
    `trade ${PRICE}x3 leaves 2`,
    `trade ${PRICE}x3 leaves 0`,
  ]);
  const liquidity = rig.reports.filter((report) => report.type === "trade").map((report) => report.liquidity);
  assert.deepEqual(liquidity, ["maker", "taker"]);
});

Deno.test("the gate and the portfolio know a fill before the organism does", async () => {
  using rig = new Rig();
  rig.order(BUY, 5);
  rig.order(SELL, 5, PRICE, { strategy: 2 });
  await rig.settle();
  const bought = rig.reports.find((report) => report.type === "trade" && report.strategy === 1)!;
  assert.equal(bought.position, 5);
  assert.equal(rig.gate.exposure(1, 0).position, 5);
  assert.equal(rig.gate.exposure(2, 0).position, -5);
  assert.equal(rig.books.portfolio.position(2, 0), -5);
  assert.equal(bought.fee, -(5 * PRICE * 1_000_000 * 20) / 1e6);
});

Deno.test("what the gate refuses is reported with its code and never reaches the venue", async () => {
  using rig = new Rig();
  rig.order(BUY, 501);
  rig.order(BUY, 1, PRICE * 2);
  await rig.settle();
  assert.deepEqual(rig.reports.map((report) => [report.type, report.code]), [
    ["rejected", Code.MaxQuantity],
    ["rejected", Code.PriceCollar],
  ]);
  assert.equal(rig.resting, 0);
  assert.equal(rig.books.orders.find(1)?.status, "rejected");
  assert.equal(rig.books.orders.find(2)?.code, Code.PriceCollar);
});

Deno.test("fractions, NaN, negative and absurd numbers are refused and recorded, not truncated", async () => {
  using rig = new Rig();
  const before = rig.audit.head().records;
  const bad = [0.5, 1.5, PRICE - 0.5, NaN, -3, 0, Infinity, 2 ** 60];
  for (const quantity of bad) rig.order(BUY, quantity);
  for (const price of bad) rig.order(BUY, 1, price);
  await rig.settle();
  assert.equal(rig.reports.length, 2 * bad.length);
  assert.ok(rig.reports.every((report) => report.type === "rejected" && report.code > 0), JSON.stringify(rig.reports));
  // And once what the market was that they were measured against.
  assert.equal(rig.audit.head().records, before + 1 + 2 * bad.length);
  assert.equal(rig.gate.exposure(1, 0).openOrders, 0);
});

Deno.test("every decision and every execution is one audit record", async () => {
  using rig = new Rig();
  const before = rig.audit.head().records;
  rig.order(BUY, 5);
  rig.order(SELL, 5);
  rig.order(BUY, 10_001);
  await rig.settle();
  // What the market was; three decisions; two acknowledgements and two fills.
  assert.equal(rig.audit.head().records, before + 1 + 3 + 4);
});

Deno.test("a repeated order id is refused and the blotter keeps the first order", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5, { orderId: 77 });
  rig.order(BUY, 6, PRICE - 4, { orderId: 77 });
  await rig.settle();
  assert.ok(rig.reports.some((report) => report.code === Code.DuplicateId));
  const row = rig.books.orders.find(77)!;
  assert.deepEqual([row.quantity, row.status], [5, "open"]);
});

Deno.test("orders that did not pass the gate cannot be made to look as if they had", async () => {
  using rig = new Rig();
  const forged = { kind: "ApprovedBatch", records: new Uint8Array(64), count: 1 } as unknown as ApprovedBatch;
  const foreign = createApproval().approve(new Uint8Array(64), 1);
  for (const batch of [forged, foreign]) assert.throws(() => rig.venue.submit(batch), /did not pass the gate/);
  // Through the mailbox it crashes the exchange, which comes back with its book.
  rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  rig.system.registry.get(VENUE).tell(forged);
  await rig.settle();
  assert.equal(rig.system.actors().find((actor) => actor.path === "/rig/exchange")?.restarts, 1);
  assert.equal(rig.resting, 1);
});

Deno.test("latency is measured once per order, at its first answer", async () => {
  using rig = new Rig();
  rig.order(BUY, 5);
  rig.order(SELL, 5);
  rig.order(BUY, 501);
  await rig.settle();
  assert.equal(rig.books.latency.count, 3);
});

Deno.test("a crash of the guardian costs nothing that waits, and its subscribers are remembered", async () => {
  using rig = new Rig();
  await rig.settle();
  rig.order(BUY, 5);
  rig.system.crash(rig.guardian, new Error("on purpose"));
  rig.order(SELL, 5);
  await rig.settle();
  assert.equal(rig.reports.filter((report) => report.type === "trade").length, 2);
  assert.equal(rig.system.counters().unexplained, 0);
  assert.equal(rig.system.counters().dead, 0);
});

Deno.test("an organism that attaches is told what it holds", async () => {
  using rig = new Rig();
  rig.order(BUY, 5);
  rig.order(SELL, 5, PRICE, { strategy: 2 });
  await rig.settle();
  rig.system.crash(rig.system.find("/rig/organism")!, new Error("on purpose"));
  await rig.settle();
  assert.deepEqual(rig.snapshots.slice(-2).map(({ strategy, positions }) => [strategy, positions]), [
    [1, [[0, 5]]],
    [2, [[0, -5]]],
  ]);
});

Deno.test("a kill cancels what rests, is confirmed on the page, and lets nothing in afterwards", async () => {
  using rig = new Rig();
  for (let i = 1; i <= 5; i++) rig.order(BUY, i, PRICE - 10 - i);
  await rig.settle();
  const { epoch, gateSequence } = rig.control.request(0, 3, "drill", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  rig.order(BUY, 1, PRICE - 9);
  await rig.settle();
  assert.equal(rig.resting, 0);
  assert.equal(rig.gate.counters().openOrders, 0);
  assert.deepEqual(rig.kills.map(({ cancelled, unknown, state }) => ({ cancelled, unknown, state })), [
    { cancelled: 5, unknown: 0, state: "KILLED" },
  ]);
  const header = rig.control.header();
  assert.deepEqual([header.doneEpoch, header.doneCancelled, header.doneUnknown], [epoch, 5, 0]);
  assert.ok(rig.reports.some((report) => report.type === "rejected" && report.code === Code.Killed));
  assert.ok(gateSequence >= 5);
});

Deno.test("an order approved just before the kill is refused at the venue's door and frees its exposure", async () => {
  using rig = new Rig({
    more: (rig) => [worker("killer", {
      type: "killer",
      init: () => ({
        // Runs after the guardian has approved and before the exchange has entered.
        receive: () => void rig.control.request(0, 3, "drill", "test", 1),
      }),
    }, undefined)],
  });
  await rig.settle();
  rig.order(BUY, 5, PRICE - 5);
  rig.system.find("/rig/killer")!.tell("now" as never);
  // Turns go round: the guardian decides, then the killer stores, then the exchange enters.
  await rig.settle();
  assert.deepEqual(rig.reports.map((report) => [report.type, report.code]), [["rejected", Code.VenueKilled]]);
  assert.equal(rig.resting, 0);
  assert.equal(rig.gate.exposure(1, 0).openOrders, 0);
});

Deno.test("a kill survives a crash of the guardian in the middle of it", async () => {
  using rig = new Rig();
  for (let i = 1; i <= 3; i++) rig.order(BUY, i, PRICE - 10 - i);
  await rig.settle();
  rig.control.request(0, 3, "drill", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  rig.system.crash(rig.guardian, new Error("on purpose"));
  await rig.settle();
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  assert.equal(rig.resting, 0);
  assert.equal(rig.control.pending(), null);
});

Deno.test("a kill of one organism leaves the others' orders alone", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5);
  rig.order(BUY, 6, PRICE - 6, { strategy: 2 });
  await rig.settle();
  rig.control.request(1, 3, "drill", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  assert.equal(rig.resting, 1);
  assert.equal(rig.gate.exposure(2, 0).openOrders, 1);
  rig.order(BUY, 1, PRICE - 7, { strategy: 2 });
  rig.order(BUY, 1, PRICE - 7);
  await rig.settle();
  assert.equal(rig.reports.at(-1)?.strategy === 1 ? rig.reports.at(-1)?.code : rig.reports.at(-2)?.code, Code.Killed);
  assert.equal(rig.resting, 2);
});

Deno.test("a kill of one instrument leaves orders in the others alone", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5);
  rig.order(BUY, 6, PRICE - 6, { instrument: 1 });
  await rig.settle();
  rig.control.request(128 + 1, 3, "drill", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  assert.equal(rig.gate.exposure(1, 0).openOrders, 1);
  assert.equal(rig.gate.exposure(1, 1).openOrders, 0);
  assert.equal(rig.kills[0].cancelled, 1);
});

Deno.test("a re-arm is recorded, cancels nothing and lets orders in again", async () => {
  using rig = new Rig();
  rig.control.request(0, 3, "drill", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  rig.control.request(0, 0, "over", "test", 2);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  rig.order(BUY, 1, PRICE - 7);
  await rig.settle();
  assert.deepEqual(rig.kills.map((kill) => [kill.state, kill.cancelled]), [["KILLED", 0], ["ACTIVE", 0]]);
  assert.equal(rig.resting, 1);
});

Deno.test("a change of a scope is recorded with the state before and after it", async () => {
  const directory = await Deno.makeTempDir({ prefix: "cwts-scopes-" });
  try {
    {
      using audit = AuditLog.open({ directory, durability: "memory" });
      using rig = new Rig({ audit });
      for (const state of [3, 0]) {
        rig.control.request(0, state, "drill", "test", 1);
        rig.guardian.urgent({ kind: "CarryOutKill" } as never);
        await rig.settle();
      }
    }
    const changes = [...readAudit(directory)].filter((record) => record.type === RecordType.ScopeChanged)
      .map((record) => decodeAudit(record) as { readonly from: string; readonly to: string });
    assert.deepEqual(changes.map(({ from, to }) => [from, to]), [["ACTIVE", "KILLED"], ["KILLED", "ACTIVE"]]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the drop copy agrees with the gate, and a difference is put on record and raised", async () => {
  const concerns: Concern[] = [];
  using rig = new Rig({
    more: () => [worker("mode", {
      type: "mode",
      init: (context) => {
        context.register(MODE);
        return { receive: (message) => void concerns.push(message as Concern) };
      },
    }, undefined)],
  });
  rig.order(BUY, 5);
  rig.order(SELL, 5, PRICE, { strategy: 2 });
  await rig.settle(2_000_000);
  assert.deepEqual([...rig.dropCopyBook.entries()], [[1, 0, 5], [2, 0, -5]]);
  assert.equal(rig.dropCopyBook.gaps, 0);
  assert.equal(concerns.length, 0);
  // Somebody loses a fill: the drop copy hears of one that the gate never did.
  const records = rig.audit.head().records;
  const lost = new Uint8Array(64);
  Object.assign(new ExecutionView(lost), {
    execType: 1,
    side: 0,
    orderId: 9,
    price: PRICE,
    quantity: 2,
    owner: 1,
    venueSequence: 999,
  });
  rig.system.registry.get(DROP_COPY).tell({ kind: "ExecutionBatch", venue: "x", sequence: 0, records: lost, count: 1 });
  await rig.settle(2_000_000);
  assert.deepEqual(concerns.map(({ id, demands, active }) => [id, demands, active]), [
    ["report-mismatch:9", "SafeMode", true],
    ["position-mismatch:1/0", "SafeMode", true],
    ["fill-mismatch:1/0", "SafeMode", true],
    ["fill-mismatch:books", "SafeMode", true],
  ]);
  // Each is a record and an alert, once.
  await rig.settle(5_000_000);
  assert.equal(rig.audit.head().records, records + 2 * concerns.length);
});
