/** The road of orders through the native gate, as TypeScript walks it. */
import assert from "node:assert/strict";
import {
  Code,
  CommandKind,
  DEFAULT_ACCOUNT_NODE,
  ExecutionView,
  FIRM_NODE,
  FIRM_SCOPE,
  INSTRUMENT_SCOPE_BASE,
  MatchingEngine,
  OrderGate,
  readAudit,
  RecordType,
  ScopeKind,
  ScopeState,
  StrategyLimitsView,
} from "../../ffi/mod.ts";
import { AuditLog, decodeAudit, verifyAudit } from "../../ffi/mod.ts";
import { Bench, inDirectory, INSTRUMENT, limits, NOW, runScript, STRATEGY } from "./native.ts";

Deno.test("an order passes, trades at the venue, and its fill becomes the position", () => {
  using bench = new Bench();
  using engine = MatchingEngine.create([INSTRUMENT]);
  const executions = new Uint8Array(16 * ExecutionView.SIZE);
  const ticks = new Uint8Array(16 * 64);
  const sell = bench.order(0);
  sell.side = 1;
  const buy = bench.order(1);
  buy.side = 0;
  buy.quantity = 4;
  assert.equal(bench.gate.submit(bench.commands, 2, bench.decisions), 2);
  assert.deepEqual(bench.gate.exposure(STRATEGY, INSTRUMENT), {
    position: 0,
    openBuy: 4,
    openSell: 10,
    openOrders: 2,
    bought: 0,
    sold: 0,
  });
  const { executions: count } = engine.submit(bench.commands, 2, executions, ticks);
  assert.ok(bench.gate.applyExecutions(executions, count));
  assert.deepEqual(bench.gate.exposure(STRATEGY, INSTRUMENT), {
    position: 0,
    openBuy: 0,
    openSell: 6,
    openOrders: 1,
    bought: 4,
    sold: 4,
  });
  assert.equal(bench.gate.counters().inconsistent, 0);
});

Deno.test("counters name every rejection by its code", () => {
  using bench = new Bench();
  bench.order(0).price = 0;
  bench.order(1).quantity = 5_000;
  bench.order(2).owner = 99;
  bench.order(3);
  assert.equal(bench.gate.submit(bench.commands, 4, bench.decisions), 1);
  const { rejected, decisions, accepted } = bench.gate.counters();
  assert.deepEqual(rejected, { [Code.OffTick]: 1, [Code.MaxQuantity]: 1, [Code.UnknownStrategy]: 1 });
  assert.deepEqual([decisions, accepted], [4, 1]);
  assert.deepEqual([0, 1, 2, 3].map((at) => bench.decision.at(at).code), [
    Code.OffTick,
    Code.MaxQuantity,
    Code.UnknownStrategy,
    Code.Accepted,
  ]);
  assert.equal(bench.decision.at(1).measured, 5_000);
  assert.equal(bench.decision.limit, 1_000);
});

Deno.test("a stored word stops the next order, for the firm, the strategy and the instrument, and lets cancels through", () => {
  for (const scope of [FIRM_SCOPE, STRATEGY, INSTRUMENT_SCOPE_BASE + INSTRUMENT]) {
    using bench = new Bench();
    bench.order(0);
    bench.gate.submit(bench.commands, 1, bench.decisions);
    const { epoch, gateSequence } = bench.control.request(scope, ScopeState.Killed, "test", "tester", 1.7e18);
    assert.deepEqual([epoch, gateSequence], [1, 1]);
    bench.order(0);
    const cancel = bench.order(1);
    cancel.kind = CommandKind.Cancel;
    cancel.targetId = 1;
    assert.equal(bench.gate.submit(bench.commands, 2, bench.decisions), 1);
    assert.equal(bench.decision.at(0).code, Code.Killed);
    assert.equal(bench.decision.at(1).code, Code.Accepted);
    assert.ok(bench.decision.sequence > gateSequence);
  }
});

Deno.test("safe mode lets in only what reduces a position", () => {
  using bench = new Bench();
  bench.control.setMode(1);
  bench.order(0);
  bench.gate.submit(bench.commands, 1, bench.decisions);
  assert.equal(bench.decision.at(0).code, Code.ReduceOnly);
  bench.control.setMode(2);
  bench.order(0);
  bench.gate.submit(bench.commands, 1, bench.decisions);
  assert.equal(bench.decision.at(0).code, Code.Killed);
});

