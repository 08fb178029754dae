/** Configured controls reach the gate, bind, and are on record. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/mod.ts";
import { records, run, withDirectory } from "./run.ts";

const CONTROLS = `
[controls]
demands = ["market-state", "mandate"]
[[controls.paces]]
scope = "firm"
per_second = 1000
burst = 2000
[[controls.windows]]
scope = "account:main"
window_ms = 1000
max_orders = 500
[[controls.throttles]]
organism = "anglerfish-1"
window_ms = 1000
max_executions = 200
[[controls.baskets]]
scope = "customer:house"
max_parent = "100000"
max_basket = "200000"
[[controls.soft]]
scope = "firm"
max_quantity = 100
[[controls.capital]]
scope = "account:main"
amount = "1000000"
max_loss = "50000"
concentration = 0.9
[[controls.sums]]
name = "letters"
scope = "firm"
limit = 5000
weights = [{ symbol = "ALPHA", weight = 1 }, { symbol = "BRAVO", weight = 1 }]
[[controls.securities]]
symbol = "ALPHA"
issuer = 77
easy_until = "2040-01-01T00:00:00Z"
[[controls.restrictions]]
scope = "organism:tardigrade-1"
symbol = "CHARLIE"
list = 9
[[controls.locates]]
account = "main"
symbol = "ALPHA"
quantity = 100
locate = 5
[[controls.mandates]]
organism = "anglerfish-1"
[[controls.mandates]]
organism = "tardigrade-1"
`;

Deno.test("every configured control is told to the gate before the first decision, and binds", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/cwts.toml`, CONTROLS);
    await run(directory, { environment: { CWTS_NODE_DURATION: "60" } });
    const told = records(directory);
    const facts = told.filter(({ typeName }) => typeName === "LimitsSet").map(({ value }) => value);
    const of = (field: string) => facts.filter((fact) => field in fact);
    assert.deepEqual(of("listsUntil").map(({ demands }) => demands), [1 + 4]);
    assert.deepEqual(of("issuer").filter((fact) => "averageVolume" in fact).map(({ issuer }) => issuer), [77, 0, 0]);
    assert.deepEqual(of("tripAfter").map(({ node, rate, burst }) => [node, rate, burst]), [[0, 1_000, 2_000]]);
    assert.deepEqual(of("maxExecutions").map(({ strategy }) => strategy), [1]);
    assert.deepEqual(of("maxBasket").map(({ node, maxBasket }) => [node, maxBasket]), [[1, 200_000e8]]);
    assert.deepEqual(of("concentrationBps").map(({ node, capital }) => [node, capital]), [[2, 1_000_000e8]]);
    assert.deepEqual(of("weight").map(({ instrument, factor }) => [instrument, factor]), [[0, 0], [1, 0]]);
    assert.deepEqual(of("sides").map(({ sides, list }) => [sides, list]), [[3, 9]]);
    assert.deepEqual(of("venues").map(({ strategy, venues }) => [strategy, venues]), [[1, 1], [3, 1]]);
    assert.deepEqual(of("locate").map(({ quantity }) => quantity), [100]);
    // While it runs: the profit of what has capital, and the phase of every market.
    assert.ok(of("profit").length > 10);
    assert.deepEqual([...new Set(of("phase").map(({ instrument }) => instrument))].sort(), [0, 1, 2]);

    const decisions = told.filter(({ typeName }) => typeName === "Decision").map(({ value }) => value);
    const codes = (owner: number) =>
      new Set(
        decisions.filter((of) => of.command.owner === owner && of.command.kind === 1).map((of) => of.decision.code),
      );
    assert.ok(codes(1).has(Code.Accepted), "with a mandate and a market the anglerfish trades");
    for (const [strategy, code] of [[2, Code.NotAuthorised], [3, Code.Restricted]]) {
      const given = codes(strategy);
      // Until the first look at the markets nobody knows how they stand.
      given.delete(Code.MarketUnknown);
      assert.ok([...given].every((one) => one === code), `strategy ${strategy}: ${[...given]}`);
    }
  });
});
