/** People are forgotten: their names are in no byte any more, everybody else's are read, and no root changes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hostDesk } from "../../actors/node/mod.ts";
import { forgetPerson } from "../../actors/node/forgetting.ts";
import { openNames, readNamed, SealedFile, sealingOf } from "../../actors/node/names.ts";
import type { Invitation } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { AuditLog, ControlPage, decodeAudit, readAudit, RecordType, verifyAudit } from "../../ffi/mod.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { run } from "../actors/node/run.ts";
import { startNode } from "../e2e/node.ts";
import { inside, withDirectory } from "./run.ts";

ensureCore();

const HERE = "127.0.0.1";
const YEARS = 7;

/** Files below a directory that have the text in their bytes, in whatever letters. */
function filesWith(directory: string, text: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return filesWith(path, text);
    const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(path));
    return bytes.toLowerCase().includes(text) ? [path] : [];
  });
}

const isThere = (path: string): boolean => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

async function until(what: () => boolean): Promise<void> {
  for (let looks = 0; !what(); looks++) {
    assert.ok(looks < 200, "it does not come to it");
    await new Promise((next) => setTimeout(next, 50));
  }
}

const NAMES = ["quinxa", "wolvo", "zyrielle", "jaxpert"] as const;
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant("act" as const), by: name, about: name }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("kill" as const), by: name, about: name }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("restart" as const), by: name, about: name }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("forget" as const), by: name, about: name }) },
);

Deno.test("whoever is forgotten is in no byte of the directory, a copy or an export; others are read, and roots stay", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) =>
      withDirectory(async (root) => {
        const data = `${root}/data`;
        const log = `${data}/runs/000001`;
        Deno.mkdirSync(log, { recursive: true });
        ControlPage.open(data).close();
        const desk = hostDesk(data, () => {});
        const forgotten = new Set<string>();
        /** Who is named by each record and not forgotten since, as it should be read. */
        const said: { readonly who: string; readonly about: string | null }[] = [];
        const begin = () => {
          const names = openNames(data, assert.fail);
          const audit = AuditLog.open({ directory: log, seal: sealingOf(names, assert.fail) });
          return { names, audit, alerts: new SealedFile(data, "alerts.json", names) };
        };
        let node = begin();
        const end = () => {
          node.names.poll();
          node.audit.commit();
          const { root: head } = node.audit.head();
          node.audit.close();
          return head;
        };
        const met = new Set<string>();
        const asWas = new Map<string, string>();
        for (const { act, by, about } of steps) {
          const free = (one: string) => !forgotten.has(one);
          if (act === "act" && free(by) && free(about)) {
            const event = {
              action: "limit-tightened",
              who: by,
              from: HERE,
              person: about,
              reason: `ask ${about.toUpperCase()}: ${by}`,
            };
            node.audit.appendJson(RecordType.OperatorAction, 1, event);
            node.alerts.write(JSON.stringify({ alerts: [{ text: `${about} did`, acknowledged: { person: by } }] }));
            said.push({ who: by, about });
            met.add(by).add(about);
          }
          if (act === "kill" && free(by)) {
            {
              using page = ControlPage.openExisting(data);
              page.tighten(0, 3, `${by} says so`, `cli:${by}`, 1);
            }
            node.audit.appendJson(RecordType.ScopeChanged, 1, {
              scope: "firm",
              from: "ACTIVE",
              to: "KILLED",
              reason: `${by} says so`,
              who: `cli:${by}`,
            });
            said.push({ who: `cli:${by}`, about: null });
            met.add(by);
          }
          if (act === "restart") [, node] = [end(), begin()];
          if (act === "forget" && met.has(about) && free(about)) {
            const head = end();
            // A copy is what lay there: whoever made it has the log, and not the keys.
            Deno.mkdirSync(`${root}/copy${asWas.size}/runs`, { recursive: true });
            const copy = `${root}/copy${asWas.size}/runs/000001`;
            await new Deno.Command("cp", { args: ["-r", log, copy] }).output();
            for (const format of ["jsonl", "csv"]) {
              const made = await inside([
                "audit",
                "export",
                "--format",
                format,
                "--data-dir",
                data,
                "--out",
                `${copy}.${format}`,
              ]);
              assert.equal(made.exit, 0, made.err);
            }
            asWas.set(copy, head);
            await forgetPerson({
              dataDir: data,
              person: about,
              reason: `${about} asked`,
              who: "host:test",
              years: YEARS,
              early: true,
              desk,
            });
            forgotten.add(about);
            assert.equal(verifyAudit(log).root, head, "no root changes");
            node = begin();
          }
        }
        end();
        for (const [copy, head] of asWas) assert.equal(verifyAudit(copy).root, head);
        for (const one of forgotten) assert.deepEqual(filesWith(root, one), [], `of ${one}`);
        const told = [...readNamed(log)].map((record) => decodeAudit(record) as Record<string, string>);
        assert.equal(told.length, said.length);
        said.forEach(({ who, about }, i) => {
          const { who: there, person = null, reason, from } = told[i];
          const gone = (one: string) => forgotten.has(one.replace("cli:", ""));
          if (gone(who)) assert.match(there, /^(cli:)?\(forgotten person [0-9a-f]{16}\)$/);
          else assert.equal(there, who);
          if (about === null) return;
          assert.equal(from === HERE, !gone(who), "an address goes with the person");
          if (gone(about)) assert.match(person!, /^\(forgotten person /);
          else assert.equal(person, about);
          assert.equal(reason.startsWith(`ask ${about.toUpperCase()}`), !gone(about));
        });
        desk.close();
      })),
    { numRuns: 50 },
  );
});