Deno.test("the log reads back as limits, decisions and executions by field name", async () => {
  await inDirectory((directory) => {
    {
      using bench = new Bench(AuditLog.open({ directory, durability: "batch" }));
      bench.order(0);
      bench.gate.submit(bench.commands, 1, bench.decisions);
      const report = new Uint8Array(ExecutionView.SIZE);
      const view = new ExecutionView(report);
      view.orderId = 1;
      view.owner = STRATEGY;
      view.side = 1;
      view.quantity = 10;
      view.leaves = 10;
      view.venueSequence = 1;
      bench.gate.applyExecutions(report, 1);
      bench.audit.appendJson(RecordType.Note, NOW, { said: "grüezi" }, 7, 3, 42);
    }
    const records = [...readAudit(directory)];
    const names = records.map((record) => record.typeName);
    assert.deepEqual(names, ["LimitsSet", "LimitsSet", "MarketSeen", "Decision", "Execution", "Note"]);
    const [rules, limits, seen, decision, execution, note] = records.map(decodeAudit) as Record<string, unknown>[];
    assert.equal(rules.collarBps, 1_000);
    assert.equal(limits.maxNotional, 1e12);
    assert.deepEqual([seen.bid, seen.ask, seen.last, seen.time], [99, 101, 100, NOW]);
    const { command, decision: verdict } = decision as Record<string, Record<string, number>>;
    assert.deepEqual([command.orderId, command.time, verdict.code, verdict.auditIndex], [1, NOW, 0, 3]);
    assert.equal(execution.venueSequence, 1);
    assert.deepEqual(note, { said: "grüezi" });
    assert.deepEqual([records[5].cause, records[5].version, records[5].producer, records[5].time], [7, 3, 42, NOW]);
    assert.deepEqual([...readAudit(directory, 4)].map((record) => record.index), [4, 5]);
  });
});

Deno.test("equal histories give equal roots and equal state hashes", () => {
  const run = (price: number) => {
    using bench = new Bench();
    for (let i = 0; i < 10; i++) bench.order(i).price = price;
    bench.gate.submit(bench.commands, 10, bench.decisions);
    return [bench.gate.stateHash(), bench.audit.head().root];
  };
  assert.deepEqual(run(100), run(100));
  assert.notDeepEqual(run(100), run(101));
});

const FULL_DISK = `
import { AuditLog, Code, OrderGate } from "$ROOT/ffi/mod.ts";
import { Bench } from "$ROOT/tests/ffi/native.ts";
const audit = AuditLog.open({ directory: Deno.args[0] ?? "$DIR", durability: "batch" });
const bench = new Bench(audit);
let accepted = 0, refused = 0;
while (refused === 0 && accepted < 1_000_000) {
  for (let i = 0; i < 64; i++) bench.order(i);
  accepted += bench.gate.submit(bench.commands, 64, bench.decisions);
  for (let i = 0; i < 64; i++) if (bench.decision.at(i).code === Code.AuditFailed) refused++;
}
bench.order(0);
const after = bench.gate.submit(bench.commands, 1, bench.decisions);
const { openOrders, shut } = bench.gate.counters();
console.log(JSON.stringify({ accepted, refused, after, openOrders, shut, failed: audit.failed }));
`;

Deno.test("a full disk shuts the gate, and nothing was accepted that the log does not hold", async () => {
  await inDirectory(async (directory) => {
    // A file may grow to 2 MiB; then writes fail, as on a full disk.
    const before = "trap '' XFSZ; ulimit -f 2048";
    const script = await runScript(FULL_DISK.replace("$DIR", directory), { before });
    assert.equal(script.code, 0, script.stderr);
    const told = JSON.parse(script.stdout.trim().split("\n").at(-1)!);
    assert.ok(told.refused > 0 && told.accepted > 1_000, script.stdout);
    assert.deepEqual([told.after, told.shut, told.failed], [0, true, true]);
    assert.equal(told.openOrders, told.accepted);
    let recorded = 0;
    for (const record of readAudit(directory)) {
      if (record.type !== RecordType.Decision) continue;
      if ((decodeAudit(record) as { decision: { code: number } }).decision.code === Code.Accepted) recorded++;
    }
    assert.ok(recorded >= told.accepted, `${told.accepted} accepted, ${recorded} recorded`);
    const verdict = verifyAudit(directory);
    assert.ok(verdict.ok || verdict.damage === "torn tail", verdict.damage);
  });
});

/** Two strategies below one account, and the numbers of the nodes. */
function tree(bench: Bench): { readonly account: number; readonly own: number; readonly sister: number } {
  const client = bench.gate.addScope({ kind: "customer", parent: FIRM_NODE }, NOW);
  const account = bench.gate.addScope({ kind: "account", parent: client }, NOW);
  const record = limits();
  const nodes = [7, 8].map((strategy) => {
    const node = bench.gate.addScope({ kind: "strategy", parent: account, strategy }, NOW);
    new StrategyLimitsView(record).strategy = strategy;
    bench.gate.setLimits(record, NOW);
    return node;
  });
  return { account, own: nodes[0], sister: nodes[1] };
}

