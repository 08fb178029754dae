/** Describe, review and certify from a terminal, over runs in which people changed limits. */
import assert from "node:assert/strict";
import { hostDesk } from "../../actors/node/mod.ts";
import type { Invitation, Role } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { startNode } from "../e2e/node.ts";
import { inside, type Outcome, withDirectory } from "./run.ts";

ensureCore();

const STAFF: readonly (readonly [person: string, role: Role])[] = [
  ["bob", "risk-officer"],
  ["cat", "risk-approver"],
  ["dan", "compliance"],
];
/** As `startNode` starts it. */
const NODE = ["--feed", "simulated", "--seed", "7"];
/** The simulated market's day. */
const PERIOD = ["--from", "2024-01-02", "--to", "2024-01-02"];
/** What a command prints ends a line. */
const line = (text: string): string => `${text}\n`;

const typed = (...args: string[]): Promise<Outcome> => inside(args, { secret: () => PASSWORD });

async function fine(...args: string[]): Promise<string> {
  const { exit, out, err } = await typed(...args);
  assert.equal(exit, 0, `${args.join(" ")}: ${err}${out}`);
  return out;
}

async function staff(directory: string): Promise<void> {
  const access = hostDesk(directory, () => {});
  const enrol = ({ person, token }: Invitation) => access.enrol(person, token, PASSWORD, "test");
  await enrol(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  for (const [person, role] of STAFF) await enrol(access.addPerson(root, person, [role], "test"));
  access.close();
}

/** Two runs: limits tightened and loosened for a time in the first, brought back in the second. */
async function play(directory: string): Promise<void> {
  await staff(directory);
  const node = await startNode(directory);
  const as = (person: string) => ["--console", node.url, "--as", person];
  const gross = ["firm", "max_gross"];
  try {
    await fine("controls", "tighten", ...gross, "900000000", "--reason", "drill", ...as("bob"));
    const wanted = ["controls", "propose", ...gross, "950000000", "--reason", "roll", "--for", "9h", "--json"];
    const { id, digest } = JSON.parse(await fine(...wanted, ...as("bob")));
    await fine("controls", "approve", String(id), "--digest", digest, ...as("cat"));
  } finally {
    assert.equal(await node.stop(), 0);
  }
  assert.equal(await (await startNode(directory)).stop(), 0);
}

Deno.test("a period is described, reviewed and certified from its logs, and nothing of it can be exchanged", () =>
  withDirectory(async (directory) => {
    await play(directory);
    const at = (name: string) => `${directory}/${name}`;
    const data = ["--data-dir", directory];

    const describe = ["controls", "describe", "--day", "2026-03-31", ...NODE, ...data];
    const description = await fine(...describe, "--run", "latest");
    assert.match(description, /- max_gross: 950000000 currency/);
    assert.match(description, /changes of limits on its log since: 1\n/);
    assert.match(await fine(...describe, "--run", "1"), /changes of limits on its log since: 2\n/);
    assert.match(await fine(...describe), /- max_gross: 1000000000 currency/, "the configuration alone");
    const other = await typed("controls", "describe", "--seed", "8", ...data, "--run", "1");
    assert.deepEqual([other.exit, other.out], [2, ""]);
    assert.match(other.err, /the configuration given has the hash \w{64}, and the run was started with \w{64}/);
    await Deno.writeTextFile(at("description.md"), line(description));

    const review = ["controls", "review", ...PERIOD, ...data];
    await fine(...review, "--out", at("q1"));
    await fine(...review, "--out", at("again"));
    const pack = await Deno.readTextFile(at("q1.json"));
    assert.equal(pack, await Deno.readTextFile(at("again.json")));
    const { changes, overrides, runs } = JSON.parse(pack);
    const actions = changes.map(({ what }: { what: { action?: string } }) => what.action);
    for (const action of ["person-added", "limit-tightened", "limit-proposed", "limit-loosened", "limits-restored"]) {
      assert.ok(actions.includes(action), `${action} in ${actions}`);
    }
    assert.deepEqual(overrides.temporary.map(({ what }: { what: { to: string } }) => what.to), ["950000000"]);
    assert.equal(runs[0].configAtEnd, runs[1].configAtEnd);
    assert.notEqual(runs[0].config, runs[0].configAtEnd);

    const files = ["--pack", at("q1.json"), "--description", at("description.md")];
    const certify = (by: string, ...more: string[]) =>
      typed("controls", "certify", ...files, ...data, "--by", by, "--key", at(`${by}.key`), ...more);
    assert.match((await certify("bob")).err, /bob may not certify: that takes one of compliance/);
    await assert.rejects(Deno.stat(at("bob.key")), "nobody without the role gets a key");
    const signed = await certify("dan", "--out", at("q1.cert.json"));
    assert.equal(signed.exit, 0, signed.err);
    assert.equal((await Deno.stat(at("dan.key"))).mode! & 0o777, 0o600);
    const text = await Deno.readTextFile(at("q1.cert.json"));
    const certificate = JSON.parse(text);
    assert.deepEqual([certificate.person, certificate.role], ["dan", "compliance"]);
    assert.deepEqual(certificate.period, { from: "2024-01-02", to: "2024-01-02" });
    assert.doesNotMatch(text, /compliant/i);

    const verify = (...more: string[]) => typed("controls", "certify", "--verify", at("q1.cert.json"), ...more);
    assert.equal((await verify(...files, "--public-key", certificate.publicKey)).exit, 0);
    assert.match((await verify("--public-key", "0".repeat(64))).out, /not with the one that was noted/);
    await Deno.writeTextFile(at("other.json"), pack.replace("950000000", "950000001"));
    const exchanged = await verify("--pack", at("other.json"));
    assert.deepEqual([exchanged.exit, /is not the pack that was certified/.test(exchanged.out)], [1, true]);
    for (
      const [field, value] of [["person", "eve"], ["statement", "nothing was wrong"], ["packHash", "0".repeat(64)]]
    ) {
      await Deno.writeTextFile(at("q1.cert.json"), JSON.stringify({ ...certificate, [field]: value }));
      const changed = await verify();
      assert.deepEqual([changed.exit, /signature is not over this text/.test(changed.out)], [1, true], field);
    }

    // The same key signs again; one that others may read does not, and nobody's signs for somebody else.
    assert.equal(JSON.parse((await certify("dan")).out).publicKey, certificate.publicKey);
    const borrowed = ["--pack", at("q1.json"), "--description", at("description.md"), ...data, "--by", "dan"];
    await Deno.writeTextFile(at("eve.key"), (await Deno.readTextFile(at("dan.key"))).replace('"dan"', '"eve"'), {
      mode: 0o600,
    });
    assert.match((await typed("controls", "certify", ...borrowed, "--key", at("eve.key"))).err, /is eve's/);
    await Deno.chmod(at("dan.key"), 0o644);
    assert.match((await certify("dan")).err, /others may read/);

    // A description of something else does not go with the pack.
    await Deno.writeTextFile(at("description.md"), line(await fine(...describe)));
    assert.match((await certify("dan")).err, /describes another configuration than/);
  }));

Deno.test("a certification without people, without a pack or of what is none is refused in one sentence", () =>
  withDirectory(async (directory) => {
    const certify = (...more: string[]) => typed("controls", "certify", "--data-dir", directory, ...more);
    assert.match((await certify()).err, /--pack is needed to certify/);
    await Deno.writeTextFile(`${directory}/d.md`, "- configuration in force: x\n");
    await Deno.writeTextFile(`${directory}/p.json`, "{}");
    const files = ["--description", `${directory}/d.md`, "--by", "dan", "--key", `${directory}/k`, "--pack"];
    assert.match((await certify(...files, `${directory}/p.json`)).err, /is no review pack/);
    const pack = { kind: "review", period: { from: "2026-01-01", to: "2026-01-02" }, runs: [{ configAtEnd: "x" }] };
    await Deno.writeTextFile(`${directory}/p.json`, JSON.stringify(pack));
    assert.match(
      (await certify(...files, `${directory}/p.json`)).err,
      /needs a person with a role: enrol people first/,
    );
    assert.match((await certify("--verify", `${directory}/p.json`)).err, /is no certification/);
    assert.match((await certify("--verify", `${directory}/none.json`)).err, /there is no file/);
    await assert.rejects(Deno.stat(`${directory}/k`), Deno.errors.NotFound);
  }));