/** Who may certify, who is forgotten, and another one who acts. */
async function enrol(data: string): Promise<void> {
  const access = hostDesk(data, () => {});
  const join = ({ person, token }: Invitation) => access.enrol(person, token, PASSWORD, HERE);
  await join(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  for (const [person, role] of [["zyrielle", "risk-officer"], ["bob", "risk-officer"], ["dan", "compliance"]]) {
    await join(access.addPerson(root, person, [role], HERE));
  }
  access.close();
}

Deno.test("audit forget refuses what the law keeps, and then forgets while the node runs", () =>
  withDirectory(async (directory) => {
    const [data, replica] = [`${directory}/data`, `${directory}/replica`];
    Deno.mkdirSync(data);
    Deno.mkdirSync(replica);
    await enrol(data);
    const config = `${directory}/cwts.toml`;
    Deno.writeTextFileSync(config, `[audit]\nreplica_dir = "${replica}"\n`);
    const node = await startNode(data, ["--config", config, "--speed", "2", "--durability", "batch"]);
    const does = (...args: string[]) => inside(args, { secret: () => PASSWORD });
    const forget = (...more: string[]) =>
      does("audit", "forget", "zyrielle", "--data-dir", data, "--reason", "Zyrielle asked", ...more);
    const last = async (dir: string) =>
      (await does("audit", "show", "--limit", "0", "--type", "OperatorAction", "--data-dir", dir)).out;
    try {
      const tighten = (value: string, person: string) =>
        does(
          "controls",
          "tighten",
          "firm",
          "max_gross",
          value,
          "--reason",
          `so said ${person}`,
          "--console",
          node.url,
          "--as",
          person,
        );
      assert.equal((await tighten("900000000", "zyrielle")).exit, 0);
      assert.equal((await tighten("890000000", "bob")).exit, 0);
      assert.match(await last(data), /"who":"zyrielle"/);
      assert.match((await does("controls", "incident", "--data-dir", data)).err, /there is no incident/);

      assert.match((await forget()).err, /say who you are with --as/);
      assert.match((await forget("--as", "bob")).err, /bob may not certify/);
      assert.match((await forget("--as", "dan")).err, /zyrielle has access here: people disable zyrielle first/);
      assert.equal((await does("people", "disable", "zyrielle", "--data-dir", data, "--as", "root")).exit, 0);
      const kept = await forget("--as", "dan");
      assert.equal(kept.exit, 1);
      assert.match(
        kept.err,
        /named in run 1, and who did what is kept .*possible from 20\d\d-\d\d-\d\d on; --early forgets before/,
      );
      await does("audit", "hold", "1", "--reason", "lawsuit", "--data-dir", data, "--as", "dan");
      assert.match((await forget("--as", "dan", "--early")).err, /named in run 1, which somebody holds \(lawsuit\)/);
      await does("audit", "unhold", "1", "--reason", "settled", "--data-dir", data, "--as", "dan");
      assert.match(await last(data), /"who":"zyrielle"/, "what was refused forgot nothing");

      const done = await forget("--as", "dan", "--early");
      assert.equal(done.exit, 0, done.err);
      assert.match(done.out, /^forgotten: [0-9a-f]{16}; named in run 1\nthe key is written over and gone; a copy /);
      assert.match((await forget("--as", "dan", "--early")).err, /nobody called "zyrielle" has a key/);
      assert.match(
        (await does("people", "list", "--data-dir", data, "--as", "root")).out,
        /^(?![\s\S]*zyrielle)[\s\S]*bob/,
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    } finally {
      assert.equal(await node.stop(), 0);
    }
    const shown = await last(data);
    assert.match(shown, /"who":"\(forgotten person [0-9a-f]{16}\)"/);
    assert.match(shown, /"who":"bob".*"alert":"bob tightened/);
    assert.match(
      shown,
      /"action":"person-forgotten","who":"dan","pseudonyms":\["[0-9a-f]{16}"\],"runs":\[1\],"early":true,"reason":"\(forgotten person \w+\) asked"/,
    );
    assert.deepEqual(filesWith(directory, "zyrielle"), []);
    const [copied] = [...Deno.readDirSync(replica)].filter(({ isDirectory }) => isDirectory);
    const there = await does("audit", "show", "--limit", "0", "--log", `${replica}/${copied.name}/000001`);
    assert.ok(!there.out.includes("bob"), "a copy has no keys");
    for (const verify of [[], ["--independent"], ["--against", replica]]) {
      const verdict = await does("audit", "verify", "--data-dir", data, ...verify);
      assert.equal(verdict.exit, 0, verdict.err);
    }
    assert.equal((await does("audit", "replay", "--data-dir", data)).exit, 0);
    for (const format of ["jsonl", "csv"]) {
      const made = async (...more: string[]) =>
        (await does("audit", "export", "--format", format, "--data-dir", data, ...more)).out;
      assert.ok(!(await made()).includes("bob"), "an export says no name unless it is asked to");
      const named = await made("--names");
      assert.ok(named.includes("bob") && !named.includes("zyrielle"));
    }
  }));

Deno.test("a kill waits for no key: with a damaged file it happens, and says who by a pseudonym or in clear", () =>
  withDirectory(async (data) => {
    const node = await startNode(data, ["--speed", "2", "--durability", "batch"]);
    const user = Deno.env.get("USER");
    Deno.env.set("USER", "alex");
    const kill = async (scope: string) => {
      const done = await inside(["kill", "--data-dir", data, "--scope", scope, "--reason", "drill", "--json"]);
      assert.equal(done.exit, 0, done.err);
      const { confirmed, unknown } = JSON.parse(done.out);
      assert.deepEqual([confirmed, unknown], [true, 0]);
    };
    try {
      await kill("organism:anglerfish-1");
      await until(() => isThere(`${data}/people.keys`));
      assert.equal(Deno.statSync(`${data}/people.keys`).mode! & 0o777, 0o600);
      Deno.writeTextFileSync(`${data}/people.keys`, "{");
      await new Promise((next) => setTimeout(next, 1_000));
      await kill("organism:platypus-1");
    } finally {
      if (user === undefined) Deno.env.delete("USER");
      else Deno.env.set("USER", user);
      assert.equal(await node.stop(), 0);
    }
    const kills = [...readAudit(`${data}/runs/000001`)]
      .filter(({ type }) => type === RecordType.ScopeChanged)
      .map((record) => decodeAudit(record) as { readonly scope: string; readonly who: string });
    assert.deepEqual(kills.map(({ scope }) => scope), ["organism:anglerfish-1", "organism:platypus-1"]);
    // Known by then, so sealed also while the file cannot be read.
    for (const { who } of kills) assert.match(who, /^cli:\(person [0-9a-f]{16}:\S+\)$/);
    const again = await inside(["start", "--data-dir", data, "--console-port", "off", "--duration", "1s"]);
    assert.match(
      again.err,
      /the file people\.keys of the data directory is damaged .*put a copy of it back, or move it away/,
    );
    assert.equal(again.exit, 1);
  }));

Deno.test("without people a run is what it was: no keys, and the same root", () =>
  withDirectory(async (directory) => {
    const SHORT = { environment: { CWTS_NODE_DURATION: "3" } };
    const first = await run(directory, SHORT);
    const second = await run(directory, SHORT);
    assert.equal(first.summary.audit.root, second.summary.audit.root);
    assert.throws(() => Deno.statSync(`${directory}/data/people.keys`), Deno.errors.NotFound);
    assert.deepEqual([...readAudit(`${directory}/data/runs/000001`)].length, first.summary.audit.records);
  }));
