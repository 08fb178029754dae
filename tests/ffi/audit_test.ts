/** The audit log and the control page across processes and restarts. */
import assert from "node:assert/strict";
import {
  type AuditHead,
  AuditLog,
  Code,
  ControlPage,
  NativeError,
  readAudit,
  RecordType,
  ScopeState,
  verifyAudit,
  verifyAuditAgainst,
  verifyAuditInBackground,
} from "../../ffi/mod.ts";
import { inDirectory, NOW, runScript } from "./native.ts";

const refusedWith = (code: number) => (error: unknown): boolean =>
  error instanceof NativeError && error.code === code && error.message.length > 10;

function write(directory: string, notes: number): AuditLog {
  const audit = AuditLog.open({ directory, durability: "batch", segmentBytes: 4096 });
  for (let i = 0; i < notes; i++) audit.appendJson(RecordType.Note, NOW + i, { i });
  audit.commit();
  return audit;
}

Deno.test("a directory is held by one log at a time", async () => {
  await inDirectory((directory) => {
    const audit = write(directory, 1);
    assert.throws(() => AuditLog.open({ directory }), refusedWith(Code.Locked));
    audit.close();
    AuditLog.open({ directory }).close();
  });
});

Deno.test("another process is refused too, with a sentence that says what to do", async () => {
  await inDirectory(async (directory) => {
    using _audit = write(directory, 1);
    const { stdout } = await runScript(
      `import { AuditLog } from "$ROOT/ffi/mod.ts";
       try { AuditLog.open({ directory: "${directory}" }); } catch (e) { console.log(e.codeName + "|" + e.message); }`,
    );
    assert.match(stdout, /^Locked\|.*another data directory/);
  });
});

Deno.test("a log goes on where it ended", async () => {
  await inDirectory((directory) => {
    const first = write(directory, 100);
    const head = first.head();
    assert.deepEqual([head.records, head.durable], [100, 100]);
    assert.ok(head.segments > 1);
    first.close();
    const again = AuditLog.open({ directory });
    assert.deepEqual([again.head().root, again.head().chain], [head.root, head.chain]);
    assert.equal(again.repairedAt, null);
    assert.equal(again.append(RecordType.Note, NOW, new Uint8Array(0)), 100);
    again.close();
    assert.ok(verifyAuditAgainst(directory, head).ok);
    assert.equal(verifyAuditAgainst(directory, { records: 500, root: head.root }).damage, "missing");
    assert.throws(() => verifyAuditAgainst(directory, { records: 1, root: "abc" }), refusedWith(Code.BadArgument));
  });
});

Deno.test("a changed byte is named by record, segment and offset, here and in the background", async () => {
  await inDirectory(async (directory) => {
    write(directory, 100).close();
    const whole = verifyAudit(directory);
    assert.ok(whole.ok && whole.badIndex === null && whole.records === 100);
    const segments = [...Deno.readDirSync(directory)].map((entry) => entry.name).filter((name) =>
      name.endsWith(".log")
    );
    const file = `${directory}/${segments.sort()[1]}`;
    const bytes = Deno.readFileSync(file);
    bytes[300] ^= 1;
    Deno.writeFileSync(file, bytes);
    const broken = verifyAudit(directory);
    assert.ok(!broken.ok && broken.badSegment === 1 && broken.badIndex === broken.records);
    assert.ok(broken.badOffset! <= 300);
    const heard: number[] = [];
    assert.deepEqual(await verifyAuditInBackground(directory, (bytes) => heard.push(bytes)), broken);
    assert.throws(() => [...readAudit(directory)], refusedWith(Code.Corrupt));
    // What is sealed before the group of the bad record is handed out; the whole segment is, and no record of the group.
    const read: number[] = [];
    try {
      for (const record of readAudit(directory)) read.push(record.index);
    } catch (error) {
      assert.ok(refusedWith(Code.Corrupt)(error));
    }
    assert.ok(read.length > 0 && read.length <= broken.records);
    assert.deepEqual(read, read.map((_, i) => i));
  });
});

