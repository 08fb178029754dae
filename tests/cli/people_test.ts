/** People, keys and re-arm from a terminal: the role table over the command line, and what the node puts on record. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hostDesk } from "../../actors/node/mod.ts";
import { type Invitation, mayAct, type Role, ROLES } from "../../actors/protocol/mod.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { ensureCore } from "../../ffi/build.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { inside, type Outcome, outside, withDirectory } from "./run.ts";

ensureCore();

/** Answers each question for a secret with the next of `secrets`. */
function typed(args: readonly string[], ...secrets: string[]): Promise<Outcome> {
  return inside(args, { secret: () => secrets.shift() ?? assert.fail("asked for more than was typed") });
}

/** Everybody, by role, enrolled without going through the command line, which the tests are about. */
async function staff(directory: string): Promise<void> {
  ControlPage.open(directory)[Symbol.dispose]();
  const access = hostDesk(directory, () => {});
  const invite = async ({ person, token }: Invitation) => await access.enrol(person, token, PASSWORD, "test");
  await invite(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  for (const role of ROLES) {
    if (role === "security-admin") continue;
    await invite(access.addPerson(root, role, [role], "test"));
  }
  await invite(access.addPerson(root, "bystander", ["viewer"], "test"));
  access.close();
}

const nameOf = (role: Role): string => (role === "security-admin" ? "root" : role);

// deno-fmt-ignore
const VERBS = [
  { action: "rearm", args: ["rearm", "--scope", "firm", "--cause", "drill", "--reason", "drill", "--yes"] },
  { action: "read-people", args: ["people", "list"] },
  { action: "manage-people", args: ["people", "add", "somebody", "--role", "viewer"] },
  { action: "manage-people", args: ["people", "roles", "bystander", "--role", "viewer"] },
  { action: "manage-people", args: ["people", "invite", "bystander"] },
  { action: "manage-people", args: ["people", "disable", "bystander"] },
  { action: "manage-self", args: ["keys", "list"] },
] as const;

Deno.test("every cell of the role table that has a verb, over the command line", () =>
  withDirectory(async (directory) => {
    await staff(directory);
    for (const { action, args } of VERBS) {
      for (const role of ROLES) {
        // Something to open, and nothing of the one before that waits.
        if (action === "rearm") {
          await inside(["kill", "--data-dir", directory]);
          await Deno.remove(join(directory, "rearm.json")).catch(() => {});
        }
        const { exit, err } = await typed([...args, "--data-dir", directory, "--as", nameOf(role)], PASSWORD);
        const allowed = mayAct([role], action);
        assert.equal(exit === 0, allowed, `${role} ${args.join(" ")}: ${err}`);
        if (!allowed) assert.match(err, new RegExp(`${nameOf(role)} may not ${action}`));
      }
      const nobody = await inside([...args, "--data-dir", directory]);
      assert.notEqual(nobody.exit, 0, args.join(" "));
    }
  }));

Deno.test("kill asks nobody who he is, whoever is enrolled", () =>
  withDirectory(async (directory) => {
    await staff(directory);
    const { exit, out } = await inside(["kill", "--data-dir", directory]);
    assert.equal(exit, 0);
    assert.match(out, /^KILLED firm/);
  }));

Deno.test("the first person is enrolled from the terminal with secrets from a pipe, in a file nobody else can read", () =>
  withDirectory(async (directory) => {
    const at = ["--data-dir", directory];
    const refused = await outside(["people", "add", "ann", "--role", "trader", ...at]);
    assert.equal(refused.exit, 1);
    assert.match(refused.err, /the first person has to be a security-admin/);
    const added = await outside(["people", "add", "ann", "--role", "security-admin", "--json", ...at]);
    assert.equal(added.exit, 0, added.err);
    const { token } = JSON.parse(added.out);
    assert.equal((await Deno.stat(`${directory}/access.json`)).mode! & 0o777, 0o600);
    const enrolled = await piped(["people", "enrol", "ann", ...at], `${token}\n${PASSWORD}\n`);
    assert.equal(enrolled.exit, 0, enrolled.err);
    assert.match(enrolled.out, /ann may log in/);
    const second = await piped(["people", "add", "bob", "--role", "trader", "--as", "ann", ...at], `${PASSWORD}\n`);
    assert.match(second.out, /^invitation of bob, shown this once: cwts_i_/);
    const wrong = await piped(["people", "list", "--as", "ann", ...at], "not the password\n");
    assert.deepEqual([wrong.exit, wrong.err], [1, "error: name or password is wrong, or the access was taken away\n"]);
    const none = await piped(["people", "list", "--as", "ann", ...at], "");
    assert.equal(none.exit, 2);
  }));

Deno.test("a node puts on record what was done to its people while it was down", () =>
  withDirectory(async (directory) => {
    await typed(["people", "add", "ann", "--role", "security-admin", "--data-dir", directory]);
    const run = ["start", "--speed", "max", "--duration", "1s", "--console-port", "off", "--data-dir", directory];
    const { exit, err } = await outside(run);
    assert.equal(exit, 0, err);
    const shown = await outside(["audit", "show", "--type", "OperatorAction", "--json", "--data-dir", directory]);
    const { content } = JSON.parse(shown.out.trim());
    assert.deepEqual(
      [content.action, content.person, content.roles, content.onHost],
      ["person-added", "ann", ["security-admin"], true],
    );
    assert.match(content.who, /^host:/);
    const again = await outside(run);
    assert.equal(again.exit, 0, again.err);
    const twice = await outside(["audit", "show", "--type", "OperatorAction", "--json", "--data-dir", directory]);
    assert.equal(twice.out, "");
  }));

Deno.test("a key is made and revoked from the terminal, and shown once", () =>
  withDirectory(async (directory) => {
    await staff(directory);
    const at = ["--as", "operator", "--data-dir", directory];
    const wanted = ["keys", "create", "--label", "dash", "--days", "30", "--json", ...at];
    const made = await typed([...wanted, "--action", "view", "view-orders"], PASSWORD);
    const { id, key } = JSON.parse(made.out);
    const listed = await typed(["keys", "list", ...at], PASSWORD);
    assert.match(listed.out, new RegExp(`^${id}  operator  active  .*view,view-orders  dash$`));
    assert.ok(!listed.out.includes(key));
    assert.equal((await typed(["keys", "revoke", id, ...at], PASSWORD)).exit, 0);
    assert.match((await typed(["keys", "list", ...at], PASSWORD)).out, /revoked/);
    const wrong = await typed([...wanted, "--action", "rearm"], PASSWORD);
    assert.equal(wrong.exit, 1);
    assert.match(wrong.err, /a key cannot be for "rearm"/);
  }));

async function piped(args: readonly string[], input: string): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=node", "main.ts", ...args],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { exit: code, out: text(stdout), err: text(stderr) };
}
