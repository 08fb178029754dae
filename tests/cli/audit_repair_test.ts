/** Cutting what a loss of power left of a group, reading the good part of a damaged log, and everything that refuses to. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { AuditLog, RecordType, verifyAudit } from "../../ffi/mod.ts";
import { inside, withDirectory } from "./run.ts";

ensureCore();

const GROUPS = 5;
const EACH = 40;

interface Built {
  readonly data: string;
  readonly run: string;
  readonly segment: string;
  /** Bytes at the end of each group. */
  readonly ends: readonly number[];
}

/** A log of five groups of forty records in a data directory. */
async function built(root: string, segmentBytes?: number): Promise<Built> {
  const run = `${root}/runs/000001`;
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(`${root}/LOCK`, "");
  const log = AuditLog.open({ directory: run, durability: "batch", ...(segmentBytes ? { segmentBytes } : {}) });
  const ends: number[] = [];
  for (let group = 0; group < GROUPS; group++) {
    for (let i = 0; i < EACH; i++) log.appendJson(RecordType.Note, i, { group, i, scopes: [], filler: "x".repeat(100) });
    log.commit();
    ends.push(log.head().bytes);
  }
  log.close();
  return { data: root, run, segment: `${run}/audit-0000000000.log`, ends };
}

/** Zeroes a sector in a group; its seal stays. */
async function loseSector({ segment, ends }: Built, group: number): Promise<void> {
  const bytes = await Deno.readFile(segment);
  bytes.fill(0, ends[group - 1] + 512, ends[group - 1] + 1024);
  await Deno.writeFile(segment, bytes);
}

const repair = (data: string, index: number) =>
  inside(["audit", "repair", "--data-dir", data, "--cut", String(index), "--reason", "power lost"]);
const show = (data: string, ...more: readonly string[]) =>
  inside(["audit", "show", "--data-dir", data, "--limit", "0", ...more]);

const GOOD = (GROUPS - 1) * EACH;

Deno.test("the last group that lost a sector is cut where a person says, its bytes are kept and the cut waits for the next log", async () => {
  await withDirectory(async (root) => {
    const log = await built(root);
    await loseSector(log, GROUPS - 1);
    const before = await Deno.readFile(log.segment);
    assert.throws(() => AuditLog.open({ directory: log.run }), /damaged/i, "no rule cuts it off");
    const { exit, out, err } = await repair(root, GOOD);
    assert.equal(exit, 0, err);
    assert.match(out, /run 1: \d+ bytes behind record 159 were cut off and are kept in .*torn-0000000000-\d+\.bin/);
    const verdict = verifyAudit(log.run);
    assert.deepEqual([verdict.ok, verdict.records], [true, GOOD]);
    const kept = await Deno.readFile(`${log.run}/torn-0000000000-${log.ends[GROUPS - 2]}.bin`);
    assert.deepEqual(kept, before.subarray(log.ends[GROUPS - 2]));
    const [event] = JSON.parse(await Deno.readTextFile(`${root}/retention.json`)).unrecorded;
    assert.deepEqual(
      [event.action, event.run, event.index, event.reason, event.root],
      ["log-cut", 1, GOOD, "power lost", verdict.root],
    );
    AuditLog.open({ directory: log.run }).close();
  });
});

Deno.test("nothing else is cut: not elsewhere, nothing acknowledged, nothing signed, nothing whole", async () => {
  await withDirectory(async (root) => {
    const log = await built(root);
    const refused = async (index: number, why: RegExp) => {
      const before = await Deno.readFile(log.segment);
      const { exit, err } = await repair(root, index);
      assert.equal(exit, 1, err);
      assert.match(err, why);
      assert.deepEqual(await Deno.readFile(log.segment), before, "the log is as it was");
    };
    await refused(GOOD, /the log is whole/);
    await loseSector(log, GROUPS - 1);
    await refused(GOOD - 1, /ends with 160 records, at the end of a sealed group: say --cut 160/);
    await refused(GOOD - EACH, /say --cut 160/);
    await Deno.writeTextFile(`${log.run}/checkpoint`, `cwts/node/000001\n${GOOD + 1}\nroot\n`);
    await refused(GOOD, /a signed checkpoint covers 161 records/);
    await Deno.remove(`${log.run}/checkpoint`);
    const lock = await Deno.open(`${log.run}/LOCK`, { write: true, create: true });
    assert.ok(lock.tryLockSync(true));
    await refused(GOOD, /a node writes this log/);
    lock.close();
    await loseSector(log, GROUPS - 2);
    await refused(GOOD - EACH, /a group behind the damage is sealed \(up to record 200\)/);
  });
});

Deno.test("what a rule mends, and damage before the last segment, is left to others", async () => {
  await withDirectory(async (root) => {
    const log = await built(root);
    const whole = await Deno.readFile(log.segment);
    await Deno.writeFile(log.segment, whole.subarray(0, whole.length - 200));
    const { exit, err } = await repair(root, GOOD);
    assert.equal(exit, 1);
    assert.match(err, /which the next start cuts off by rule/);
  });
  await withDirectory(async (root) => {
    const log = await built(root, 8_192);
    const bytes = await Deno.readFile(log.segment);
    bytes.fill(0, 1_024, 1_536);
    await Deno.writeFile(log.segment, bytes);
    const { exit, err } = await repair(root, 1);
    assert.equal(exit, 1);
    assert.match(err, /the damage is in segment 0, and \d is the last/);
  });
});

Deno.test("the good part of a damaged log can be read, and is named as one", async () => {
  await withDirectory(async (root) => {
    const log = await built(root);
    await loseSector(log, GROUPS - 1);
    const { exit, out, err } = await show(root, "--until", String(GOOD), "--json");
    assert.equal(exit, 0, err);
    assert.equal(out.split("\n").length, GOOD);
    assert.match(err, /this log is DAMAGED \(\w+\) at record \d+, segment 0, byte \d+/);
    const beyond = await show(root, "--until", String(GOOD + EACH));
    assert.equal(beyond.exit, 1);
    assert.match(beyond.err, /the log is damaged \(\w+\) at record/);
    assert.equal(beyond.out, "");
    const lines = await inside([
      "audit",
      "export",
      "--log",
      log.run,
      "--format",
      "jsonl",
      "--to",
      String(GOOD),
      "--out",
      `${root}/x`,
    ]);
    assert.equal(lines.exit, 0, lines.err);
    assert.match(lines.err, /this log is DAMAGED/);
    assert.equal((await Deno.readTextFile(`${root}/x`)).trim().split("\n").length, GOOD);
    const some = await show(root, "--until", "3", "--from", "1", "--json");
    assert.equal(some.out.split("\n").length, 2);
  });
});
