/** The controls page's pure parts: rows of the tree, kill states, stacked columns, and who is told why not. */
import assert from "node:assert/strict";
import type { ControlScope, ProposalView, RejectSeries, ScopeStateName } from "../../../actors/protocol/mod.ts";
import { figure, percent, refName, unitName } from "../../../actors/console/page/limit_text.ts";
import { whyNot, whyNotApprove } from "../../../actors/console/page/permission.ts";
import { layers, NAMED, stacked } from "../../../actors/console/page/reject_data.ts";
import { killStates, scopeRows } from "../../../actors/console/page/scope_rows.ts";
import { ACTIONS, mayAct, type Role } from "../../../actors/protocol/mod.ts";

const scope = (name: string, parent: string | null): ControlScope => ({
  name,
  kind: "organism",
  parent,
  state: null,
  effective: "ACTIVE",
  totals: null,
  limits: [],
});
const TREE = [
  scope("firm", null),
  scope("customer:house", "firm"),
  scope("account:main", "customer:house"),
  scope("organism:a", "account:main"),
  scope("organism:b", "account:main"),
  scope("instrument:X", "firm"),
];

Deno.test("scopes stand below their parents; a folded one hides its own and says how many", () => {
  const shape = (folded: string[]) =>
    scopeRows(TREE, new Set(folded)).map(({ scope, depth, below }) => [scope.name, depth, below].join(" "));
  assert.deepEqual(shape([]), [
    "firm 0 5",
    "customer:house 1 3",
    "account:main 2 2",
    "organism:a 3 0",
    "organism:b 3 0",
    "instrument:X 1 0",
  ]);
  assert.deepEqual(shape(["customer:house"]), ["firm 0 5", "customer:house 1 3", "instrument:X 1 0"]);
  assert.deepEqual(scopeRows([scope("organism:a", "nobody")], new Set()).map(({ depth }) => depth), [0]);
});

Deno.test("a scope takes the strictest state of those above it, and says whose it is", () => {
  const switches = (more: Record<string, ScopeStateName>) =>
    new Map<string, ScopeStateName>([
      ["firm", "ACTIVE"],
      ["organism:a", "ACTIVE"],
      ["organism:b", "ACTIVE"],
      ["instrument:X", "ACTIVE"],
      ...Object.entries(more),
    ]);
  const calm = killStates(TREE, switches({}), "FullPerformance");
  assert.ok([...calm.values()].every(({ effective, by }) => effective === "ACTIVE" && by === null));
  const firm = killStates(TREE, switches({ firm: "CANCEL_ONLY", "organism:b": "KILLED" }), "FullPerformance");
  assert.deepEqual(firm.get("account:main"), { own: null, effective: "CANCEL_ONLY", by: "firm" });
  assert.deepEqual(firm.get("organism:a"), { own: "ACTIVE", effective: "CANCEL_ONLY", by: "firm" });
  assert.deepEqual(firm.get("organism:b"), { own: "KILLED", effective: "KILLED", by: "organism:b" });
  const safe = killStates(TREE, switches({ "organism:a": "REDUCE_ONLY" }), "SafeMode");
  assert.deepEqual(safe.get("instrument:X"), { own: "ACTIVE", effective: "REDUCE_ONLY", by: "mode" });
  assert.equal(safe.get("organism:a")!.by, "organism:a");
  const emergency = killStates(TREE, switches({}), "EmergencyShutdown");
  assert.ok([...emergency.values()].every(({ effective }) => effective === "KILLED"));
});

Deno.test("columns are stacked: the top of the highest layer is the sum, and nothing is left out", () => {
  const codes = Array.from({ length: NAMED + 2 }, (_, i) => ({
    code: i,
    name: `Code${i}`,
    sentence: "s",
    total: 30 - i,
    counts: [1, 20 - i, 9],
  }));
  const series: RejectSeries = { every: 1_000_000, times: [5_000_000, 6_000_000, 7_000_000], codes };
  const shown = layers(series);
  assert.deepEqual([shown.length, shown.at(-1)!.name], [NAMED + 1, "2 others"]);
  assert.equal(shown.reduce((sum, { total }) => sum + total, 0), codes.reduce((sum, { total }) => sum + total, 0));
  const [times, top, ...rest] = stacked(series.times, shown);
  assert.deepEqual(times, [5, 6, 7]);
  assert.deepEqual(top, [0, 1, 2].map((i) => codes.reduce((sum, { counts }) => sum + counts[i], 0)));
  assert.deepEqual(rest.at(-1), codes[0].counts);
});

const person = (id: string, ...roles: Role[]) => ({
  self: { id, roles, actions: ACTIONS.filter((action) => mayAct(roles, action)) },
  token: false,
});
const CHANGE: ProposalView = {
  id: 3,
  scope: "firm",
  limit: "max_gross",
  instrument: null,
  from: "1",
  to: "2",
  reason: "r",
  person: "bob",
  role: "risk-officer",
  usage: { used: null, peak: null, volume: null },
  at: 0,
  expires: null,
  digest: "d",
};

Deno.test("who may not decide is told why, and who may is told nothing", () => {
  assert.match(whyNotApprove(CHANGE, person("bob", "risk-officer"))!, /^You proposed this/);
  assert.match(whyNotApprove(CHANGE, person("ben", "risk-officer"))!, /takes a risk-approver or compliance; you are/);
  assert.match(whyNotApprove(CHANGE, person("ann", "viewer"))!, /you are viewer/);
  assert.equal(whyNotApprove(CHANGE, person("cat", "risk-approver")), null);
  assert.equal(whyNotApprove(CHANGE, person("dan", "compliance")), null);
  const same = { ...CHANGE, role: "risk-approver" };
  assert.match(whyNotApprove(same, person("cat", "risk-approver"))!, /another role has to approve/);
  assert.match(whyNotApprove(CHANGE, { self: null, token: false })!, /Log in, or enter the token/);
  assert.match(whyNotApprove(CHANGE, { self: null, token: true })!, /second person/);
  assert.equal(whyNot("tighten-limits", { self: null, token: true }), null);
  assert.match(whyNot("kill", person("rex", "researcher"))!, /you are researcher/);
});

Deno.test("limits are written as people read them", () => {
  assert.equal(
    refName({ scope: "firm", limit: "max_open_orders", instrument: "ALPHA" }),
    "open orders of firm in ALPHA",
  );
  assert.deepEqual([figure("5000000"), figure(0.5), figure(null)], ["5,000,000", "0.50", "–"]);
  assert.deepEqual([percent(0), percent(0.004), percent(0.499), percent(1.03)], ["0 %", "0.4 %", "50 %", "103 %"]);
  assert.deepEqual([unitName("currency", "USD"), unitName("currency", null), unitName("lots", "USD")], [
    "USD",
    "money",
    "lots",
  ]);
});
