/** Every act of people and every kind of record: driven against a node, and asserted on its log. */
import assert from "node:assert/strict";
import { hostDesk } from "../../actors/node/mod.ts";
import type { Invitation, Principal } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { type AuditRecord, decodeAudit, readAudit } from "../../ffi/mod.ts";
import { CommandKind, ExecType, RecordType } from "../../ffi/layout.gen.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { LOSSY } from "../actors/node/reading/runs.ts";
import { startNode } from "../e2e/node.ts";
import { inside, ROOT, withDirectory } from "./run.ts";

ensureCore();

/** Acts that take what no command can bring about here, and the test that brings each about. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "log-cut": "tests/cli/audit_repair_test.ts",
  "configuration-offered": "tests/cluster/configure_test.ts",
  "configuration-switched": "tests/cluster/configure_test.ts",
  "configuration-withdrawn": "tests/cluster/configure_test.ts",
  "limits-adopted": "tests/cluster/configure_test.ts",
  "limits-restored": "tests/actors/controls/limits_test.ts",
  "limit-warning": "tests/actors/node/early_warnings_test.ts",
};
/** Acts that nothing drives yet: 24 hours of a clock, and a file with hundreds of acts that no node took. */
const NOT_DRIVEN = ["limit-lapsed", "events-lost"];
/** Records that no command brings about: of crashes, journals of their own, baskets, engines; and tests that make them. */
const OTHER_RECORDS: Readonly<Record<string, string>> = {
  ActorCrashed: "tests/actors/node/crashes_test.ts",
  SupervisorDecided: "tests/actors/node/crashes_test.ts",
  StreamClaimed: "tests/actors/auditors/audit_journal_test.ts",
  StreamAppended: "tests/actors/auditors/audit_journal_test.ts",
  StreamSnapshot: "tests/actors/auditors/audit_journal_test.ts",
  BasketDecided: "tests/ffi/gate_facts_test.ts",
  VenueInput: "tests/ffi/recovery_test.ts",
};

/** One that waits from before the start, and that nothing but a person ends. */
const ALERT_FROM_BEFORE = JSON.stringify({
  version: 1,
  next: 2,
  seen: 0,
  alerts: [{
    ...{ id: 1, kind: "orders-unknown", severity: "critical", subject: "firm", text: "ask the venue", evidence: {} },
    ...{ state: "raised", raised: 1, since: 1, time: 1, count: 1, escalated: [] },
    ...{ acknowledged: null, acted: null, ended: null },
  }],
});

const WRONG = "not the password, by far";
const HERE = "test";

/** Every name of an act in the source. */
async function actsInSource(): Promise<string[]> {
  const names = new Set<string>();
  const visit = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await visit(path);
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(path);
        for (const [, act] of text.matchAll(/\baction: "([a-z-]+)"/g)) names.add(act);
      }
    }
  };
  await visit(`${ROOT}actors`);
  return [...names].sort();
}

const held = ({ quantity }: { readonly quantity: number }): boolean => quantity !== 0;
const pause = (millis: number) => new Promise((next) => setTimeout(next, millis));

const tried = async (act: () => unknown): Promise<void> => {
  try {
    await act();
  } catch { /* What is refused is an act, too. */ }
};

