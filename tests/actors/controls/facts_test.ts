/** The facts of `[controls]` under the limits desk: one person tightens them at once, two loosen them, and all is on record. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, OrderGate } from "../../../ffi/mod.ts";
import type { Config } from "../../../config/mod.ts";
import { compareRows, FACT_TABLES } from "../../../actors/controls/fact_order.ts";
import { listFacts } from "../../../actors/controls/facts.ts";
import { tellFacts } from "../../../actors/node/facts.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { loadLimits } from "../../../actors/node/limits.ts";
import type { LimitRef } from "../../../actors/protocol/mod.ts";
import { BOB, CAT, configOf, FILE, openRig, principal, type Rig } from "./rig.ts";

const row = (table: string, limit: string): LimitRef => ({ scope: `controls.${table}`, limit, instrument: null });
const ALPHA = row("restrictions", "firm/ALPHA");
const LISTED = '{"list":7,"sides":"both"}';

const CAPITAL = `
[[controls.capital]]
scope = "account:main"
amount = "100000"
credit = "60000"
`;

function refused(rig: Rig, by = BOB, ref = ALPHA, value: string | null = LISTED): string {
  const reply = rig.tighten(by, ref, value);
  return reply.ok ? "" : reply.code;
}

Deno.test("an instrument is restricted by one person with the next order, and lifted by two, with hashes and an alert", () => {
  using rig = openRig({ facts: true });
  assert.equal(rig.order(1), 0);
  const before = rig.keeper.hash;
  const reply = rig.tighten(BOB, ALPHA, LISTED);
  assert.ok(reply.ok, JSON.stringify(reply));
  assert.equal(rig.order(1), Code.Restricted);
  const event = rig.events.at(-1)!;
  assert.deepEqual(
    [event.action, event.scope, event.limit, event.was, event.to, event.hashBefore, event.hashAfter],
    ["limit-tightened", "controls.restrictions", "firm/ALPHA", null, LISTED, before, reply.hash],
  );
  assert.notEqual(before, reply.hash);
  assert.match(rig.alerts.at(-1)!, /^bob tightened firm\/ALPHA of controls.restrictions from none to /);

  assert.equal(refused(rig, BOB, ALPHA, null), "LIMIT_LOOSENS");
  assert.equal(refused(rig, BOB, ALPHA, '{"sides":"buys"}'), "LIMIT_LOOSENS");
  assert.equal(refused(rig, BOB, ALPHA, LISTED), "LIMIT_UNCHANGED");
  assert.equal(rig.order(1), Code.Restricted, "what is refused changes nothing");
  const proposed = rig.propose(BOB, ALPHA, null);
  assert.ok(proposed.ok, JSON.stringify(proposed));
  assert.equal(rig.order(1), Code.Restricted);
  const alone = rig.approve(BOB, proposed.id);
  assert.ok(!alone.ok);
  assert.ok(rig.approve(CAT, proposed.id).ok);
  assert.equal(rig.order(2), 0);
  assert.equal(rig.keeper.hash, before, "as it was at the start");
});

Deno.test("a list that is lifted for a time goes back by itself, and a change outlives the node", () => {
  using rig = openRig({ facts: true });
  assert.ok(rig.tighten(BOB, ALPHA, LISTED).ok);
  const proposed = rig.propose(BOB, ALPHA, null, rig.now() + 3_600_000);
  assert.ok(proposed.ok && rig.approve(CAT, proposed.id).ok);
  assert.equal(rig.order(1), 0);
  rig.pass(3_600_000);
  rig.keeper.poll();
  assert.equal(rig.order(1), Code.Restricted);
  using again = openRig({ file: rig.file, wall: rig.now() });
  assert.equal(again.order(1), Code.Restricted);
  assert.equal(again.keeper.hash, rig.keeper.hash);
  assert.equal(again.events[0].action, "limits-restored");
});

Deno.test("credit is tightened field by field, counts with the next order, and is loosened by nobody alone", () => {
  using rig = openRig({ config: configOf(FILE + CAPITAL), facts: true });
  const ref = row("capital", "account:main");
  assert.equal(rig.order(400), 0);
  assert.equal(refused(rig, BOB, ref, '{"credit":"70000"}'), "LIMIT_LOOSENS");
  assert.equal(refused(rig, BOB, ref, '{"credit":"50000","max_loss":"1000"}'), "");
  assert.equal(
    rig.keeper.view().facts.find(({ scope }) => scope === "controls.capital")!.value,
    '{"amount":"100000","credit":"50000","max_loss":"1000","profit_max_age_ms":10000}',
  );
  assert.equal(rig.order(50), Code.LossUnknown, "nobody says yet how it stands");
  assert.equal(refused(rig, BOB, ref, null), "FACT_STAYS");
  const proposed = rig.propose(BOB, ref, null);
  assert.ok(!proposed.ok && proposed.code === "FACT_STAYS", JSON.stringify(proposed));
});

Deno.test("what is wrong with a fact is one sentence, and the gate goes by what it was told before", () => {
  using rig = openRig({ config: configOf(FILE + CAPITAL), facts: true });
  const cases: readonly (readonly [LimitRef, string | null, string])[] = [
    [row("restriction", "firm/ALPHA"), LISTED, "UNKNOWN_SCOPE"],
    [row("restrictions", "firm/ALPHA/1/2"), LISTED, "UNKNOWN_LIMIT"],
    [row("restrictions", "firm/NOWHERE"), LISTED, "LIMIT_VALUE"],
    [row("restrictions", "firm"), LISTED, "LIMIT_VALUE"],
    [row("restrictions", "nobody/ALPHA"), LISTED, "LIMIT_VALUE"],
    [ALPHA, "[]", "LIMIT_VALUE"],
    [ALPHA, "yes", "LIMIT_VALUE"],
    [ALPHA, '{"side":"both"}', "LIMIT_VALUE"],
    [ALPHA, '{"sides":"neither"}', "LIMIT_VALUE"],
    [row("capital", "account:main"), '{"credit":"-1"}', "LIMIT_VALUE"],
    [row("sums", "delta/firm"), '{"limit":5}', "FACT_STAYS"],
    [{ ...ALPHA, instrument: "ALPHA" }, LISTED, "UNKNOWN_LIMIT"],
  ];
  const { hash } = rig.keeper;
  const digest = rig.gate.stateHash();
  for (const [ref, value, code] of cases) {
    assert.equal(refused(rig, BOB, ref, value), code, JSON.stringify([ref, value]));
  }
  for (const role of ["trader", "operator", "auditor"] as const) {
    assert.equal(refused(rig, principal("eve", role)), "ROLE_FORBIDDEN");
  }
  assert.deepEqual([rig.keeper.hash, rig.gate.stateHash()], [hash, digest]);
  rig.logWorks = false;
  assert.equal(refused(rig), "AUDIT_FAILED");
  assert.equal(rig.gate.stateHash(), digest);
});

/** A gate that begins with this configuration. */
function freshDigest(config: Config): string {
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  using gate = OrderGate.create({ audit, control });
  const instruments = instrumentsOf(config);
  tellFacts(config, loadLimits(config, instruments, gate, 0), instruments, gate, 0);
  return gate.stateHash();
}