Deno.test("two strategies share the limits of their account, and the second is refused with the account's numbers", () => {
  using bench = new Bench();
  const { account, own, sister } = tree(bench);
  bench.gate.setInstrumentLimits(account, INSTRUMENT, { maxPosition: 15 }, NOW);
  bench.gate.setTotalLimits(account, { maxOpenOrders: 5, maxGross: 1e15 }, NOW);
  for (const [at, strategy] of [7, 8].entries()) {
    const order = bench.order(at);
    order.owner = strategy;
    order.side = 0;
  }
  assert.equal(bench.gate.submit(bench.commands, 2, bench.decisions), 1);
  const { code, scope, measured, limit } = bench.decision.at(1);
  assert.deepEqual({ code, scope, measured, limit }, {
    code: Code.PositionLimit,
    scope: account,
    measured: 20,
    limit: 15,
  });
  assert.equal(bench.decision.at(0).scope, own);
  assert.deepEqual([bench.gate.nodeOf(7), bench.gate.nodeOf(8), bench.gate.nodeOf(9)], [own, sister, undefined]);
  assert.equal(bench.gate.scopeExposure(account, INSTRUMENT).openBuy, 10);
  assert.equal(bench.gate.scopeExposure(FIRM_NODE, INSTRUMENT).openBuy, 10);
  assert.equal(bench.gate.scopeExposure(sister, INSTRUMENT).openBuy, 0);
  // Ten lots at the reference price of 100 ticks, of 100 money units each.
  assert.deepEqual(bench.gate.scopeUsage(account), {
    node: account,
    parent: account - 1,
    kind: "account",
    openOrders: 1,
    gross: 100_000,
    netLong: 100_000,
    netShort: 0,
    limits: { maxOpenOrders: 5, maxGross: 1e15 },
  });
  assert.deepEqual(bench.gate.scopeUsage(own).strategy, 7);
  assert.deepEqual(bench.gate.scopeUsage(FIRM_NODE).limits, {});
});

Deno.test("scopes and limits that cannot be meant are refused, and a gate that is too small says so", () => {
  using bench = new Bench();
  const { gate } = bench;
  const refused = { name: "NativeError", code: Code.BadArgument };
  assert.throws(() => gate.addScope({ kind: "account", parent: FIRM_NODE }), refused);
  assert.throws(() => gate.addScope({ kind: "strategy", parent: DEFAULT_ACCOUNT_NODE, strategy: STRATEGY }), refused);
  assert.throws(() => gate.setTotalLimits(FIRM_NODE, { maxGross: -1 }), /maxGross of -1 is not a whole number/);
  assert.throws(() => gate.setTotalLimits(FIRM_NODE, { maxOpenOrders: 2 ** 32 }), /maxOpenOrders of 4294967296/);
  assert.throws(() => gate.setInstrumentLimits(99, INSTRUMENT, {}), refused);
  assert.throws(() => gate.scopeUsage(99), /the gate has no scope 99/);
  assert.throws(() => gate.scopeExposure(99, INSTRUMENT), /the gate has no scope 99/);
  assert.throws(() => OrderGate.create({ audit: bench.audit, control: bench.control, pairs: 0.5 }), refused);
  using small = OrderGate.create({ audit: bench.audit, control: bench.control, pairs: 3 });
  assert.throws(() => small.setLimits(limits()), { name: "NativeError", code: Code.ScopeCapacity });
});

Deno.test("the log tells every change of the tree, and decisions of the first version by their old fields", async () => {
  await inDirectory((directory) => {
    {
      using bench = new Bench(AuditLog.open({ directory, durability: "batch" }));
      const { account } = tree(bench);
      bench.gate.setTotalLimits(account, { maxNet: 5 }, NOW);
      bench.order(0);
      bench.gate.submit(bench.commands, 1, bench.decisions);
    }
    const records = [...readAudit(directory)];
    const told = records.map(decodeAudit) as Record<string, number>[];
    const [scope, changed] = [2, 8].map((at) => told[at]);
    assert.deepEqual([scope.node, scope.parent, scope.kind, records[2].version], [4, FIRM_NODE, ScopeKind.Customer, 3]);
    assert.deepEqual([changed.node, changed.set, changed.maxNet, records[8].version], [5, 8, 5, 4]);
    assert.equal(records[9].typeName, "MarketSeen");
    const decision = records[10];
    const { measured, scope: own } = (decodeAudit(decision) as { decision: Record<string, number> }).decision;
    assert.deepEqual([measured, own, decision.version], [10, FIRST_NODE, 3]);
    const first = (decodeAudit({ ...decision, version: 1 }) as { decision: Record<string, number> }).decision;
    assert.deepEqual([first.scope, first.exposure], [undefined, FIRST_NODE]);
  });
});

/** The node that the strategy of a bench gets. */
const FIRST_NODE = DEFAULT_ACCOUNT_NODE + 1;
