/** The journal over the audit log: what every journal promises, and what only this one does. */
import assert from "node:assert/strict";
import { AuditJournal } from "../../../actors/auditors/audit_journal.ts";
import { PART_CHARACTERS } from "../../../actors/auditors/stream_records.ts";
import { AuditLog, Code, NativeError, readAudit, RecordType, verifyAudit } from "../../../ffi/mod.ts";
import { durableJournalContract, event, journalContract } from "../../runtime/journal_contract.ts";

const now = () => 1_700_000_000_000_000;

journalContract("audit", () => {
  const directory = Deno.makeTempDirSync({ prefix: "cwts-journal-" });
  const journal = new AuditJournal({ directory, now });
  return {
    journal,
    close: () => {
      journal[Symbol.dispose]();
      Deno.removeSync(directory, { recursive: true });
    },
  };
});

durableJournalContract("audit", {
  open: (directory) => {
    const journal = new AuditJournal({ directory, now, segmentBytes: 65_536 });
    return { journal, close: () => journal[Symbol.dispose]() };
  },
  script: `
    import { AuditJournal } from "$ROOT/actors/auditors/audit_journal.ts";
    const journal = new AuditJournal({ directory: Deno.args[0], now: () => 1, segmentBytes: 65_536 });`,
  tear: (directory) => {
    const last = `${directory}/${segments(directory).at(-1)}`;
    Deno.truncateSync(last, Deno.statSync(last).size - 3);
  },
});

function segments(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".log")).sort();
}

async function inDirectory(body: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-journal-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("events, claims and snapshots are records of a log that verifies", () =>
  inDirectory((directory) => {
    {
      using journal = new AuditJournal({ directory, now });
      const epoch = journal.claim("a");
      journal.append("a", epoch, [event(1), event(2)]);
      journal.saveSnapshot("a", epoch, { sequence: 2, version: 1, state: 3 });
    }
    assert.equal(verifyAudit(directory).ok, true);
    assert.deepEqual([...readAudit(directory)].map(({ type, time }) => [type, time]), [
      [RecordType.StreamClaimed, now()],
      [RecordType.StreamAppended, now()],
      [RecordType.StreamSnapshot, now()],
    ]);
  }));

Deno.test("a directory has one writer: a second one is refused, here and in another process", () =>
  inDirectory((directory) => {
    using _journal = new AuditJournal({ directory, now });
    assert.throws(
      () => new AuditJournal({ directory, now }),
      (error) => error instanceof NativeError && error.code === Code.Locked,
    );
  }));

Deno.test("a log that was changed is refused when it is opened, and the directory is free again", () =>
  inDirectory((directory) => {
    {
      using journal = new AuditJournal({ directory, now, segmentBytes: 4096 });
      const epoch = journal.claim("a");
      for (let n = 1; n <= 50; n++) journal.append("a", epoch, [event(n)]);
    }
    const [segment] = segments(directory);
    const bytes = Deno.readFileSync(`${directory}/${segment}`);
    bytes[500] ^= 1;
    Deno.writeFileSync(`${directory}/${segment}`, bytes);
    for (let tries = 0; tries < 2; tries++) {
      assert.throws(
        () => new AuditJournal({ directory, now }),
        (error) => error instanceof NativeError && error.code === Code.Corrupt,
      );
    }
  }));

Deno.test("an append in several records that was not finished does not count", () =>
  inDirectory((directory) => {
    const long = "x".repeat(3 * PART_CHARACTERS);
    {
      using journal = new AuditJournal({ directory, now });
      const epoch = journal.claim("a");
      journal.append("a", epoch, [event(1)]);
      journal.append("a", epoch, [event(2, long)]);
    }
    // All of the last append but its last part, as a crash between two writes leaves it.
    const kept = [...readAudit(directory)].slice(0, -1);
    assert.ok(kept.length > 4);
    const other = `${directory}/other`;
    {
      using log = AuditLog.open({ directory: other });
      for (const { type, time, payload } of kept) log.append(type, time, payload);
      log.commit();
    }
    using journal = new AuditJournal({ directory: other, now });
    assert.deepEqual(journal.read("a", 1), [event(1)]);
    const epoch = journal.claim("a");
    journal.append("a", epoch, [event(2, "again")]);
    assert.deepEqual(journal.read("a", 1), [event(1), event(2, "again")]);
    journal[Symbol.dispose]();
    using reopened = new AuditJournal({ directory: other, now });
    assert.deepEqual(reopened.read("a", 1), [event(1), event(2, "again")]);
  }));

Deno.test("records of other kinds in the log are passed over", () =>
  inDirectory((directory) => {
    {
      using log = AuditLog.open({ directory });
      log.appendJson(RecordType.Note, now(), { stream: "a", epoch: 7, part: 0, parts: 1, json: "[]" });
      log.commit();
    }
    using journal = new AuditJournal({ directory, now });
    assert.deepEqual(journal.read("a", 1), []);
    assert.equal(journal.claim("a"), 1);
  }));