Deno.test("after any changes the gate is as one that began with the configuration they led to", () => {
  using rig = openRig({ facts: true });
  const two = (ref: LimitRef, value: string | null) => {
    const proposed = rig.propose(BOB, ref, value);
    assert.ok(proposed.ok, JSON.stringify(proposed));
    assert.ok(rig.approve(CAT, proposed.id).ok);
  };
  const organism = rig.keeper.config.organisms[0].id;
  const tightenings: readonly (readonly [LimitRef, string])[] = [
    [row("restrictions", "firm/*/12"), '{"sides":"buys"}'],
    [ALPHA, '{"sides":"sells","until":"2027-01-01T00:00:00Z"}'],
    [ALPHA, '{"sides":"both"}'],
    [row("paces", "account:main"), '{"per_second":50,"burst":60}'],
    [row("windows", "firm/ALPHA/1000"), '{"max_lots":40}'],
    [row("throttles", organism), '{"window_ms":1000,"max_executions":9}'],
    [row("baskets", "firm"), '{"max_parent":"1000","max_basket":"2000"}'],
    [row("soft", "account:main"), '{"max_quantity":10}'],
    [row("capital", "account:main"), '{"amount":"5000","credit":"4000"}'],
    [row("all", "all"), '{"demands":["mandate"]}'],
  ];
  for (const [ref, value] of tightenings) assert.equal(refused(rig, BOB, ref, value), "", JSON.stringify([ref, value]));
  assert.equal(rig.gate.stateHash(), freshDigest(rig.keeper.config));
  two(row("mandates", organism), '{"venues":[0,1]}');
  two(row("locates", "main/ALPHA"), '{"quantity":30,"locate":5}');
  two(row("securities", "ALPHA"), '{"average_volume":100000,"venue":1}');
  two(row("windows", "firm/ALPHA/1000"), null);
  two(ALPHA, null);
  two(row("all", "all"), '{"demands":[]}');
  assert.equal(rig.order(1), 0, "with a mandate, and no list in its way");
  assert.deepEqual(listFacts(rig.keeper.config).map(({ scope, limit }) => `${scope} ${limit}`), [
    "controls.restrictions firm/*/12",
    "controls.locates main/ALPHA",
    `controls.mandates ${organism}`,
    "controls.paces account:main",
    `controls.throttles ${organism}`,
    "controls.baskets firm",
    "controls.soft account:main",
    "controls.capital account:main",
    "controls.securities ALPHA",
    "controls.all all",
  ]);
});

