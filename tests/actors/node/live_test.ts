/** A node over a live venue starts killed, and an organism that is restarted under a killed scope comes up halted. */
import assert from "node:assert/strict";
import { FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import { composed } from "./composed.ts";

interface Shown {
  readonly halted: readonly { readonly state: string }[];
}

/** Runs the simulated market, said to be live or not, for a market minute; organisms are crashed half-way. */
const minute = (live: boolean) =>
  composed(async ({ node, gate, control, until }) => {
    const { system, organisms } = node.parts;
    await until(30);
    for (const { path } of organisms) system.crash(system.find(path)!, new Error("on purpose"));
    await until(60);
    const firm = control.scope(FIRM_SCOPE);
    const halted = organisms.map(({ path }) => (system.inspect(path) as Shown).halted.map(({ state }) => state));
    return {
      firm,
      halted,
      restarts: node.restarts(),
      fills: node.parts.books.fills,
      submitted: node.parts.books.submitted,
      ...gate.counters(),
    };
  }, { live });

Deno.test("over a live venue the firm is killed before the first order, and a restarted organism comes up halted", async () => {
  const { firm, halted, restarts, openOrders, fills, submitted } = await minute(true);
  assert.equal(firm, ScopeState.Killed);
  assert.ok(restarts > 0);
  assert.deepEqual([openOrders, fills], [0, 0]);
  assert.equal(submitted, 0, "they hear of it before they ask");
  assert.deepEqual(halted, [["KILLED"], ["KILLED"], ["KILLED"]]);
});

Deno.test("over a market that is not live the same node trades", async () => {
  const { firm, halted, fills } = await minute(false);
  assert.deepEqual(halted, [[], [], []]);
  assert.equal(firm, ScopeState.Active);
  assert.ok(fills > 0);
});
