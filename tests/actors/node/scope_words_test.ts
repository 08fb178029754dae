/** Everybody in the tree of a configuration has a kill word, where the configuration puts him, and keeps his state by name. */
import assert from "node:assert/strict";
import { ACCOUNT_SCOPE_BASE, CUSTOMER_SCOPE_BASE, ScopeState } from "../../../ffi/layout.gen.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { ControlPage } from "../../../ffi/mod.ts";
import { namedSlots, type NamedTree, nameScopes, refuseWithoutWords } from "../../../actors/node/scopes.ts";
import { composed } from "./composed.ts";

ensureCore();

const TREE: NamedTree = {
  customers: [{ id: "house" }, { id: "client" }],
  accounts: [{ id: "main", customer: "house" }, { id: "other", customer: "client" }],
  organisms: [{ id: "a", account: "main" }, { id: "b", account: "other" }],
  symbols: ["ALPHA"],
};

const killed = (page: ControlPage) => [1, 2].map((strategy) => page.effective(strategy, 0) === ScopeState.Killed);

Deno.test("a customer, an account, an organism and an instrument are each stopped by their own word", () => {
  const cases: readonly (readonly [string, readonly boolean[]])[] = [
    ["customer:house", [true, false]],
    ["customer:client", [false, true]],
    ["account:main", [true, false]],
    ["account:other", [false, true]],
    ["organism:b", [false, true]],
    ["instrument:ALPHA", [true, true]],
    ["firm", [true, true]],
  ];
  for (const [scope, stopped] of cases) {
    using page = ControlPage.memory();
    nameScopes(page, TREE, 1);
    page.request(page.find(scope)!, ScopeState.Killed, "drill", "test", 1);
    assert.deepEqual(killed(page), stopped, scope);
  }
});

Deno.test("an account keeps its state by name when others come before it, and an organism moves with its account", () => {
  using page = ControlPage.memory();
  nameScopes(page, TREE, 1);
  page.request(page.find("account:other")!, ScopeState.Killed, "drill", "test", 1);
  const next = {
    ...TREE,
    accounts: [{ id: "new", customer: "house" }, ...TREE.accounts.toReversed()],
    organisms: TREE.organisms.map(({ id }) => ({ id, account: "other" })),
  };
  nameScopes(page, next, 2);
  assert.equal(page.find("account:other"), ACCOUNT_SCOPE_BASE + 1);
  assert.deepEqual(killed(page), [true, true]);
  nameScopes(page, { ...TREE, accounts: TREE.accounts.slice(0, 1), organisms: TREE.organisms.slice(0, 1) }, 3);
  assert.equal(page.scope(page.find("account:other")!), ScopeState.Killed, "it waits for the day it is named again");
  assert.deepEqual(namedSlots(page).map((slot) => page.name(slot)), [
    "firm",
    "organism:a",
    "instrument:ALPHA",
    "customer:house",
    "customer:client",
    "account:main",
    "account:other",
  ]);
});

Deno.test("who would have no word to be stopped by is refused, and a state without a place stops the start", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `c${i}` }));
  refuseWithoutWords({ ...TREE, customers: many(256) });
  const code = (more: Partial<NamedTree>) => {
    try {
      refuseWithoutWords({ ...TREE, ...more });
      return "";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(code({ customers: many(257) }), "TOO_MANY_CUSTOMERS");
  assert.equal(code({ accounts: many(513).map(({ id }) => ({ id, customer: "house" })) }), "TOO_MANY_ACCOUNTS");
  assert.equal(code({ organisms: many(128).map(({ id }) => ({ id, account: "main" })) }), "TOO_MANY_ORGANISMS");
  assert.equal(code({ symbols: many(129).map(({ id }) => id) }), "TOO_MANY_INSTRUMENTS");
  using page = ControlPage.memory();
  nameScopes(page, TREE, 1);
  page.request(CUSTOMER_SCOPE_BASE, ScopeState.Killed, "drill", "test", 1);
  assert.throws(() => nameScopes(page, { ...TREE, customers: many(256), accounts: [], organisms: [] }, 2), {
    code: "NO_WORD_LEFT",
  });
});

Deno.test("a killed account stops its organisms in a running node, and they trade again when it is opened", () =>
  composed(async ({ node, gate, control, until }) => {
    const state = (i: number) =>
      (node.parts.system.inspect(node.parts.organisms[i].path) as {
        halted: { state: string; scope: string; reason: string }[];
      }).halted
        .map(({ state, scope, reason }) => `${state} ${scope}: ${reason}`);
    await until(30);
    assert.deepEqual(state(0), []);
    control.request(control.find("account:main")!, ScopeState.Killed, "drill", "test", 1);
    await until(40);
    assert.deepEqual([0, 1, 2].map(state), [0, 1, 2].map(() => ["KILLED account:main: drill"]));
    assert.equal(gate.counters().openOrders, 0);
    const { accepted } = gate.counters();
    await until(70);
    assert.equal(gate.counters().accepted, accepted);
    control.request(control.find("account:main")!, ScopeState.Active, "over", "test", 2);
    await until(120);
    assert.deepEqual(state(0), []);
    assert.ok(gate.counters().accepted > accepted, "they trade again");
  }));
