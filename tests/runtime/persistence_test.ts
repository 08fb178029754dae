/** Actors that remember: the journals, and the life of an event-sourced actor over each of them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import {
  type EventJournal,
  eventSourced,
  type EventSourcedDef,
  JournalGap,
  MemoryJournal,
  SqliteJournal,
  type StoredEvent,
  type StoredSnapshot,
} from "../../runtime/persistence/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { durableJournalContract, event, journalContract } from "./journal_contract.ts";
import { add, type Added, type Command, played, type Sum, sums } from "./sums.ts";

/** Answers everything a few microtasks later. */
class SlowJournal implements EventJournal {
  constructor(private readonly inner: MemoryJournal = new MemoryJournal()) {}
  private async later<T>(work: () => T): Promise<T> {
    for (let i = 0; i < 3; i++) await null;
    return work();
  }
  claim = (id: string) => this.later(() => this.inner.claim(id));
  append = (id: string, epoch: number, events: readonly StoredEvent[]) =>
    this.later(() => this.inner.append(id, epoch, events));
  read = (id: string, from: number) => this.later(() => this.inner.read(id, from));
  saveSnapshot = (id: string, epoch: number, snapshot: StoredSnapshot) =>
    this.later(() => this.inner.saveSnapshot(id, epoch, snapshot));
  loadSnapshot = (id: string) => this.later(() => this.inner.loadSnapshot(id));
}

const JOURNALS: Readonly<Record<string, () => EventJournal>> = {
  memory: () => new MemoryJournal(),
  sqlite: () => new SqliteJournal(":memory:"),
  slow: () => new SlowJournal(),
};

function close(journal: EventJournal): void {
  if (journal instanceof SqliteJournal) journal[Symbol.dispose]();
}

for (const [name, open] of Object.entries(JOURNALS)) {
  journalContract(name, () => {
    const journal = open();
    return { journal, close: () => close(journal) };
  });
}

durableJournalContract("sqlite", {
  open: (directory) => {
    const journal = new SqliteJournal(`${directory}/journal.db`);
    return { journal, close: () => journal[Symbol.dispose]() };
  },
  script: `
    import { SqliteJournal } from "$ROOT/runtime/persistence/mod.ts";
    const journal = new SqliteJournal(Deno.args[0] + "/journal.db");`,
  tear: (directory) => {
    const wal = `${directory}/journal.db-wal`;
    Deno.truncateSync(wal, Deno.statSync(wal).size - 10);
  },
});

Deno.test("sqlite journal: what was appended is there after the file was closed, and a missing event is found", async () => {
  const path = await Deno.makeTempFile();
  {
    using journal = new SqliteJournal(path);
    const epoch = journal.claim("a");
    journal.append("a", epoch, [1, 2, 3].map((n) => event(n)));
    journal.saveSnapshot("a", epoch, { sequence: 2, version: 1, state: { sum: 3 } });
  }
  {
    using journal = new SqliteJournal(path);
    assert.deepEqual(journal.loadSnapshot("a"), { sequence: 2, version: 1, state: { sum: 3 } });
    assert.deepEqual(journal.read("a", 1).map(({ payload }) => payload), [1, 2, 3]);
    assert.equal(journal.claim("a"), 2, "the epoch outlives the process");
  }
  const db = new DatabaseSync(path);
  db.exec("DELETE FROM events WHERE sequence = 2");
  db.close();
  using journal = new SqliteJournal(path);
  assert.throws(() => journal.read("a", 1), JournalGap);
  await Deno.remove(path);
});

