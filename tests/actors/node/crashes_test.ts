/** Crashes of a real node: on record, in the data directory, and what leads back to just before them. */
import assert from "node:assert/strict";
import { RecordType } from "../../../ffi/layout.gen.ts";
import { decodeAudit, readAudit } from "../../../ffi/mod.ts";
import { crashFile, proveCrash, readCrashes, runDirectory } from "../../../actors/node/mod.ts";
import { type CrashView, replayCommand, supervisionOf } from "../../../actors/protocol/mod.ts";
import { records, run, withDirectory } from "./run.ts";

const CHAOS = { CWTS_NODE_DURATION: "60", CWTS_CHAOS_RATE: "2" };

const places = (directory: string, run: number) => ({
  log: runDirectory(`${directory}/data`, run),
  file: crashFile(`${directory}/data`, run),
});

Deno.test("every crash of a node is on record in full, with what its supervisor did, and in the data directory", async () => {
  await withDirectory(async (directory) => {
    const { summary } = await run(directory, { environment: CHAOS });
    const crashes = readCrashes(places(directory, 1));
    assert.ok(crashes.length > 50);
    assert.equal(summary.crashes, crashes.length);
    assert.deepEqual(crashes.map(({ id }) => id), crashes.map((_, i) => i + 1));
    const onRecord = records(directory).filter(({ typeName }) => typeName === "ActorCrashed");
    assert.deepEqual(crashes.map(({ record }) => record), onRecord.map(({ value }) => value));
    assert.deepEqual(crashes.map(({ auditIndex }) => auditIndex), onRecord.map(({ index }) => index));
    const decided = records(directory).filter(({ typeName }) => typeName === "SupervisorDecided");
    assert.equal(decided.length, crashes.filter(({ decision }) => decision.kind !== "pending").length);
    assert.equal(crashes.filter(({ decision }) => decision.kind === "restarted").length, summary.restarts);
    for (const { decision, time, path } of crashes.filter(({ decision }) => decision.kind === "restarted")) {
      assert.ok(decision.time! >= time);
      // Organisms come back after a delay, everyone else at once.
      assert.equal(decision.time! > time, path.startsWith("/node/organisms/"), path);
    }
    // Without the file the log alone tells the same, but for the wall.
    const told = readCrashes({ ...places(directory, 1), file: null });
    assert.deepEqual(told, crashes.map((crash) => ({ ...crash, wall: null })));
  });
});

Deno.test("a crash record of a node tells the child, the budget, the state, the build and the way back", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: CHAOS });
    const crash = readCrashes(places(directory, 1)).find(({ path }) => path === "/node/organisms/anglerfish-1")!;
    const { record } = crash;
    const report = supervisionOf(record)!;
    assert.deepEqual([report.supervisor, report.child.restart, report.budget.onGiveUp], [
      "/node/organisms",
      "permanent",
      "safe-mode",
    ]);
    assert.equal(report.child.backoff!.initialMs, 10);
    assert.equal((record.state as { species: string }).species, "anglerfish");
    assert.equal((record.stateBefore as { species: string }).species, "anglerfish");
    assert.match(record.stack!, /\n {4}at .*\(actors\/node\/chaos\.ts:\d+:\d+\)$/);
    const { config, version, build, feed, chaos } = record.facts;
    assert.match(config, /^[0-9a-f]{64}$/);
    assert.ok(version.length > 0 && build.includes("abi"));
    assert.deepEqual([feed, chaos], ["simulated", "2"]);
    assert.equal(record.replay.seed, 7);
    assert.equal(record.replay.position.auditRecords <= crash.auditIndex!, true);
    assert.ok(record.latest.length > 0);
  });
});

