/** The plan of the house, held against the import graph that Deno itself reports. */
import assert from "node:assert/strict";
import { brokenFloors } from "../../tools/floors.ts";
import { circles, readImportGraph, roomOf } from "../../tools/import_graph.ts";

const graph = await readImportGraph();

Deno.test("the import graph covers the whole house", () => {
  assert.ok(graph.files.includes("main.ts") && graph.files.includes("runtime/mod.ts"));
  assert.ok(graph.edges.some(({ from, to }) => from === "main.ts" && to === "cli/program.ts"));
  // Dynamic imports are imports too.
  assert.ok(graph.edges.some(({ from, to }) => from === "cli/kill.ts" && to === "cli/scope_request.ts"));
});

Deno.test("no file imports upward, and families know only the protocol", () => {
  assert.deepEqual(brokenFloors(graph.edges), []);
});

Deno.test("no circle of imports", () => {
  assert.deepEqual(circles(graph.edges), []);
});

const edge = (from: string, to: string) => ({ from, to });

Deno.test("a broken floor is found", () => {
  const wrong = [
    edge("runtime/a.ts", "supervision/mod.ts"),
    edge("runtime/a.ts", "config/mod.ts"),
    edge("supervision/a.ts", "actors/protocol/mod.ts"),
    edge("config/a.ts", "actors/protocol/mod.ts"),
    edge("config/a.ts", "ffi/mod.ts"),
    edge("ffi/a.ts", "runtime/mod.ts"),
    edge("actors/venues/a.ts", "actors/organisms/b.ts"),
    edge("actors/protocol/a.ts", "actors/venues/b.ts"),
    edge("actors/guardians/a.ts", "actors/node/b.ts"),
    edge("actors/node/a.ts", "cli/b.ts"),
    edge("actors/venues/a.ts", "runtime/internal/b.ts"),
    edge("actors/venues/a.ts", "supervision/supervisor.ts"),
    edge("cli/a.ts", "tests/b.ts"),
    edge("actors/venues/a.ts", "tools/b.ts"),
  ];
  for (const one of wrong) assert.equal(brokenFloors([one]).length, 1, `${one.from} → ${one.to}`);
});

Deno.test("what the floors allow passes", () => {
  const right = [
    edge("main.ts", "cli/program.ts"),
    edge("cli/a.ts", "actors/node/mod.ts"),
    edge("actors/node/a.ts", "actors/venues/b.ts"),
    edge("actors/venues/a.ts", "actors/protocol/mod.ts"),
    edge("actors/venues/a.ts", "runtime/mod.ts"),
    edge("actors/venues/a.ts", "ffi/mod.ts"),
    edge("supervision/a.ts", "runtime/mod.ts"),
    edge("runtime/a.ts", "runtime/internal/b.ts"),
    edge("tests/a.ts", "runtime/internal/b.ts"),
    edge("config/version.ts", "deno.json"),
  ];
  assert.deepEqual(brokenFloors(right), []);
});

Deno.test("a circle is found, whether long, short or a file that imports itself", () => {
  assert.deepEqual(circles([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d")]).map((c) => c.sort()), [
    ["a", "b", "c"],
  ]);
  assert.equal(circles([edge("a", "a")]).length, 1);
  assert.equal(circles([edge("a", "b"), edge("a", "c"), edge("b", "c")]).length, 0);
});

Deno.test("rooms are told apart", () => {
  assert.equal(roomOf("main.ts"), "top");
  assert.equal(roomOf("actors/market/binance/a.ts"), "actors/market");
  assert.equal(roomOf("runtime/internal/a.ts"), "runtime");
});