Deno.test("Commands and crashes in any order come to the sum of the commands, with any snapshot policy", async () => {
  const step = fc.oneof(
    fc.integer({ min: -9, max: 9 }).map(add),
    fc.integer({ min: -9, max: 9 }).map((n): Command => ({ kind: "AddTwice", n })),
    fc.constant<Command>({ kind: "Crash" }),
  );
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    fc.constantFrom("memory", "sqlite", "slow"),
    fc.integer({ min: 0, max: 5 }),
    async (commands, name, snapshotEvery) => {
      const journal = JOURNALS[name]();
      const total = commands.reduce(
        (sum, command) => sum + (command.kind === "Add" ? command.n : command.kind === "AddTwice" ? 2 * command.n : 0),
        0,
      );
      const state = await played(journal, commands, sums({ snapshotEvery })) as Sum;
      assert.equal(state.total, total);
      assert.deepEqual(await played(journal, [], sums({ snapshotEvery })), state);
      close(journal);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

Deno.test("A command is answered after its events are kept, one that changes nothing as well", async () => {
  const journal = new SlowJournal();
  const system = testSystem({ patienceMs: 1000 });
  const ref = system.start("sum", eventSourced(sums()), { id: "s", journal });
  const first = system.ask<Command, number>(ref, (replyTo) => ({ kind: "Add", n: 4, replyTo }), 1000);
  const second = system.ask<Command, number>(ref, (replyTo) => ({ kind: "Refuse", replyTo }), 1000);
  await settle(system);
  assert.deepEqual([await first, await second], [{ ok: true, value: 4 }, { ok: true, value: -4 }]);
  await finish(system);
});

Deno.test("A snapshot shortens recovery and is not used by another version of the state", async () => {
  const journal = new MemoryJournal();
  await played(journal, [1, 2, 3, 4, 5].map(add), sums({ snapshotEvery: 2 }));
  assert.equal(journal.loadSnapshot("s")!.sequence, 4);
  const reads: number[] = [];
  const counting = Object.assign(Object.create(journal) as MemoryJournal, {
    read: (id: string, from: number) => {
      reads.push(from);
      return journal.read(id, from);
    },
  });
  assert.deepEqual(await played(counting, [], sums({ snapshotEvery: 2 })), { total: 15, count: 5 });
  const migrate = (payload: unknown) => payload as Added;
  assert.deepEqual(await played(counting, [], sums({ version: 2, migrate })), { total: 15, count: 5 });
  assert.deepEqual(reads, [5, 1]);
});

Deno.test("An older event is migrated; without a way to migrate, or newer than the actor, it is a failed start", async () => {
  const journal = new MemoryJournal();
  await played(journal, [add(3)]);
  const doubled = sums({ version: 2, migrate: (payload) => ({ n: 2 * (payload as Added).n }) });
  assert.deepEqual(await played(journal, [add(1)], doubled), { total: 7, count: 2 });
  const system = testSystem();
  const start = (def: EventSourcedDef<Command, Added, Sum>) =>
    system.start("sum", eventSourced(def), { id: "s", journal });
  assert.throws(() => start(sums({ version: 2 })), /event 1 of "s" is of version 1: give sum a migrate/);
  assert.throws(() => start(sums()), /event 2 of "s" is of version 2, newer than 1/);
  await finish(system);
});

Deno.test("Of two actors that write one stream the older one crashes at its next event", async () => {
  const journal = new MemoryJournal();
  const system = testSystem();
  const old = system.start("old", eventSourced(sums()), { id: "s", journal });
  const young = system.start("young", eventSourced(sums()), { id: "s", journal });
  old.tell(add(1));
  young.tell(add(2));
  await settle(system);
  assert.match(system.debug.crashes()[0].reason, /WriterFenced: "s" is written by epoch 2 now: epoch 1 has to stop/);
  assert.deepEqual(journal.read("s", 1).map(({ payload }) => payload), [{ n: 2 }]);
  await finish(system);
});

Deno.test("A journal that fails at recovery is a crash, and commands wait for the next life", async () => {
  const inner = new MemoryJournal();
  let broken = true;
  const journal = new SlowJournal(inner);
  const flaky: EventJournal = {
    ...journal,
    read: (id, from) => broken ? (broken = false, Promise.reject(new Error("disk"))) : journal.read(id, from),
  };
  assert.deepEqual(await played(flaky, [add(1)]), { total: 1, count: 1 });
});