Deno.test("the replay pointer of a crash leads a second run to just before it", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: CHAOS });
    const crash = readCrashes(places(directory, 1))[40];
    const duration = /--duration ([\d.]+)s/.exec(replayCommand(crash.record)!)![1];
    await run(directory, { environment: { ...CHAOS, CWTS_NODE_DURATION: duration } });
    const said = (run: number) =>
      [...readAudit(runDirectory(`${directory}/data`, run))].filter(({ time }) => time < crash.time)
        .map((record) => [record.index, record.typeName, record.time, decodeAudit(record)]);
    const [first, again] = [said(1), said(2)];
    assert.ok(first.length > 100);
    assert.deepEqual(again.slice(0, first.length), first);
    // What lies between there and the crash happened at the crash's own moment.
    const rest = crash.record.replay.position.auditRecords - first.length;
    assert.ok(rest >= 0 && rest < 20, `${rest} records`);
    assert.equal(readCrashes(places(directory, 2)).some(({ id }) => id === crash.id), false);
  });
});

Deno.test("equal seeds crash equally at another pace and in another directory, so their roots are equal", async () => {
  await withDirectory((one) =>
    withDirectory(async (other) => {
      const fast = (await run(one, { environment: CHAOS })).summary;
      const paced = (await run(other, { environment: { ...CHAOS, CWTS_NODE_SPEED: "40" } })).summary;
      assert.ok(fast.crashes > 50);
      assert.equal(fast.audit.root, paced.audit.root);
    })
  );
});

Deno.test("a supervisor that gives up is the end of the story of its crash", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: { ...CHAOS, CWTS_CHAOS_RATE: "200" } });
    const crashes = readCrashes(places(directory, 1));
    const gaveUp = crashes.filter(({ decision }) => decision.kind === "gave-up");
    assert.ok(gaveUp.length > 0);
    for (const { decision, restartsLeft } of gaveUp) {
      assert.match(
        decision.detail,
        /^\/node.* gave up \((halt|safe-mode)\): .* needed more than 20 restarts in 10000 ms$/,
      );
      assert.ok(restartsLeft !== null);
    }
    assert.ok(gaveUp.some(({ restartsLeft }) => restartsLeft === 0), "the one that spent the last restart");
  });
});

Deno.test("a file of crashes that was changed is found out by the log; a torn last line is left out", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: { ...CHAOS, CWTS_NODE_DURATION: "20" } });
    const where = places(directory, 1);
    const crashes = readCrashes(where);
    assert.deepEqual(crashes.map((crash) => proveCrash(where, crash)), crashes.map(() => "same"));
    const text = Deno.readTextFileSync(where.file);
    Deno.writeTextFileSync(where.file, text.replace("(strike 2)", "(struck 2)").slice(0, -7));
    const [, changed, kept] = readCrashes(where);
    assert.deepEqual([proveCrash(where, changed), proveCrash(where, kept)], ["other", "same"]);
    assert.equal(readCrashes(where).length, crashes.length);
    const late: CrashView = { ...kept, auditIndex: 1e9 };
    assert.deepEqual([proveCrash(where, late), proveCrash(where, { ...kept, auditIndex: null })], ["absent", "absent"]);
    const segment = `${where.log}/${[...Deno.readDirSync(where.log)].find(({ name }) => name.endsWith(".log"))!.name}`;
    const bytes = Deno.readFileSync(segment);
    bytes[400] ^= 1;
    Deno.writeFileSync(segment, bytes);
    assert.equal(proveCrash(where, kept), "damaged");
  });
});

Deno.test("crashes that cannot be kept in the data directory are said once and stay on record", async () => {
  await withDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/data`);
    await Deno.writeTextFile(`${directory}/data/crashes`, "in the way");
    const { summary } = await run(directory, { environment: { ...CHAOS, CWTS_NODE_DURATION: "20" } });
    assert.equal(summary.audit.verified, true);
    const kept = records(directory).filter(({ typeName }) => typeName === "ActorCrashed");
    assert.equal(kept.length, summary.crashes);
    assert.equal(RecordType.ActorCrashed, 8);
  });
});
