/** What runs against what was released: hashed, signed, compared at the start, on record, and KILLED where it differs. */
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { dirname, join } from "node:path";
import { type Build, codeHash, coreHash, thisBuild } from "../../../actors/node/build.ts";
import { deploymentOf } from "../../../actors/node/deployment.ts";
import { readRun } from "../../../actors/node/evidence/mod.ts";
import { runDirectory } from "../../../actors/node/mod.ts";
import { compareRelease, type Manifest, manifestHolds } from "../../../actors/node/release.ts";
import { canonicalJson, type Config, configHash, loadConfig } from "../../../config/mod.ts";
import { CommandKind, ScopeState } from "../../../ffi/layout.gen.ts";
import { DAN } from "../alerts/rig.ts";
import { composed } from "./composed.ts";
import { records, run, withDirectory } from "./run.ts";

const HERE: Build = { version: "1", code: "a".repeat(64), core: "b".repeat(64), abi: 3, records: "ff" };
const { config: PLAIN } = loadConfig({ environment: {}, directory: "." });
const KEYS = generateKeyPairSync("ed25519");
const rawKey = (key: KeyObject): string => key.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
const PUBLIC = rawKey(KEYS.publicKey);

const asked = (release: Partial<Config["release"]> = {}, of: Config = PLAIN): Config => ({
  ...of,
  release: { manifest: "release.json", ...release },
});

function manifest(more: Partial<Manifest> = {}): Manifest {
  const { version: cwts, ...build } = HERE;
  const unsigned = {
    ...{ kind: "release" as const, version: 1 as const, cwts, ...build, config: null, person: "ann" },
    ...{ releasedAt: "2026-01-05T09:00:00Z", publicKey: PUBLIC, ...more },
  };
  const signature = sign(null, new TextEncoder().encode(canonicalJson(unsigned)), KEYS.privateKey).toString("hex");
  return { ...unsigned, signature };
}
const compare = (config: Config, text: string | null, build = HERE) =>
  compareRelease(build, config, text).map(({ code }) => code);
const released = (more: Partial<Manifest> = {}) => JSON.stringify(manifest(more));

Deno.test("what is exactly as it was released has nothing to say, and where nothing is asked nothing is compared", () => {
  assert.ok(manifestHolds(manifest()));
  assert.deepEqual(compare(asked(), released()), []);
  assert.deepEqual(compare(asked({ publicKey: PUBLIC }), released()), []);
  assert.deepEqual(compare(PLAIN, released({ code: "c".repeat(64) })), []);
});

Deno.test("other code, another core, another layout and another configuration are each found, with a code and a sentence", () => {
  const cases = [
    [{ code: "c".repeat(64) }, "RELEASE_CODE"],
    [{ core: "c".repeat(64) }, "RELEASE_CORE"],
    [{ abi: 4 }, "RELEASE_LAYOUT"],
    [{ records: "fe" }, "RELEASE_LAYOUT"],
    [{ config: "c".repeat(64) }, "RELEASE_CONFIG"],
  ] as const;
  for (const [more, code] of cases) assert.deepEqual(compare(asked(), released(more)), [code], JSON.stringify(more));
  assert.deepEqual(compare(asked(), released({ config: configHash(asked()) })), []);
  const [{ sentence }] = compareRelease(HERE, asked(), released({ code: "c".repeat(64) }));
  assert.match(
    sentence,
    /^the code here is aaaaaaaaaaaa, and cccccccccccc was released by ann: deploy the released one/,
  );
  const all = released({ code: "c".repeat(64), core: "c".repeat(64) });
  assert.deepEqual(compare(asked(), all), ["RELEASE_CODE", "RELEASE_CORE"]);
});

Deno.test("a manifest that is missing, damaged, changed, or signed with another key is a mismatch, never nothing", () => {
  const changed = JSON.stringify({ ...manifest(), code: "c".repeat(64) });
  assert.deepEqual(compare(asked(), null), ["RELEASE_MISSING"]);
  assert.deepEqual(compare({ ...PLAIN, release: { publicKey: PUBLIC } }, null), ["RELEASE_MISSING"]);
  assert.deepEqual(compare(asked(), "{"), ["RELEASE_FILE"]);
  assert.deepEqual(compare(asked(), JSON.stringify({ ...manifest(), more: 1 })), ["RELEASE_FILE"]);
  assert.deepEqual(compare(asked(), changed, { ...HERE, code: "c".repeat(64) }), ["RELEASE_SIGNATURE"]);
  const other = rawKey(generateKeyPairSync("ed25519").publicKey);
  assert.deepEqual(compare(asked({ publicKey: other }), released()), ["RELEASE_KEY"]);
});

Deno.test("the key a release must be signed with is part of the configuration's hash, where its file lies is not", () => {
  assert.equal(configHash(asked({ manifest: "one" })), configHash(asked({ manifest: "two" })));
  assert.notEqual(configHash(asked({ publicKey: PUBLIC })), configHash(asked()));
});

