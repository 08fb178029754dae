/** A replica follows its log to the byte, goes on wherever it was stopped, and writes over nothing. */
import assert from "node:assert/strict";
import { ensureCore } from "../../../../ffi/build.ts";
import { verifyAudit, verifyAuditAgainst } from "../../../../ffi/mod.ts";
import { flip, Logs, segments } from "./logs.ts";

ensureCore();

Deno.test("a replica has every sealed byte of the log, segment by segment, and its checkpoint", async () => {
  using logs = new Logs();
  logs.begin(1);
  await using replica = logs.open();
  for (let round = 0; round < 5; round++) {
    logs.append(300);
    const signed = logs.sign();
    const report = await logs.settled(replica);
    assert.deepEqual([report.records, report.verified, report.faults], [signed.records, signed, []]);
    assert.deepEqual(segments(logs.copyPath()), segments(logs.runPath()));
  }
  assert.ok(Object.keys(segments(logs.copyPath())).length > 3, "more than one segment");
  assert.ok(verifyAuditAgainst(logs.copyPath(), logs.sign()).ok);
});

Deno.test("what has no seal yet is not copied", async () => {
  using logs = new Logs();
  logs.begin(1, 64 * 1024 * 1024);
  logs.append(10);
  const segment = `${logs.runPath()}/audit-0000000000.log`;
  const whole = Deno.statSync(segment).size;
  logs.close();
  const bytes = Deno.readFileSync(segment);
  // A record that was written and whose seal was not: the beginning of the first group once more.
  Deno.writeFileSync(segment, bytes.subarray(128, 400), { append: true });
  await using replica = logs.open();
  await logs.settled(replica);
  assert.equal(Deno.statSync(`${logs.copyPath()}/audit-0000000000.log`).size, whole);
});

Deno.test("a copy that was cut anywhere goes on from there", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(400);
  const signed = logs.sign();
  {
    await using replica = logs.open();
    await logs.settled(replica);
  }
  const whole = segments(logs.runPath());
  const names = Object.keys(whole);
  for (let cut = 0; cut < 60; cut++) {
    const at = cut % names.length;
    for (const later of names.slice(at + 1)) Deno.removeSync(`${logs.copyPath()}/${later}`);
    const file = `${logs.copyPath()}/${names[at]}`;
    Deno.truncateSync(file, Math.floor(Deno.statSync(file).size * cut / 60));
    await using replica = logs.open();
    const report = await logs.settled(replica);
    assert.deepEqual([report.faults, report.verified], [[], signed]);
    assert.deepEqual(segments(logs.copyPath()), whole);
  }
});

Deno.test("earlier runs are caught up, marked when they are whole, and not read again then", async () => {
  using logs = new Logs();
  for (let run = 1; run <= 3; run++) {
    logs.begin(run);
    logs.append(100 * run);
    logs.sign();
  }
  {
    await using replica = logs.open();
    assert.deepEqual((await logs.settled(replica)).faults, []);
  }
  for (let run = 1; run <= 3; run++) assert.deepEqual(segments(logs.copyPath(run)), segments(logs.runPath(run)));
  const marks = [1, 2, 3].map((run) => {
    try {
      return Deno.statSync(`${logs.copyPath(run)}/complete.json`).isFile;
    } catch {
      return false;
    }
  });
  assert.deepEqual(marks, [true, true, false]);
});

Deno.test("a flipped byte in a replica is found when it is opened again, named, and not written over", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(200);
  logs.sign();
  {
    await using replica = logs.open();
    await logs.settled(replica);
  }
  const file = `${logs.copyPath()}/audit-0000000000.log`;
  flip(file, 1234);
  const before = Deno.readFileSync(file);
  logs.append(50);
  await using replica = logs.open();
  const [fault] = (await logs.settled(replica)).faults;
  assert.deepEqual([fault.code, fault.lasting, fault.run], ["REPLICA_DIFFERS", true, 1]);
  assert.match(fault.sentence, /audit-0000000000\.log differs from the log at byte 1234: .*audit verify/);
  assert.deepEqual(Deno.readFileSync(file), before);
});

Deno.test("a byte that flips while the replica follows is found by verifying, and stops the copy", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(200);
  logs.sign();
  await using replica = logs.open();
  await logs.settled(replica);
  flip(`${logs.copyPath()}/audit-0000000000.log`, 2345);
  const [fault] = (await logs.settled(replica)).faults;
  assert.equal(fault.code, "REPLICA_DIFFERS");
  assert.match(fault.sentence, /not what the checkpoint of 200 records says \(.* at record \d+\), and the log is/);
  const size = Deno.statSync(`${logs.copyPath()}/audit-0000000000.log`).size;
  logs.append(50);
  await replica.look({ verify: false, settle: false });
  assert.equal(Deno.statSync(`${logs.copyPath()}/audit-0000000000.log`).size, size);
});

