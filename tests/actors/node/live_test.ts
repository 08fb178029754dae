/** A node over a live venue starts killed, and an organism that is restarted under a killed scope comes up halted. */
import assert from "node:assert/strict";
import { composeNode } from "../../../actors/node/compose.ts";
import { instrumentsOf } from "../../../actors/node/instruments.ts";
import { organismSpecs } from "../../../actors/node/organisms.ts";
import { nameScopes } from "../../../actors/node/scopes.ts";
import { openWorld } from "../../../actors/node/worlds/mod.ts";
import { loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { Code, FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, OrderGate } from "../../../ffi/mod.ts";
import { ActorSystem, MICROS_PER_SECOND } from "../../../runtime/mod.ts";

ensureCore();

/** Runs the simulated market, said to be live or not, for a market minute; organisms are crashed half-way. */
async function minute(live: boolean) {
  const { config } = loadConfig({
    environment: { CWTS_NODE_SPEED: "max", CWTS_CONSOLE_ENABLED: "false" },
    directory: ".",
  });
  const instruments = instrumentsOf(config);
  const world = { ...await openWorld(config), live };
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  nameScopes(control, config.organisms.map(({ id }) => id), instruments.map(({ symbol }) => symbol), 1);
  using gate = OrderGate.create({ audit, control });
  const node = composeNode({
    config,
    instruments,
    organisms: organismSpecs(config, instruments),
    world,
    audit,
    control,
    gate,
    wall: { nanos: () => 1, timestamp: () => "", after: () => {} },
    err: () => {},
    system: (options) => new ActorSystem(options),
  });
  const { system, organisms } = node.parts;
  node.start();
  await system.run({ until: world.start + 30 * MICROS_PER_SECOND });
  for (const { path } of organisms) system.crash(system.find(path)!, new Error("on purpose"));
  await system.run({ until: world.start + 60 * MICROS_PER_SECOND });
  const counters = gate.counters();
  const firm = control.scope(FIRM_SCOPE);
  await node.drain();
  await node.stop();
  await node.close();
  return { firm, restarts: node.restarts(), fills: node.parts.books.fills, ...counters };
}

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