Deno.test("the hash of the code is over names and bytes of what a node is loaded from, and of nothing else", () =>
  withDirectory(async (directory) => {
    const write = async (name: string, text: string) => {
      await Deno.mkdir(dirname(join(directory, name)), { recursive: true });
      await Deno.writeTextFile(join(directory, name), text);
    };
    await write("main.ts", "run()");
    await write("actors/router.ts", "route()");
    const first = codeHash(directory);
    assert.equal(codeHash(directory), first);
    await write("tests/router_test.ts", "test()");
    await write("actors/notes.txt", "note");
    await write("ffi/core/src/lib.rs", "fn x() {}");
    await write("ffi/core/deny.json", "{}");
    assert.equal(codeHash(directory), first);
    const hashes = new Set([first]);
    await write("actors/router.ts", "route();");
    hashes.add(codeHash(directory));
    await write("actors/power_peg.ts", "");
    hashes.add(codeHash(directory));
    await Deno.rename(join(directory, "actors/power_peg.ts"), join(directory, "actors/peg.ts"));
    hashes.add(codeHash(directory));
    await write("deno.lock", "{}");
    hashes.add(codeHash(directory));
    assert.equal(hashes.size, 5);
    await write("lib.so", "core");
    const core = coreHash(join(directory, "lib.so"));
    await write("lib.so", "corf");
    assert.notEqual(coreHash(join(directory, "lib.so")), core);
  }));

Deno.test("a node says on its log what runs and what was expected, and the description of the run has the same", () =>
  withDirectory(async (directory) => {
    await run(directory, { environment: { CWTS_NODE_DURATION: "1" } });
    const told = records(directory).filter(({ value }) => value.deployment !== undefined);
    assert.equal(told.length, 1);
    const { deployment } = told[0].value;
    const { code, core } = thisBuild();
    assert.deepEqual([deployment.code, deployment.core, deployment.mismatches], [code, core, []]);
    const record = readRun(runDirectory(`${directory}/data`));
    assert.deepEqual(record.deployment, deployment);
    assert.equal(deployment.config, record.start.config);
  }));

Deno.test("a node that is not what was released comes up KILLED, says so, and a re-arm does not open its mode", () =>
  withDirectory(async (directory) => {
    const path = `${directory}/release.json`;
    const environment = { CWTS_NODE_DURATION: "20", CWTS_RELEASE_MANIFEST: path };
    const { version: cwts, ...build } = thisBuild();
    await Deno.writeTextFile(path, JSON.stringify(manifest({ cwts, ...build })));
    const right = await run(directory, { environment });
    assert.ok(right.summary.accepted > 0);
    assert.deepEqual([right.summary.mode, right.summary.killed], ["FullPerformance", []]);

    await Deno.writeTextFile(path, JSON.stringify(manifest({ cwts, ...build, code: "c".repeat(64) })));
    const wrong = await run(directory, { environment });
    assert.deepEqual([wrong.summary.mode, wrong.summary.killed], ["EmergencyShutdown", ["firm"]]);
    const entered = records(directory).filter(({ typeName, value }) =>
      typeName === "Decision" && value.command.kind === CommandKind.New && value.decision.code === 0
    );
    assert.deepEqual(entered, []);
    const alert = records(directory).find(({ value }) => value.alert === "release-mismatch")!.value;
    assert.match(alert.text, /^RELEASE_CODE: the code here is/);
  }));

Deno.test("other code is no reason to go on once somebody re-armed the word: the mode stays shut until a restart", async () => {
  const build = { ...HERE, code: "c".repeat(64) };
  const deployment = deploymentOf(build, asked(), released());
  await composed(async ({ node, control, until }) => {
    assert.equal(control.scope(0), ScopeState.Killed);
    await until(1);
    control.request(0, ScopeState.Active, "never mind", "two persons", 1);
    await until(20);
    assert.equal(node.parts.mode.mode, "EmergencyShutdown");
    assert.ok(node.view.orders({ limit: 1_000 }).every(({ status }) => status === "rejected"));
    assert.deepEqual(node.alerts.view(DAN).alerts.map(({ kind, subject }) => [kind, subject]), [
      ["release-mismatch", "RELEASE_CODE"],
    ]);
  }, { deployment });
});

Deno.test("an organism whose mandate was given for other code comes up KILLED by itself, with an alert", async () => {
  const certified = (code: string) => ({
    ...PLAIN,
    controls: { ...PLAIN.controls, mandates: [{ organism: "anglerfish-1", venues: [0], code }] },
  });
  for (const [code, state] of [[HERE.code, ScopeState.Active], ["c".repeat(64), ScopeState.Killed]] as const) {
    const deployment = deploymentOf(HERE, certified(code), null);
    assert.deepEqual(deployment.mandates, [{ organism: "anglerfish-1", code, holds: code === HERE.code }]);
    await composed(async ({ node, control, until }) => {
      await until(5);
      assert.deepEqual([control.scope(1), control.scope(2)], [state, ScopeState.Active]);
      const told = node.alerts.view(DAN).alerts.map(({ text }) => text);
      if (state === ScopeState.Active) assert.deepEqual(told, []);
      else assert.match(told[0], /^MANDATE_CODE: anglerfish-1 was certified with the code cccccccccccc/);
    }, { deployment });
  }
});