Deno.test("which way each field gets looser", () => {
  const [early, late] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];
  // [table, tighter, looser]
  const pairs: readonly (readonly [string, Record<string, unknown> | null, Record<string, unknown> | null])[] = [
    ["restrictions", {}, null],
    ["restrictions", { sides: "both" }, { sides: "sells" }],
    ["restrictions", {}, { until: late }],
    ["restrictions", { until: late }, { until: early }],
    ["locates", null, { quantity: 1 }],
    ["locates", { quantity: 1 }, { quantity: 2 }],
    ["locates", { until: early }, { until: late }],
    ["locates", { until: late }, {}],
    ["mandates", { venues: [1] }, { venues: [1, 2] }],
    ["mandates", { until: early }, {}],
    ["paces", { perSecond: 1 }, null],
    ["paces", { tripAfter: 5 }, { tripAfter: 0 }],
    ["windows", { maxLots: 5 }, {}],
    ["throttles", { windowMs: 200 }, { windowMs: 100 }],
    ["capital", { maxLoss: "5" }, { maxLoss: "10" }],
    ["securities", { demands: ["volume", "lists"] }, { demands: ["lists"] }],
    ["securities", { moveWindowMs: 2 }, { moveWindowMs: 1 }],
    ["all", {}, { listsUntil: early }],
    ["all", { listsUntil: early }, { listsUntil: late }],
  ];
  for (const [table, tighter, looser] of pairs) {
    const shown = JSON.stringify([table, tighter, looser]);
    assert.equal(compareRows(FACT_TABLES[table], tighter, looser), -1, shown);
    assert.equal(compareRows(FACT_TABLES[table], looser, tighter), 1, shown);
  }
  // What cannot be compared is looser both ways, and so is what gets tighter here and looser there.
  const apart: typeof pairs = [
    ["mandates", { venues: [1] }, { venues: [2] }],
    ["mandates", null, { venues: [1] }],
    ["restrictions", { sides: "buys" }, { sides: "sells" }],
    ["securities", { issuer: 1 }, { issuer: 2 }],
    ["paces", { perSecond: 1, burst: 9 }, { perSecond: 2, burst: 8 }],
  ];
  for (const [table, a, b] of apart) {
    assert.deepEqual([compareRows(FACT_TABLES[table], a, b), compareRows(FACT_TABLES[table], b, a)], [1, 1], table);
  }
});