Deno.test("a byte that flips in the log is told of the log, and the replica keeps what it has", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(200);
  logs.sign();
  await using replica = logs.open();
  await logs.settled(replica);
  flip(`${logs.runPath()}/audit-0000000000.log`, 2345);
  flip(`${logs.copyPath()}/audit-0000000000.log`, 2345);
  const [fault] = (await logs.settled(replica)).faults;
  assert.equal(fault.code, "LOG_UNREADABLE");
  assert.match(fault.sentence, /neither the log/);
});

Deno.test("a log that lost its end is told, and the replica that has it is not cut", async () => {
  using logs = new Logs();
  logs.begin(1, 64 * 1024 * 1024);
  logs.append(100);
  const early = Deno.readFileSync(`${logs.runPath()}/audit-0000000000.log`);
  logs.append(100);
  logs.sign();
  {
    await using replica = logs.open();
    await logs.settled(replica);
  }
  logs.close();
  Deno.writeFileSync(`${logs.runPath()}/audit-0000000000.log`, early);
  await using replica = logs.open();
  const [fault] = (await logs.settled(replica)).faults;
  assert.deepEqual([fault.code, fault.lasting], ["REPLICA_AHEAD", true]);
  assert.equal(verifyAudit(logs.copyPath()).records, 200);
});

Deno.test("somebody else who writes the replica is noticed", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(20);
  await using replica = logs.open();
  await logs.settled(replica);
  Deno.writeTextFileSync(`${logs.copyPath()}/audit-0000000000.log`, "hello", { append: true });
  assert.equal((await logs.settled(replica)).faults[0].code, "REPLICA_CHANGED");
});

Deno.test("another node's log of the same run is not written over", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(20, "ours");
  {
    await using replica = logs.open();
    await logs.settled(replica);
  }
  using other = new Logs();
  other.begin(1);
  other.append(30, "theirs");
  Deno.renameSync(logs.replica, other.replica);
  const before = segments(other.copyPath());
  await using replica = other.open();
  assert.equal((await other.settled(replica)).faults[0].code, "REPLICA_DIFFERS");
  assert.deepEqual(segments(other.copyPath()), before);
});

Deno.test("two nodes do not share a replica at one time", async () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(20);
  await using first = logs.open();
  await logs.settled(first);
  await using second = logs.open();
  const report = await second.look({ verify: false, settle: true });
  assert.deepEqual(report.faults.map(({ code, lasting }) => [code, lasting]), [["REPLICA_HELD", false]]);
});

const canMount = Deno.build.os === "linux" && Deno.uid() === 0;

function mount(...args: string[]): boolean {
  return new Deno.Command(args[0], { args: args.slice(1), stderr: "null" }).outputSync().success;
}

Deno.test({
  name: `a full disk is a fault that passes: with room again the replica catches up${
    canMount ? "" : " [needs root, to mount a small disk]"
  }`,
  ignore: !canMount,
  async fn() {
    using logs = new Logs();
    Deno.mkdirSync(logs.replica);
    assert.ok(mount("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", logs.replica));
    try {
      logs.begin(1, 64 * 1024 * 1024);
      await using replica = logs.open();
      logs.append(100);
      assert.deepEqual((await logs.settled(replica)).faults, []);
      logs.append(2000);
      const signed = logs.sign();
      const full = await logs.settled(replica);
      assert.deepEqual(full.faults.map(({ code, lasting }) => [code, lasting]), [["REPLICA_UNWRITABLE", false]]);
      assert.match(full.faults[0].sentence, /\(write: .*No space left/);
      assert.ok(mount("mount", "-o", "remount,size=8m", logs.replica));
      const after = await logs.settled(replica);
      assert.deepEqual([after.faults, after.verified], [[], signed]);
      assert.deepEqual(segments(logs.copyPath()), segments(logs.runPath()));
    } finally {
      mount("umount", "-l", logs.replica);
    }
  },
});

Deno.test({
  name: `a disk that may only be read is a fault that passes${canMount ? "" : " [needs root, to mount a small disk]"}`,
  ignore: !canMount,
  async fn() {
    using logs = new Logs();
    Deno.mkdirSync(logs.replica);
    assert.ok(mount("mount", "-t", "tmpfs", "-o", "size=8m,ro", "tmpfs", logs.replica));
    try {
      logs.begin(1);
      logs.append(100);
      await using replica = logs.open();
      const [fault] = (await logs.settled(replica)).faults;
      assert.deepEqual([fault.code, fault.lasting], ["REPLICA_UNWRITABLE", false]);
      assert.match(fault.sentence, /Read-only file system/);
      assert.ok(mount("mount", "-o", "remount,rw", logs.replica));
      assert.deepEqual((await logs.settled(replica)).faults, []);
    } finally {
      mount("umount", "-l", logs.replica);
    }
  },
});
