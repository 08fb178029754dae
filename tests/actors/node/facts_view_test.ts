/** Facts in force as people see them: what ends soon says so, what ended does too, and a latch is known by its refusals. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/layout.gen.ts";
import { factsInForce } from "../../../actors/node/facts_view.ts";
import { configOf, openRig } from "../controls/rig.ts";

const DAY = 86_400_000_000;
const UNTIL = Date.parse("2026-02-01T00:00:00Z") * 1_000;
const FILE = `
[controls]
demands = ["market-state"]
lists_until = "2026-02-01T00:00:00Z"
[[controls.mandates]]
organism = "anglerfish-1"
until = "2026-02-01T00:00:00Z"
[[controls.mandates]]
organism = "platypus-1"
venues = [0, 3]
[[controls.restrictions]]
scope = "firm"
symbol = "BRAVO"
sides = "buys"
list = 7
[[controls.restrictions]]
scope = "firm"
issuer = 12
[[controls.securities]]
symbol = "ALPHA"
demands = ["price-move"]
`;

Deno.test("a mandate is in force, ends soon within a week, and has ended at its end", () => {
  const config = configOf(FILE);
  const state = (now: number) => factsInForce(config, now).mandates.map((mandate) => mandate.state);
  assert.deepEqual(state(UNTIL - 7 * DAY - 1), ["in-force", "in-force"]);
  assert.deepEqual(state(UNTIL - 7 * DAY), ["ends-soon", "in-force"]);
  assert.deepEqual(state(UNTIL - 1), ["ends-soon", "in-force"]);
  assert.deepEqual(state(UNTIL), ["ended", "in-force"]);
});

Deno.test("demands, lists and restrictions are told as configured", () => {
  const facts = factsInForce(configOf(FILE), UNTIL - 30 * DAY);
  assert.deepEqual(facts.demands, [
    { instrument: null, demands: ["market-state"] },
    { instrument: "ALPHA", demands: ["price-move"] },
  ]);
  assert.deepEqual(facts.lists, { until: UNTIL, state: "in-force" });
  assert.deepEqual(facts.mandates.map(({ organism, venues, until }) => [organism, venues, until]), [
    ["anglerfish-1", [0], UNTIL],
    ["platypus-1", [0, 3], null],
  ]);
  assert.deepEqual(facts.restrictions.map(({ symbol, issuer, sides, list }) => [symbol, issuer, sides, list]), [
    ["BRAVO", null, "buys", 7],
    [null, 12, "both", 0],
  ]);
});

Deno.test("a scope whose rate tripped is latched, since when and for how many orders", () => {
  using rig = openRig();
  rig.gate.tell({ fact: "pace", node: 2, rate: 1, burst: 1, cancelRate: 1, cancelBurst: 1, tripAfter: 2 }, rig.time);
  const code = (price: number) => rig.order(1, { price });
  assert.equal(code(9_990), Code.Accepted);
  assert.deepEqual([code(9_989), code(9_988)], [Code.MessageRate, Code.MessageRate]);
  assert.deepEqual(rig.controls.facts().latches, []);
  const since = rig.time += 5_000_000;
  assert.equal(code(9_987), Code.RateTripped);
  rig.time += 5_000_000;
  assert.equal(code(9_986), Code.RateTripped);
  const [{ sentence, ...latch }] = rig.controls.facts().latches;
  assert.deepEqual(latch, { scope: "account:main", codeName: "RateTripped", since, refusals: 2 });
  assert.match(sentence, /latched until it is re-armed/);
});
