import assert from "node:assert/strict";
import {
  ACTIONS,
  APART,
  conflict,
  KEY_ACTIONS,
  MATRIX,
  mayAct,
  OWNER_ROLES,
  type Role,
  ROLES,
} from "../../../actors/protocol/mod.ts";

/** Written a second time, on purpose: a slip in the table must not be copied into its test. */
// deno-fmt-ignore
const EXPECTED: Record<Role, readonly string[]> = {
  "viewer": ["view", "view-limits", "manage-self"],
  "trader": ["view", "view-orders", "view-limits", "kill", "manage-self"],
  "risk-officer": ["view", "view-orders", "view-limits", "kill", "rearm", "flatten", "tighten-limits", "propose-limits", "withdraw-limits", "manage-self"],
  "risk-approver": ["view", "view-orders", "view-limits", "kill", "rearm", "flatten", "tighten-limits", "approve-limits", "withdraw-limits", "manage-self"],
  "compliance": ["view", "view-orders", "view-limits", "view-executions", "kill", "approve-limits", "withdraw-limits", "certify", "read-people", "manage-self"],
  "operator": ["view", "view-orders", "view-limits", "kill", "manage-self"],
  "auditor": ["view", "view-orders", "view-limits", "view-executions", "read-people", "manage-self"],
  "researcher": ["view", "manage-self"],
  "security-admin": ["read-people", "manage-people", "manage-self"],
};

for (const role of ROLES) {
  Deno.test(`the table lets a ${role} do what is expected of one, and nothing else`, () => {
    assert.deepEqual(ACTIONS.filter((action) => mayAct([role], action)), EXPECTED[role]);
  });
}

Deno.test("a security-admin cannot trade, kill, change limits or re-arm, and no role is held beside it", () => {
  for (
    const action of [
      "kill",
      "rearm",
      "flatten",
      "tighten-limits",
      "propose-limits",
      "approve-limits",
      "view-orders",
    ] as const
  ) {
    assert.ok(!mayAct(["security-admin"], action), action);
  }
  for (const role of ROLES) {
    if (role !== "security-admin") assert.ok(conflict(["security-admin", role]), role);
  }
});

Deno.test("nobody may hold at once what proposes a looser limit and what approves it", () => {
  const proposers = MATRIX["propose-limits"] as readonly Role[];
  const approvers = MATRIX["approve-limits"] as readonly Role[];
  for (const one of proposers) {
    for (const other of approvers) assert.ok(conflict([one, other]), `${one} and ${other}`);
  }
});

Deno.test("whoever writes strategies has no way to limits, re-arm or orders", () => {
  const ways = ACTIONS.filter((action) =>
    /limits$|rearm|flatten|kill|orders/.test(action) && mayAct(["researcher"], action)
  );
  assert.deepEqual(ways, []);
});

Deno.test("no key re-arms, proposes, approves, withdraws or manages", () => {
  assert.deepEqual(KEY_ACTIONS, [
    "view",
    "view-orders",
    "view-limits",
    "view-executions",
    "kill",
    "tighten-limits",
    "read-people",
  ]);
});

Deno.test("the owner of a node without people holds roles that go together, and cannot approve", () => {
  assert.equal(conflict(OWNER_ROLES), null);
  assert.ok(!mayAct(OWNER_ROLES, "approve-limits"));
  assert.ok(mayAct(OWNER_ROLES, "kill") && mayAct(OWNER_ROLES, "rearm"));
});

Deno.test("every pair that stays apart says why, and no pair keeps a role from itself", () => {
  for (const { roles, why } of APART) {
    assert.notEqual(roles[0], roles[1]);
    assert.match(why, /^whoever .+/);
  }
});

Deno.test("the table on the page about controls is the one that decides", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/controls.md", import.meta.url));
  const rows = page.split("\n").filter((line) => line.startsWith("| ")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  const head = rows.find(([first]) => first === "Action")!;
  assert.deepEqual(head.slice(1), [...ROLES]);
  for (const action of ACTIONS) {
    const cells = rows.find(([first]) => first === action)?.slice(1);
    assert.deepEqual(cells?.map((cell) => cell === "●"), ROLES.map((role) => mayAct([role], action)), action);
  }
});
