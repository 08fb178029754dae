import assert from "node:assert/strict";
import { mustHold, NODE_RULES } from "../../../actors/node/tree_rules.ts";
import { nodeTree, type TreeParts } from "../../../actors/node/tree.ts";
import type { ChildSpec, SupervisorSpec } from "../../../supervision/mod.ts";
import { worker } from "../../../supervision/mod.ts";

const idle = (id: string): ChildSpec => worker(id, { type: "idle", init: () => ({}) }, undefined);

const SUPERVISION = {
  intensity: 5,
  periodMs: 10_000,
  backoffInitialMs: 100,
  backoffMaxMs: 5000,
  backoffFactor: 2,
  backoffJitter: 0.2,
  backoffResetMs: 60_000,
};

/** The specification of a node; what its actors are given does not matter to it. */
function tree(): SupervisorSpec {
  const parts = {
    venue: idle("exchange"),
    market: [idle("crowd")],
    organisms: [idle("o1"), idle("o2")],
    flattener: idle("flattener"),
    chaos: null,
  };
  return nodeTree(SUPERVISION, parts as unknown as TreeParts);
}

const branch = (spec: SupervisorSpec, id: string) => spec.children.find((child) => child.id === id) as SupervisorSpec;
const without = (id: string) => {
  const spec = tree();
  return { ...spec, children: spec.children.filter((child) => child.id !== id) };
};
const changed = (id: string, more: Partial<SupervisorSpec>) => {
  const spec = tree();
  return {
    ...spec,
    children: spec.children.map((child) => child.id === id ? { ...branch(spec, id), ...more } : child),
  };
};

Deno.test("whoever sends orders stands behind the gate and can be halted, in the tree that a node runs", () => {
  assert.doesNotThrow(() => mustHold(tree()));
  const tagged = branch(tree(), "organisms").children.map(({ tags }) => tags);
  assert.deepEqual(tagged, [["sends-orders"], ["sends-orders"]]);
});

Deno.test("a node does not start from a tree in which an order could pass the gate by", () => {
  const spec = tree();
  assert.throws(
    () => mustHold({ ...spec, children: [branch(spec, "organisms"), ...without("organisms").children] }),
    /\/node\/organisms\/o1 is tagged "sends-orders" and needs something tagged "gate".*no order may reach a venue unchecked/,
  );
  assert.throws(() => mustHold(without("guard")), /nothing in the tree is tagged "gate"/);
  assert.throws(() => mustHold(without("control")), /needs something tagged "mode-control"/);
});

Deno.test("a node does not start from a tree in which what must not fail could fail quietly", () => {
  for (
    const [id, onGiveUp] of [["organisms", "isolate"], ["guard", "isolate"], ["control", "safe-mode"], [
      "venue",
      "safe-mode",
    ]] as const
  ) {
    assert.throws(() => mustHold(changed(id, { onGiveUp })), new RegExp(`and fails into ${onGiveUp}, not `), id);
  }
  // Left to the root, it halts.
  assert.doesNotThrow(() => mustHold(changed("guard", { onGiveUp: "escalate" })));
});

Deno.test("no rule about the tree of a node is idle", () => {
  for (const rule of NODE_RULES) {
    assert.ok(JSON.stringify(tree()).includes(`"${rule.of}"`), `nothing is tagged "${rule.of}"`);
  }
});
