/** Credit after trade: exposure from executions, warnings once for each crossing, and the gate's count of the same lots. */
import assert from "node:assert/strict";
import { AlertBook } from "../../../actors/auditors/alerts.ts";
import { CreditWatch } from "../../../actors/auditors/credit.ts";
import { DropCopyBook } from "../../../actors/auditors/drop_copy_book.ts";
import { BUY, SELL } from "../../../actors/protocol/mod.ts";
import { ExecType, ExecutionView } from "../../../ffi/layout.gen.ts";
import { ALPHA, PRICE, Rig } from "../guardians/rig.ts";

const LOT = PRICE * ALPHA.unitsPerTickLot;

/** A scope of strategy 1 with credit for 100 lots, whose exposure is set lot by lot. */
class Desk {
  readonly told: Record<string, unknown>[] = [];
  readonly copy = new DropCopyBook();
  readonly watch = new CreditWatch({
    scopes: () => [{ scope: "account:main", node: 2, strategies: [1, 3], limit: 100 * LOT }],
    copy: this.copy,
    worthOf: () => LOT,
    gateOf: () => this.gate,
    alerts: new AlertBook({ now: () => 0, record: (event) => this.told.push(event), tell: () => {} }),
  });
  gate = { position: 0, bought: 0, sold: 0, openBuy: 0, openSell: 0, openOrders: 0 };
  #reports = 0;

  report(execType: ExecType, owner: number, side: number, quantity: number, leaves: number, orderId: number): void {
    const records = new Uint8Array(ExecutionView.SIZE);
    const venueSequence = ++this.#reports;
    Object.assign(new ExecutionView(records), { execType, owner, side, quantity, leaves, orderId, venueSequence });
    this.copy.apply({ kind: "ExecutionBatch", venue: "v", sequence: venueSequence, records, count: 1 });
    this.watch.look();
  }

  get percents(): unknown[] {
    return this.told.map(({ percent }) => percent);
  }
}

Deno.test("every early warning comes at its percent and not below it, once, with its numbers on record", () => {
  const desk = new Desk();
  desk.report(ExecType.New, 1, BUY, 49, 49, 1);
  assert.deepEqual(desk.percents, []);
  const steps = [[50, 50], [74, 50], [75, 75], [84, 75], [85, 85], [89, 85], [90, 90], [94, 90], [95, 95], [120, 95]];
  for (const [lots, last] of steps) {
    desk.report(ExecType.Replaced, 1, BUY, lots, lots, 1);
    assert.equal(desk.percents.at(-1), last, `${lots} lots`);
  }
  assert.deepEqual(desk.percents, [50, 75, 85, 90, 95]);
  const { alert, scope, exposure, limit, text } = desk.told[0];
  assert.deepEqual([alert, scope, exposure, limit], ["credit-warning", "account:main", 50 * LOT, 100 * LOT]);
  assert.equal(text, "account:main has reached 50 % of its credit: 5000.00 of 10000.00");
});

Deno.test("exposure that hovers at a warning warns once; only well below it does the warning come anew", () => {
  const desk = new Desk();
  desk.report(ExecType.New, 1, BUY, 1, 1, 1);
  const at = (lots: number) => desk.report(ExecType.Replaced, 1, BUY, lots, lots, 1);
  for (const lots of [75, 74, 75, 70, 75, 71, 76]) at(lots);
  assert.deepEqual(desk.percents, [75]);
  assert.equal(desk.watch.view()[0].warned, 75);
  at(69);
  assert.equal(desk.watch.view()[0].warned, 50);
  at(75);
  assert.deepEqual(desk.percents, [75, 75]);
  at(44);
  assert.equal(desk.watch.view()[0].warned, 0);
  at(51);
  assert.deepEqual(desk.percents, [75, 75, 50]);
});

Deno.test("a jump over several warnings is told as the highest of them", () => {
  const desk = new Desk();
  desk.report(ExecType.Trade, 1, BUY, 91, 0, 1);
  assert.deepEqual(desk.percents, [90]);
});

Deno.test("exposure is the worse side of each strategy in each instrument, held and open, and of its own scope alone", () => {
  const desk = new Desk();
  const exposure = () => desk.watch.view()[0].exposure / LOT;
  desk.report(ExecType.New, 1, BUY, 30, 30, 1);
  desk.report(ExecType.Trade, 1, BUY, 20, 10, 1);
  desk.report(ExecType.New, 1, SELL, 25, 25, 2);
  assert.equal(exposure(), 30, "20 held and 10 to buy, against 5 short if all is sold");
  desk.report(ExecType.New, 1, SELL, 40, 40, 3);
  assert.equal(exposure(), 45, "20 held and 65 to sell");
  // Long and short of two strategies do not cancel out; strategy 2 belongs to somebody else.
  desk.report(ExecType.Trade, 3, SELL, 10, 0, 4);
  desk.report(ExecType.Trade, 2, SELL, 500, 0, 5);
  assert.equal(exposure(), 55);
});

Deno.test("what somebody else traded is no difference of a scope", () => {
  const desk = new Desk();
  desk.report(ExecType.Trade, 2, SELL, 500, 0, 1);
  assert.deepEqual(desk.watch.differences(), []);
  desk.report(ExecType.Trade, 3, SELL, 5, 0, 2);
  assert.deepEqual(desk.watch.differences().map(({ size, dropCopy }) => [size, dropCopy]), [[5, -5]]);
});

Deno.test("a scope without any credit warns at its first lot", () => {
  const desk = new Desk();
  const watch = new CreditWatch({
    scopes: () => [{ scope: "firm", node: 0, strategies: [1], limit: 0 }],
    copy: desk.copy,
    worthOf: () => LOT,
    gateOf: () => desk.gate,
    alerts: new AlertBook({ now: () => 0, record: (event) => desk.told.push(event), tell: () => {} }),
  });
  watch.look();
  assert.deepEqual(desk.percents, []);
  desk.report(ExecType.Trade, 1, BUY, 1, 0, 1);
  watch.look();
  assert.equal(desk.percents.at(-1), 95);
});

Deno.test("the count after trade and the gate's are the same over real trading, and one lot of difference is found", async () => {
  using rig = new Rig({ credit: 10 * LOT });
  for (let i = 0; i < 20; i++) {
    rig.order(i % 3 === 0 ? SELL : BUY, 1 + i % 4);
    rig.order(i % 3 === 0 ? BUY : SELL, 1 + i % 5, PRICE, { strategy: 2 });
    rig.order(BUY, 1, PRICE - 3, { instrument: i % 2 });
    await rig.settle(300_000);
  }
  await rig.settle(3_000_000);
  assert.ok(rig.books.fills > 20);
  assert.deepEqual([rig.credit.differences(), rig.reconciliation.view().found], [[], 0]);
  assert.ok(rig.alerts.latest.some(({ alert }) => alert === "credit-warning"));
  const of = rig.gate.scopeExposure(2, 0);
  const honest = rig.gate.scopeExposure.bind(rig.gate);
  rig.gate.scopeExposure = (node, instrument) => {
    const line = honest(node, instrument);
    return node === 2 && instrument === 0 ? { ...line, bought: line.bought + 1 } : line;
  };
  rig.reconciliation.compare(rig.system.clock.now(), true);
  assert.deepEqual([...rig.concerns], ["credit-mismatch:account:main/0"]);
  assert.equal(rig.credit.differences()[0].gate, of.position);
});