/** Everything that can happen to people and keys, while no node runs. */
async function accessActs(directory: string): Promise<void> {
  const access = hostDesk(directory, () => {});
  const enrol = ({ person, token }: Invitation) => access.enrol(person, token, PASSWORD, HERE);
  await enrol(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  const people: [string, string][] = [["bob", "risk-officer"], ["cat", "risk-approver"], ["dan", "compliance"]];
  for (const [person, role] of people) await enrol(access.addPerson(root, person, [role], HERE));
  const eve = access.addPerson(root, "eve", ["viewer"], HERE);
  await tried(() => access.enrol("eve", "cwts_i_wrong", PASSWORD, HERE));
  await enrol(eve);
  access.setRoles(root, "eve", ["trader"], HERE);
  access.setDisabled(root, "eve", true, HERE);
  access.setDisabled(root, "eve", false, HERE);
  const asEve: Principal = await logIn(access, "eve");
  await access.setPassword(asEve, PASSWORD, `${PASSWORD}, changed`, HERE);
  await enrol(access.invite(root, "eve", HERE));
  const again = await logIn(access, "eve");
  const { id } = access.createKey(again, { label: "dash", actions: ["view"], days: 1 }, HERE);
  access.revokeKey(again, id, HERE);
  await tried(() => access.permit(again, "certify", HERE));
  await tried(() => access.identify({ kind: "token", token: "cwts_s_wrong" }, HERE));
  access.endSessions(root, "eve", HERE);
  access.logout(await logIn(access, "dan"), HERE);
  for (let i = 0; i < 8; i++) await tried(() => access.login("eve", WRONG, HERE));
  await tried(() => access.login("eve", PASSWORD, HERE));
  access.close();
}

Deno.test("every act of people and every kind of record is on the log of a node that was driven through them", () =>
  withDirectory(async (directory) => {
    const data = ["--data-dir", directory];
    const log = `${directory}/runs/000001`;
    await accessActs(directory);
    await Deno.writeTextFile(`${directory}/alerts.json`, ALERT_FROM_BEFORE);
    const config = `${directory}/cwts.toml`;
    await Deno.writeTextFile(config, `${LOSSY.replace('"10"', '"1"')}[kill]\nrearm_quiet_ms = 1\n`);
    const node = await startNode(directory, ["--config", config, "--speed", "2", "--durability", "batch"]);
    const as = (person: string) => ["--console", node.url, "--as", person];
    const said: string[] = [];
    const does = async (...args: string[]) => {
      const { out, err } = await inside(args, { secret: () => PASSWORD });
      said.push(`${args.join(" ")}\n  ${out}${err}`);
      return out;
    };
    try {
      const gross = ["firm", "max_gross"];
      await does("controls", "tighten", ...gross, "900000000", "--reason", "drill", ...as("bob"));
      await does("controls", "tighten", ...gross, "990000000", "--reason", "looser", ...as("bob"));
      const propose = async (value: string, ...more: string[]) =>
        JSON.parse(
          await does("controls", "propose", ...gross, value, "--reason", "roll", "--json", ...more, ...as("bob")),
        );
      const { id: dropped } = await propose("910000000");
      await does("controls", "withdraw", String(dropped), "--reason", "not needed", ...as("bob"));
      const { id, digest } = await propose("950000000", "--for", "9h");
      await does("controls", "approve", String(id), "--digest", digest, ...as("cat"));
      await does("controls", "withdraw", String(id), "--reason", "over", ...as("bob"));

      await does("alerts", "acknowledge", "9999", "--text", "none", ...as("bob"));
      await does("alerts", "acknowledge", "1", "--text", "looking", ...as("bob"));
      await does("alerts", "close", "1", "--text", "done", ...as("bob"));

      // While all of them trade: with the first kill that may be over.
      const changed = () => [...readAudit(log)].some(({ type }) => type === RecordType.ModeChanged);
      for (let tries = 0; !changed(); tries++) {
        assert.ok(tries < 600, "no loss that changes the mode in a minute");
        await pause(100);
      }
      // A position that nobody changes any more, and a scope that may only reduce it.
      const scope = ["--scope", "organism:anglerfish-1"];
      const holds = async () => JSON.parse(await does("audit", "state", "--json", ...data)).positions.some(held);
      for (let tries = 0; !(await holds()); tries++) {
        assert.ok(tries < 300, "no position in half a minute");
        await pause(100);
      }
      await does("kill", ...data, ...scope, "--reason", "drill");
      const rearm = ["rearm", ...data, "--yes", "--json"];
      const open = [...scope, "--cause", "drill", "--reason", "drill over", "--as", "bob"];
      await does(
        ...rearm,
        "--scope",
        "organism:platypus-1",
        "--cause",
        "drill",
        "--reason",
        "is active",
        "--as",
        "bob",
      );
      const first = JSON.parse(await does(...rearm, ...open)).proposal;
      await does(...rearm, "--withdraw", String(first.id), "--reason", "not yet", "--as", "bob");
      const second = JSON.parse(await does(...rearm, ...open)).proposal;
      await does(...rearm, "--approve", String(second.id), "--digest", second.digest, "--as", "cat");
      await does("controls", "flatten", "organism:anglerfish-1", "--reason", "drill", ...as("bob"));
      await does("controls", "flatten", "organism:platypus-1", "--reason", "is active", ...as("bob"));

      const console = ["--as", "bob", "--data-dir", directory];
      await does("keys", "create", ...console, "--label", "reads", "--action", "view-orders", "--days", "1", "--json");
      const { key } = JSON.parse(said.at(-1)!.slice(said.at(-1)!.indexOf("{")));
      const orders = await fetch(`${node.url}/api/v1/orders`, { headers: { authorization: `Bearer ${key}` } });
      assert.equal(orders.status, 200, await orders.text());
      await does("audit", "hold", "1", "--reason", "lawsuit", ...data, "--as", "dan");
      await does("audit", "unhold", "1", "--reason", "settled", ...data, "--as", "dan");
      await pause(1_500);
    } finally {
      assert.equal(await node.stop(), 0);
    }
    const records: AuditRecord[] = [...readAudit(log)];
    const told = (type: string) =>
      records.filter(({ typeName }) => typeName === type).map((record) => decodeAudit(record));
    const acts = new Set((told("OperatorAction") as { readonly action: string }[]).map(({ action }) => action));
    const driven = (await actsInSource()).filter((act) => !(act in ELSEWHERE) && !NOT_DRIVEN.includes(act));
    assert.deepEqual(driven.filter((act) => !acts.has(act)), [], `not on record after\n${said.join("\n")}`);
    for (const file of Object.values(OTHER_RECORDS)) await Deno.stat(ROOT + file);
    for (const [act, file] of Object.entries(ELSEWHERE)) {
      assert.ok((await Deno.readTextFile(ROOT + file)).includes(`"${act}"`), `${act} in ${file}`);
    }
    const kinds = new Set(records.map(({ typeName }) => typeName));
    const missing = Object.keys(RecordType).filter((kind) => !kinds.has(kind));
    assert.deepEqual(missing.filter((kind) => !(kind in OTHER_RECORDS)), []);
    const commands = new Set(
      (told("Decision") as { readonly command: { readonly kind: number } }[]).map((d) => d.command.kind),
    );
    assert.ok([CommandKind.New, CommandKind.Cancel, CommandKind.CancelOwner].every((kind) => commands.has(kind)));
    const reports = new Set((told("Execution") as { readonly execType: number }[]).map((report) => report.execType));
    assert.ok([ExecType.New, ExecType.Trade, ExecType.Canceled].every((kind) => reports.has(kind)));
  }));
