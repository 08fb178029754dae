import assert from "node:assert/strict";
import { checkTree, type ChildSpec, type SupervisorSpec, type TreeRule } from "../../supervision/mod.ts";
import { tree } from "./trees.ts";

const { leaf } = tree();
const gate = leaf("gate", { tags: ["gate"] });
const seller = leaf("seller", { tags: ["sends-orders"] });

function branch(id: string, children: readonly ChildSpec[], more: Partial<SupervisorSpec> = {}): SupervisorSpec {
  return { id, strategy: "one_for_one", children, ...more };
}

Deno.test("Whoever needs a gate has it above or before it", () => {
  const rule: TreeRule = {
    kind: "stands-behind",
    of: "sends-orders",
    needs: "gate",
    because: "no order may pass unchecked",
  };
  const holds = (spec: ChildSpec) => checkTree(spec, [rule]);
  assert.deepEqual(holds(branch("top", [gate, branch("sellers", [seller])])), []);
  assert.deepEqual(holds(branch("top", [branch("guard", [gate]), branch("sellers", [seller])])), []);
  assert.deepEqual(holds(branch("top", [branch("sellers", [seller], { tags: ["gate"] })])), []);
  assert.deepEqual(holds(branch("top", [leaf("a")])), []);
  const dynamic = { id: "sellers", strategy: "dynamic", template: seller } as const;
  assert.deepEqual(holds(branch("top", [gate, dynamic])), []);
  const sentence = (path: string) =>
    `${path} is tagged "sends-orders" and needs something tagged "gate" above it or started before it, ` +
    `because no order may pass unchecked.`;
  assert.deepEqual(holds(branch("top", [seller, gate])), [sentence("/top/seller")]);
  assert.deepEqual(holds(branch("top", [dynamic, gate])), [sentence("/top/sellers/seller")]);
  // One that is both does not stand behind itself.
  assert.deepEqual(holds(leaf("both", { tags: ["gate", "sends-orders"] })), [sentence("/both")]);
});

Deno.test("Whoever must not fail quietly fails into what the rule allows", () => {
  const rule: TreeRule = {
    kind: "fails-into",
    of: "sends-orders",
    actions: ["halt", "safe-mode"],
    because: "the node must trade less without it",
  };
  const holds = (spec: ChildSpec) => checkTree(spec, [rule]).length === 0;
  assert.ok(holds(branch("top", [branch("sellers", [seller])], { onGiveUp: "halt" })));
  assert.ok(holds(branch("top", [branch("sellers", [seller], { onGiveUp: "safe-mode" })], { onGiveUp: "isolate" })));
  assert.ok(!holds(branch("top", [branch("sellers", [seller], { onGiveUp: "isolate" })], { onGiveUp: "halt" })));
  const [sentence] = checkTree(branch("top", [seller]), [rule]);
  assert.equal(
    sentence,
    '/top/seller is tagged "sends-orders" and fails into escalate, not halt or safe-mode; ' +
      "the node must trade less without it.",
  );
});

Deno.test("A rule about a tag that nothing bears is broken", () => {
  const rule: TreeRule = { kind: "exists", of: "gate", because: "the rules about it would say nothing" };
  assert.deepEqual(checkTree(branch("top", [gate]), [rule]), []);
  assert.deepEqual(checkTree(branch("top", [seller]), [rule]), [
    'nothing in the tree is tagged "gate", but the rules about it would say nothing.',
  ]);
});
