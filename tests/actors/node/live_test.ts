/** A node over a live venue starts killed, and an organism that is restarted under a killed scope comes up halted. */
import assert from "node:assert/strict";
import { Code, FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import { composed } from "./composed.ts";

/** Runs the simulated market, said to be live or not, for a market minute; organisms are crashed half-way. */
const minute = (live: boolean) =>
  composed(async ({ node, gate, control, until }) => {
    const { system, organisms } = node.parts;
    await until(30);
    for (const { path } of organisms) system.crash(system.find(path)!, new Error("on purpose"));
    await until(60);
    const firm = control.scope(FIRM_SCOPE);
    return { firm, restarts: node.restarts(), fills: node.parts.books.fills, ...gate.counters() };
  }, { live });

Deno.test("over a live venue the firm is killed before the first order, and a restarted organism comes up halted", async () => {
  const { firm, restarts, openOrders, fills, rejected } = await minute(true);
  assert.equal(firm, ScopeState.Killed);
  assert.ok(restarts > 0);
  assert.deepEqual([openOrders, fills], [0, 0]);
  // They asked, before and after the restart, and were refused for nothing else.
  assert.deepEqual(Object.keys(rejected), [String(Code.Killed)]);
});

Deno.test("over a market that is not live the same node trades", async () => {
  const { firm, fills } = await minute(false);
  assert.equal(firm, ScopeState.Active);
  assert.ok(fills > 0);
});
