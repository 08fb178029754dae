/** Facts of [controls] read back from a log: limits with what was used of them, and what bore on an order. */
import assert from "node:assert/strict";
import { OrderStory, RunState } from "../../../../actors/node/reading/mod.ts";
import { MarketPhase, RecordType } from "../../../../ffi/layout.gen.ts";
import { AuditLog, type GateFact, readAudit } from "../../../../ffi/mod.ts";
import { Bench, inDirectory, INSTRUMENT, NOW, STRATEGY } from "../../../ffi/native.ts";

const SCOPES = [
  { node: 0, parent: 0, name: "firm" },
  { node: 1, parent: 0, name: "customer:house" },
  { node: 2, parent: 1, name: "account:main" },
  { node: 3, parent: 2, name: "organism:first" },
];
const START = { organisms: [{ id: "first", species: "anglerfish" }], instruments: ["ALPHA"], killed: [] };
const FACTS: readonly GateFact[] = [
  { fact: "pace", node: 2, rate: 50, burst: 50 },
  { fact: "burst", node: 3, instrument: INSTRUMENT, windowMs: 250, maxOrders: 40, maxLots: 400, maxValue: 900_000 },
  { fact: "soft", node: 2, maxQuantity: 600, maxValue: 7_000_000 },
  { fact: "capital", node: 0, capital: 1e9, credit: 5e8, maxLoss: 1e6, profitMaxAgeMs: 60_000 },
  { fact: "profit", node: 0, profit: -1_234, time: NOW },
  { fact: "mandate", strategy: STRATEGY, active: 1, venues: 1, until: NOW + 1e9 },
  { fact: "marketStatus", instrument: INSTRUMENT, phase: MarketPhase.Continuous, time: NOW },
  { fact: "marketStatus", instrument: INSTRUMENT, phase: MarketPhase.Auction, time: NOW },
  { fact: "mandate", strategy: STRATEGY + 1, active: 1, until: NOW + 1e9 },
];
const ORDERS = 5;

async function told(use: (directory: string) => void): Promise<void> {
  await inDirectory((directory) => {
    {
      const audit = AuditLog.open({ directory });
      audit.appendJson(RecordType.NodeStarted, NOW, START);
      using bench = new Bench(audit);
      audit.appendJson(RecordType.Note, NOW, { scopes: SCOPES });
      for (const fact of FACTS) bench.gate.tell(fact, NOW);
      for (let i = 0; i < ORDERS; i++) bench.order(i);
      assert.equal(bench.gate.submit(bench.commands, ORDERS, bench.decisions), ORDERS);
    }
    use(directory);
  });
}

function usage(state: RunState, scope: string, limit: string, instrument: string | null = null) {
  const found = state.usage!.usesNow().find((use) =>
    use.scope === scope && use.limit === limit && use.instrument === instrument
  );
  return found && [found.value, found.now, found.used];
}

Deno.test("limits that are facts stand among the limits, with what orders used of them", () =>
  told((directory) => {
    const half = new RunState();
    const records = [...readAudit(directory)];
    for (const record of records.slice(0, -2)) half.take(record);
    // What was saved goes on as if nothing had been.
    const state = RunState.restore(half.save());
    for (const record of records.slice(-2)) state.take(record);
    assert.equal(state.usage!.limitOf("organism:first", "ALPHA", "lots_in_250_ms"), 400);
    assert.deepEqual(usage(state, "account:main", "message_rate"), [50, ORDERS, ORDERS]);
    assert.deepEqual(usage(state, "organism:first", "orders_in_250_ms", "ALPHA"), [40, ORDERS, ORDERS]);
    const [, entered] = usage(state, "organism:first", "lots_in_250_ms", "ALPHA")!;
    const [, worth] = usage(state, "organism:first", "value_in_250_ms", "ALPHA")!;
    assert.equal(worth, entered! * 100 * 100);
    assert.deepEqual(usage(state, "account:main", "warn_quantity"), [600, entered! / ORDERS, entered! / ORDERS]);
    // Three of the five sell ten lots each, worth 100 ticks of 100 units.
    assert.deepEqual(usage(state, "firm", "credit"), [5e8, 300_000, 300_000]);
    assert.deepEqual(usage(state, "firm", "max_loss"), [1e6, 1_234, 1_234]);
  }));

Deno.test("the story of an order tells the facts that bore on it, as they stood, and no others", () =>
  told((directory) => {
    const story = new OrderStory(new RunState(), { order: 1 });
    for (const record of readAudit(directory)) story.take(record);
    const controls = story.lines.filter(({ step }) => step === "control").map(({ text }) => text);
    assert.deepEqual(controls, ["mandate of first: in force", "market status of ALPHA: Auction"]);
    const checks = story.lines.filter(({ step }) => step === "check").map(({ text }) => text);
    assert.ok(
      checks.some((text) => text === "message_rate of account:main: 1 messages of 50 messages"),
      checks.join("\n"),
    );
    assert.ok(checks.some((text) => text === "orders_in_250_ms of organism:first in ALPHA: 1 orders of 40 orders"));
  }));
