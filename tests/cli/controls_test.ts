/** Limits from a terminal, against a running node, through a restart, and as its record tells it. */
import assert from "node:assert/strict";
import { hostDesk } from "../../actors/node/mod.ts";
import { type Invitation, type LimitsView, mayAct, type Role, ROLES } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { startNode } from "../e2e/node.ts";
import { inside, type Outcome, outside, withDirectory } from "./run.ts";

ensureCore();

const nameOf = (role: Role): string => (role === "security-admin" ? "root" : role);

function typed(args: readonly string[]): Promise<Outcome> {
  return inside(args, { secret: () => PASSWORD });
}

async function staff(directory: string): Promise<void> {
  const access = hostDesk(directory, () => {});
  const enrol = ({ person, token }: Invitation) => access.enrol(person, token, PASSWORD, "test");
  await enrol(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  for (const role of ROLES) if (role !== "security-admin") await enrol(access.addPerson(root, role, [role], "test"));
  access.close();
}

/** One log-in for each role, because each takes its tenth of a second. */
async function sessions(url: string): Promise<Record<Role, string>> {
  const tokens: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const response = await fetch(`${url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ person: nameOf(role), password: PASSWORD, bearer: true }),
    });
    tokens[role] = (await response.json()).token;
  }
  return tokens as Record<Role, string>;
}

async function withCredential<T>(token: string, use: () => Promise<T>): Promise<T> {
  Deno.env.set("CWTS_CREDENTIAL", token);
  try {
    return await use();
  } finally {
    Deno.env.delete("CWTS_CREDENTIAL");
  }
}

const GROSS = ["firm", "max_gross"];

Deno.test("limits are tightened, proposed, approved and withdrawn from a terminal, each only by whom the table lets", () =>
  withDirectory(async (directory) => {
    await staff(directory);
    const node = await startNode(directory).catch((error) => assert.fail(error));
    try {
      const tokens = await sessions(node.url);
      const as = (role: Role) => ["--console", node.url, "--as", nameOf(role), "--json"];
      const verbs = [
        ["view-limits", ["limits"]],
        ["view-limits", ["facts"]],
        ["tighten-limits", ["tighten", "nowhere", "max_gross", "1", "--reason", "drill"]],
        ["propose-limits", ["propose", "nowhere", "max_gross", "1", "--reason", "drill"]],
        ["approve-limits", ["approve", "77", "--digest", "0123456789abcdef"]],
        ["flatten", ["flatten", "nowhere", "--reason", "drill"]],
        ["withdraw-limits", ["withdraw", "77", "--reason", "drill"]],
      ] as const;
      for (const [action, args] of verbs) {
        for (const role of ROLES) {
          const { err } = await withCredential(
            tokens[role],
            () => inside(["controls", ...args, "--console", node.url]),
          );
          assert.equal(
            !err.includes(`${nameOf(role)} may not ${action}`),
            mayAct([role], action),
            `${role} ${args[0]} ${err}`,
          );
        }
        const nobody = await inside(["controls", ...args, "--console", node.url]);
        assert.match(nobody.err, /log in, or send a key/);
      }

      const risk = as("risk-officer");
      const tightened = await typed(["controls", "tighten", ...GROSS, "900000000", "--reason", "drill", ...risk]);
      assert.equal(tightened.exit, 0, tightened.err);
      const wanted = ["controls", "propose", ...GROSS, "950000000", "--reason", "roll", "--for", "1h", ...risk];
      const { id, digest } = JSON.parse((await typed(wanted)).out);
      const shown = await typed(["controls", "changes", "--console", node.url, "--as", "risk-approver"]);
      assert.match(
        shown.out,
        new RegExp(`change ${id} of risk-officer .*max_gross of firm from 900000000 to 950000000`),
      );
      assert.match(shown.out, new RegExp(`digest ${digest}`));
      const approval = ["controls", "approve", String(id), "--digest", digest];
      const approved = await typed([...approval, ...as("risk-approver")]);
      assert.equal(approved.exit, 0, approved.err);
      assert.match((await typed([...approval, ...as("compliance")])).err, /does not wait any more/);
    } finally {
      assert.equal(await node.stop(), 0);
    }

    const again = await startNode(directory);
    const { limits, temporary, hash } = JSON.parse(
      (await typed(["controls", "limits", "--console", again.url, "--as", "auditor", "--json"])).out,
    ) as LimitsView;
    assert.equal(limits.find(({ scope, limit }) => scope === "firm" && limit === "max_gross")?.value, "950000000");
    assert.equal(temporary[0].back, "900000000");
    assert.equal(await again.stop(), 0);

    const first = await outside([
      "audit",
      "show",
      "--run",
      "1",
      "--type",
      "OperatorAction",
      "--limit",
      "0",
      "--json",
      "--data-dir",
      directory,
    ]);
    const told = first.out.trim().split("\n").map((line) => JSON.parse(line).content);
    const changes = told.filter(({ action }) => /^limit-(tightened|proposed|loosened)$/.test(action));
    assert.deepEqual(changes.map(({ action, who }) => [action, who]), [
      ["limit-tightened", "risk-officer"],
      ["limit-proposed", "risk-officer"],
      ["limit-loosened", "risk-approver"],
    ]);
    for (const { hashBefore, hashAfter } of changes) assert.notEqual(hashBefore, hashAfter);
    assert.equal(changes[2].hashAfter, hash);
    const second = await outside([
      "audit",
      "show",
      "--type",
      "OperatorAction",
      "--limit",
      "0",
      "--json",
      "--data-dir",
      directory,
    ]);
    assert.match(second.out, /limits-restored/);
    assert.equal((await Deno.stat(`${directory}/limits.json`)).mode! & 0o777, 0o600);
  }));

Deno.test("lint finds limits that mean nothing, and its exit code says so", () =>
  withDirectory(async (directory) => {
    const lint = (text: string, ...more: string[]) => {
      Deno.writeTextFileSync(`${directory}/rows.json`, text);
      return inside(["controls", "lint", "--from", `${directory}/rows.json`, ...more]);
    };
    const row = {
      scope: "firm",
      limit: "max_open_orders",
      instrument: null,
      value: 1000,
      unit: "orders",
      used: 3,
      peak: 10,
      volume: null,
    };
    const found = await lint(JSON.stringify({ limits: [row] }));
    assert.equal(found.exit, 1);
    assert.match(
      found.out,
      /FAR_ABOVE_USAGE {2}max_open_orders of firm {2}is 1000, and 10 was the most in use: 100 × is above 20 ×/,
    );
    assert.equal((await lint(JSON.stringify({ limits: [row] }), "--factor", "100")).exit, 0);
    assert.equal((await lint("{}")).exit, 2);
    assert.equal((await lint("{}", "--factor", "0")).exit, 2);

    Deno.writeTextFileSync(
      `${directory}/cwts.toml`,
      '[[organisms]]\nid = "o"\nspecies = "platypus"\ninstruments = ["ALPHA"]\n[organisms.limits]\nmax_quantity = 900\nmax_position = 500\n',
    );
    const still = await inside(["controls", "lint", "--static", "--config", `${directory}/cwts.toml`]);
    assert.equal(still.exit, 1);
    assert.match(still.out, /NEVER_REACHED/);
    Deno.writeTextFileSync(`${directory}/cwts.toml`, "");
    assert.equal((await inside(["controls", "lint", "--static", "--config", `${directory}/cwts.toml`])).exit, 0);
  }));

Deno.test("controls without a node says so in one sentence", async () => {
  const { exit, err } = await inside(["controls", "limits", "--console", "http://127.0.0.1:9"]);
  assert.deepEqual([exit, err], [
    1,
    "error: no node answers at http://127.0.0.1:9: start one, or name its console with --console <url>",
  ]);
});