Deno.test("the root depends on the records alone, the chain also on their groups", async () => {
  const heads: AuditHead[] = [];
  for (const every of [1, 7, 1000]) {
    await inDirectory((directory) => {
      using audit = AuditLog.open({ directory, durability: "batch", segmentBytes: 4096 * every });
      for (let i = 0; i < 100; i++) {
        audit.appendJson(RecordType.Note, NOW + i, { i });
        if (i % every === 0) audit.commit();
      }
      heads.push(audit.head());
    });
  }
  assert.equal(new Set(heads.map(({ root }) => root)).size, 1);
  assert.equal(new Set(heads.map(({ chain }) => chain)).size, 3);
});

Deno.test("a log in memory verifies itself", () => {
  using audit = AuditLog.memory();
  audit.appendJson(RecordType.Note, NOW, { hello: "world" });
  const verdict = audit.verifyMemory();
  const { root, chain } = audit.head();
  assert.deepEqual([verdict?.ok, verdict?.records, verdict?.root, verdict?.chain], [true, 1, root, chain]);
});

Deno.test("payloads of any size come back whole", async () => {
  await inDirectory((directory) => {
    const sizes = [0, 1, 7, 8, 4096, 4097, 60_000];
    {
      using audit = AuditLog.open({ directory, durability: "memory" });
      sizes.forEach((size, i) => audit.append(RecordType.Note, NOW, new Uint8Array(size).fill(i)));
      assert.throws(() => audit.append(RecordType.Note, NOW, new Uint8Array(2 ** 24)), refusedWith(Code.BadArgument));
      assert.ok(!audit.failed);
    }
    const read = [...readAudit(directory)];
    assert.deepEqual(read.map((record) => record.payload.length), sizes);
    read.forEach((record, i) => assert.ok(record.payload.every((byte) => byte === i)));
  });
});

Deno.test("a log that is not there is a sentence", () => {
  assert.throws(() => [...readAudit("/nowhere/at/all")], refusedWith(Code.Io));
  assert.equal(verifyAudit("/nowhere/at/all").damage, "segment missing");
});

Deno.test("a page outlives its process, and another process's word is seen at once", async () => {
  await inDirectory(async (directory) => {
    assert.throws(() => ControlPage.openExisting(directory), refusedWith(Code.Io));
    {
      using page = ControlPage.open(directory);
      page.setName(0, "firm");
      page.setName(3, "organism:anglerfish");
      page.attach(4242);
      page.heartbeat(1.7e18);
      assert.equal(page.pending(), null);
      const { code, stderr } = await runScript(
        `import { ControlPage } from "$ROOT/ffi/mod.ts";
         const page = ControlPage.openExisting("${directory}");
         page.request(page.find("organism:anglerfish"), 3, "too many rejects", "operator", 1.7e18);`,
      );
      assert.equal(code, 0, stderr);
      assert.equal(page.scope(3), ScopeState.Killed);
      assert.equal(page.effective(3, 0), ScopeState.Killed);
      assert.equal(page.effective(2, 0), ScopeState.Active);
      assert.equal(page.pending(), 1);
      const { reason, actor, requestEpoch, ownerPid } = page.header();
      assert.deepEqual([reason, actor, requestEpoch, ownerPid], ["too many rejects", "operator", 1, 4242]);
      page.done(1, 12, 0, 3_500);
      assert.equal(page.pending(), null);
      page.flush();
    }
    using again = ControlPage.openExisting(directory);
    assert.equal(again.scope(3), ScopeState.Killed);
    assert.deepEqual([again.name(3), again.find("nobody"), again.header().doneCancelled], [
      "organism:anglerfish",
      null,
      12,
    ]);
    assert.throws(() => again.setName(1, "x".repeat(33)), refusedWith(Code.BadArgument));
  });
});
