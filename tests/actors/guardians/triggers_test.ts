/** Rules that make a scope stricter by themselves: at their limit, just beyond it, on record, and never looser. */
import assert from "node:assert/strict";
import { type TriggerRules, Triggers } from "../../../actors/guardians/triggers.ts";
import { GuardianBooks } from "../../../actors/guardians/books.ts";
import { triggerRules } from "../../../actors/node/triggers.ts";
import { BUY, type ExecutionReport, type SubmitOrder } from "../../../actors/protocol/mod.ts";
import { loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { Code, INSTRUMENT_SCOPE_BASE, ScopeState } from "../../../ffi/layout.gen.ts";
import { ControlPage } from "../../../ffi/mod.ts";
import { ALPHA, PRICE, Rig } from "./rig.ts";

ensureCore();

const { Active, ReduceOnly, CancelOnly, Killed } = ScopeState;
const USUAL = triggerRules(loadConfig({ environment: {}, directory: "." }).config);

class Desk implements Disposable {
  readonly page = ControlPage.memory();
  readonly books = new GuardianBooks([ALPHA]);
  readonly notes: Record<string, unknown>[] = [];
  readonly held = new Map<number, number>();
  requests = 0;
  wall = 0;
  monotonic = 0;
  readonly triggers: Triggers;

  constructor(rules: Partial<TriggerRules> = {}) {
    ["organism:a", "organism:b", "organism:c"].forEach((name, i) => this.page.setName(i + 1, name));
    this.page.setName(INSTRUMENT_SCOPE_BASE, "instrument:ALPHA");
    this.triggers = new Triggers({
      rules: { ...USUAL, ...rules },
      control: this.page,
      books: this.books,
      strategies: [1, 2, 3],
      accounts: [{ id: "main", strategies: [1, 2] }, { id: "side", strategies: [3] }],
      instruments: [0],
      heldAtGate: (strategy) => this.held.get(strategy) ?? 0,
      wall: () => this.wall * 1e6,
      monotonic: () => this.monotonic * 1e6,
      note: (_, value) => this.notes.push(value as Record<string, unknown>),
      onRequest: () => this.requests++,
    });
  }

  get states(): number[] {
    return [0, 1, 2, 3, INSTRUMENT_SCOPE_BASE].map((scope) => this.page.scope(scope));
  }

  /** `strategy` buys a lot at 100.00 and the market goes to where it has lost `lost` money units. */
  loses(strategy: number, lost: number): void {
    this.books.portfolio.trade(strategy, 0, BUY, PRICE, 1, true);
    this.held.set(strategy, (this.held.get(strategy) ?? 0) + 1);
    this.books.portfolio.mark(0, PRICE - lost / ALPHA.unitsPerTickLot);
  }

  [Symbol.dispose](): void {
    this.page.close();
  }
}

const fill = (orderId: number, quantity: number, price = PRICE) =>
  ({
    kind: "ExecutionReport",
    type: "trade",
    orderId,
    strategy: 1,
    instrument: 0,
    price,
    quantity,
    leaves: 0,
  }) as unknown as ExecutionReport;

for (const code of [Code.UnknownParent, Code.ParentQuantity]) {
  Deno.test(`the first child order beyond its parent kills its organism, and no other (${code})`, () => {
    using desk = new Desk();
    desk.triggers.refused(1, Code.MaxQuantity, 0);
    assert.deepEqual(desk.states, [Active, Active, Active, Active, Active]);
    desk.triggers.refused(1, code, 1);
    assert.deepEqual(desk.states, [Active, Killed, Active, Active, Active]);
    assert.equal(desk.page.header().actor, "trigger:parentBreach");
    assert.deepEqual([desk.notes.length, desk.requests], [1, 1]);
    const { trigger, scope, state, measured } = desk.notes[0];
    assert.deepEqual([trigger, scope, state, measured], ["parentBreach", "organism:a", "KILLED", code]);
    // What stands is not done again.
    desk.triggers.refused(1, code, 2);
    assert.equal(desk.notes.length, 1);
  });
}

Deno.test("refusals within a window stop an organism at one more than its limit, and what trickles in never does", () => {
  using desk = new Desk({ rejects: { state: "CANCEL_ONLY", refusals: 10, windowMs: 1_000 } });
  for (let i = 0; i < 10; i++) desk.triggers.refused(1, Code.MaxQuantity, 0);
  for (let i = 0; i < 1_000; i++) desk.triggers.refused(2, Code.MaxQuantity, i * 100_000);
  assert.deepEqual(desk.states.slice(1, 3), [Active, Active]);
  desk.triggers.refused(1, Code.MaxQuantity, 0);
  assert.deepEqual(desk.states.slice(1, 3), [CancelOnly, Active]);
  assert.deepEqual([desk.notes[0].measured, desk.notes[0].limit], [11, 10]);
});

Deno.test("what a stopped scope refuses is no storm, and a storm for message rate has its own limit", () => {
  using desk = new Desk({
    rate: { state: "REDUCE_ONLY", refusals: 3, windowMs: 1_000 },
    rejects: { state: "CANCEL_ONLY", refusals: 10, windowMs: 1_000 },
  });
  for (let i = 0; i < 100; i++) desk.triggers.refused(1, Code.Killed, 0);
  for (let i = 0; i < 3; i++) desk.triggers.refused(1, Code.MessageRate, 0);
  assert.equal(desk.page.scope(1), Active);
  desk.triggers.refused(1, Code.RateTripped, 0);
  assert.equal(desk.page.scope(1), ReduceOnly);
});

Deno.test("a fill of an order nobody sent, of more than was ordered, or far from the market kills its organism", () => {
  const order = { orderId: 5, strategy: 1, instrument: 0, quantity: 3, orderType: 0, price: PRICE, stamp: NaN };
  const cases = [
    [(desk: Desk) => desk.triggers.filled(fill(5, 3)), Active],
    [(desk: Desk) => desk.triggers.filled(fill(6, 3)), Killed],
    [(desk: Desk) => {
      const report = fill(5, 4);
      desk.books.report(report, 0);
      desk.triggers.filled(report);
    }, Killed],
    [(desk: Desk) => desk.triggers.filled(fill(5, 3, PRICE * 1.3)), Active],
    [(desk: Desk) => desk.triggers.filled(fill(5, 3, PRICE * 1.3 + 1)), Killed],
  ] as const;
  for (const [act, expected] of cases) {
    using desk = new Desk();
    desk.books.board.apply({ kind: "TradePrint", instrument: 0, price: PRICE, quantity: 1, aggressor: BUY, time: 1 });
    desk.books.orders.record(order as SubmitOrder);
    act(desk);
    assert.equal(desk.page.scope(1), expected, `${act}`);
  }
});

Deno.test("an organism that lost its limit, or its account, or its limit from its best, may only reduce", () => {
  using desk = new Desk({
    loss: { state: "REDUCE_ONLY", organism: 5e6, account: 7.5e6, stepPercent: 10 },
    drawdown: { state: "CANCEL_ONLY", organism: 7e6, stepPercent: 10 },
  });
  desk.loses(3, 4e6);
  desk.triggers.look();
  assert.deepEqual(desk.states, [Active, Active, Active, Active, Active]);
  desk.loses(1, 4e6);
  desk.loses(2, 4e6);
  desk.triggers.look();
  // Neither lost 5 alone; together they lost 8, less what each was paid for making.
  assert.deepEqual(desk.states.slice(1, 4), [ReduceOnly, ReduceOnly, Active]);
  desk.books.portfolio.mark(0, PRICE - 6);
  desk.triggers.look();
  assert.equal(desk.page.scope(3), ReduceOnly);
  desk.books.portfolio.mark(0, PRICE - 8);
  desk.triggers.look();
  assert.equal(desk.page.scope(3), CancelOnly);
});

const DAY = 86_400_000_000;
/** Ticks below what strategy 1 paid for its lot. */
const lossOf = (desk: Desk): number => {
  const { realised, unrealised, fees } = desk.books.portfolio.profitAndLoss(1);
  return fees - realised - unrealised;
};
const reopen = (desk: Desk, state: number) => void desk.page.request(1, state, "known", "two persons", 1);

for (const rule of ["loss", "drawdown"] as const) {
  const LIMIT = 10e6;
  const open = () =>
    new Desk({
      loss: { state: "REDUCE_ONLY", organism: rule === "loss" ? LIMIT : null, account: null, stepPercent: 10 },
      drawdown: { state: "REDUCE_ONLY", organism: rule === "drawdown" ? LIMIT : null, stepPercent: 10 },
    });
  /** Loses so many millionths of a currency unit, as near as ticks go, and looks. */
  const stand = (desk: Desk, lost: number, time = 0) => {
    desk.books.portfolio.mark(0, PRICE - lost / ALPHA.unitsPerTickLot);
    desk.triggers.look(time);
  };

  Deno.test(`a re-arm lets the ${rule} stand that people know: the rule fires again a step further, and not before`, () => {
    using desk = open();
    desk.loses(1, 0);
    const paid = lossOf(desk);
    stand(desk, 12e6 - paid);
    assert.equal(desk.page.scope(1), ReduceOnly);
    reopen(desk, Active);
    for (let i = 0; i < 5; i++) desk.triggers.look(i);
    assert.equal(desk.page.scope(1), Active, "it does not stop again for what is known");
    stand(desk, 12.99e6 - paid);
    assert.equal(desk.page.scope(1), Active);
    stand(desk, 13e6 + 1 - paid);
    assert.equal(desk.page.scope(1), ReduceOnly);
    assert.deepEqual(desk.notes.map(({ limit }) => Math.round(limit as number)), [10e6, 13e6]);
    assert.match(String(desk.notes[1].detail), /again, a step beyond what was known at its re-arm$/);
    // In two steps, losing on in between: what stands when it opens is what is known.
    desk.page.tighten(1, Killed, "by hand", "test", 1);
    desk.triggers.look(0);
    reopen(desk, ReduceOnly);
    stand(desk, 15e6 - paid);
    reopen(desk, Active);
    stand(desk, 15.5e6 - paid);
    assert.equal(desk.page.scope(1), Active);
    stand(desk, 16.4e6 - paid);
    assert.equal(desk.page.scope(1), Active);
    stand(desk, 16.5e6 + 1 - paid);
    assert.equal(desk.page.scope(1), ReduceOnly);
  });

  Deno.test(`the ${rule} that a re-arm let stand stops again on a new day, and its limit counts anew once it is over`, () => {
    using desk = open();
    desk.loses(1, 0);
    const paid = lossOf(desk);
    const at = (lost: number, time: number) => {
      stand(desk, lost - paid, time);
      return desk.page.scope(1);
    };
    assert.equal(at(10e6, DAY), ReduceOnly);
    reopen(desk, Active);
    assert.equal(at(10.5e6, 2 * DAY - 1), Active);
    assert.equal(at(10.5e6, 2 * DAY), ReduceOnly, "a new day");
    reopen(desk, Active);
    assert.equal(at(10.5e6, 2 * DAY + 1), Active);
    assert.equal(at(9e6, 2 * DAY + 2), Active);
    assert.equal(at(10.5e6, 2 * DAY + 3), Active, "it was not over: less than a step below the limit");
    assert.equal(at(8.99e6, 2 * DAY + 4), Active);
    assert.equal(at(10e6, 2 * DAY + 5), ReduceOnly, "it was over");
  });
}

Deno.test("a re-arm of one organism lets nothing stand of another, nor of what was never opened", () => {
  using desk = new Desk({ loss: { state: "REDUCE_ONLY", organism: null, account: 10e6, stepPercent: 10 } });
  desk.loses(1, 0);
  desk.loses(2, 0);
  desk.books.portfolio.mark(0, PRICE - 12e6 / ALPHA.unitsPerTickLot);
  desk.triggers.look();
  assert.deepEqual(desk.states.slice(1, 3), [ReduceOnly, ReduceOnly]);
  reopen(desk, Active);
  desk.triggers.look();
  assert.deepEqual(desk.states.slice(1, 3), [Active, ReduceOnly]);
  desk.page.request(2, Active, "known", "two persons", 1);
  desk.books.portfolio.mark(0, PRICE - 12.4e6 / ALPHA.unitsPerTickLot);
  desk.triggers.look();
  assert.deepEqual(desk.states.slice(1, 3), [Active, Active]);
});

Deno.test("an alert that nobody acknowledged stops the firm as configured, with how long it waited on record", () => {
  for (const state of ["REDUCE_ONLY", "CANCEL_ONLY", "KILLED", "off"] as const) {
    using desk = new Desk({ unacknowledged: { state } });
    desk.triggers.unacknowledged("nobody acknowledged alert 3: books differ", 181_000, 180_000);
    assert.equal(
      desk.page.scope(0),
      { REDUCE_ONLY: ReduceOnly, CANCEL_ONLY: CancelOnly, KILLED: Killed, off: Active }[state],
    );
    if (state === "off") continue;
    const { trigger, scope, measured, limit } = desk.notes[0];
    assert.deepEqual([trigger, scope, measured, limit], ["unacknowledged", "firm", 181_000, 180_000]);
    assert.equal(desk.page.header().actor, "trigger:unacknowledged");
  }
  assert.equal(USUAL.unacknowledged.state, "CANCEL_ONLY");
});

Deno.test("books and gate that disagree look after look stop the organism; a look in between starts anew", () => {
  using desk = new Desk();
  desk.held.set(2, 7);
  desk.triggers.look();
  desk.triggers.look();
  desk.held.set(2, 0);
  desk.triggers.look();
  desk.held.set(2, 7);
  desk.triggers.look();
  desk.triggers.look();
  assert.equal(desk.page.scope(2), Active);
  desk.triggers.look();
  assert.deepEqual(desk.states, [Active, Active, ReduceOnly, Active, Active]);
  assert.deepEqual([desk.notes[0].measured, desk.notes[0].limit], [0, 7]);
});

Deno.test("a price that jumps as no market does stops its instrument", () => {
  using desk = new Desk({ market: { state: "REDUCE_ONLY", jumpBps: 1_000 } });
  const speak = (price: number) =>
    desk.triggers.market(
      desk.books.board.apply({ kind: "TradePrint", instrument: 0, price, quantity: 1, aggressor: BUY, time: 1 }),
    );
  speak(10_000);
  speak(11_000);
  assert.equal(desk.page.scope(INSTRUMENT_SCOPE_BASE), Active);
  speak(12_101);
  assert.deepEqual(desk.states, [Active, Active, Active, Active, ReduceOnly]);
});

Deno.test("a wall clock that jumps makes the firm reduce only; one that runs along does not", () => {
  using desk = new Desk();
  for (let i = 0; i < 100; i++) {
    desk.wall += 1_000;
    desk.monotonic += 1_000;
    desk.triggers.look();
  }
  desk.wall += 5_000;
  desk.triggers.look();
  assert.equal(desk.page.scope(0), Active);
  desk.wall -= 10_001;
  desk.triggers.look();
  assert.equal(desk.page.scope(0), ReduceOnly);
});

Deno.test("a rule never makes a scope looser, and one that is off makes it nothing", () => {
  using desk = new Desk({ parentBreach: { state: "REDUCE_ONLY" } });
  desk.page.tighten(1, Killed, "test", "test", 1);
  desk.triggers.refused(1, Code.UnknownParent, 0);
  assert.equal(desk.page.scope(1), Killed);
  using silent = new Desk({ parentBreach: { state: "off" } });
  silent.triggers.refused(1, Code.UnknownParent, 0);
  assert.deepEqual(silent.states, [Active, Active, Active, Active, Active]);
});

Deno.test("through the guardian: a storm of refusals shuts the gate for its organism and nobody else, and is on record", async () => {
  const notes: unknown[] = [];
  using rig = new Rig({
    triggers: (rig) =>
      new Triggers({
        rules: { ...USUAL, rejects: { state: "CANCEL_ONLY", refusals: 20, windowMs: 1_000 } },
        control: rig.control,
        books: rig.books,
        strategies: [1, 2],
        accounts: [],
        instruments: [0, 1],
        heldAtGate: (strategy, instrument) => rig.gate.exposure(strategy, instrument).position,
        wall: () => 1,
        monotonic: () => 1,
        note: (_, value) => notes.push(value),
        onRequest: () => {},
      }),
  });
  for (let i = 0; i < 20; i++) rig.order(BUY, 501);
  await rig.settle();
  assert.equal(rig.control.scope(1), Active);
  rig.order(BUY, 501);
  await rig.settle();
  assert.equal(rig.control.scope(1), CancelOnly);
  assert.equal(rig.control.scope(2), Active);
  assert.equal(notes.length, 1);
  rig.order(BUY, 1);
  await rig.settle();
  assert.equal(rig.reports.at(-1)!.code, Code.CancelOnly);
});
