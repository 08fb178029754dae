/** Actors that remember: the journals, and the life of an event-sourced actor over each of them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { ActorRef } from "../../runtime/mod.ts";
import {
  type EventJournal,
  eventSourced,
  type EventSourcedDef,
  ignore,
  JournalGap,
  MemoryJournal,
  persist,
  SqliteJournal,
  type StoredEvent,
  type StoredSnapshot,
  WriterFenced,
} from "../../runtime/persistence/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";

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

const event = (sequence: number, payload: unknown = sequence): StoredEvent => ({ sequence, version: 1, payload });

for (const [name, open] of Object.entries(JOURNALS)) {
  Deno.test(`${name} journal: what was appended is read in order, from anywhere`, async () => {
    const journal = open();
    const epoch = await journal.claim("a");
    await journal.append("a", epoch, [event(1), event(2)]);
    await journal.append("a", epoch, [event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("a", 1), [event(1), event(2), event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("a", 3), [event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("b", 1), []);
    close(journal);
  });

  Deno.test(`${name} journal: a writer that was overtaken can append nothing and save nothing`, async () => {
    const journal = open();
    const first = await journal.claim("a");
    await journal.append("a", first, [event(1)]);
    const second = await journal.claim("a");
    assert.ok(second > first);
    await assert.rejects(async () => await journal.append("a", first, [event(2)]), WriterFenced);
    await assert.rejects(
      async () => await journal.saveSnapshot("a", first, { sequence: 1, version: 1, state: 0 }),
      WriterFenced,
    );
    await journal.append("a", second, [event(2)]);
    assert.equal((await journal.read("a", 1)).length, 2);
    close(journal);
  });

  Deno.test(`${name} journal: events that leave a gap or come again are refused, all of them`, async () => {
    const journal = open();
    const epoch = await journal.claim("a");
    await assert.rejects(async () => await journal.append("a", epoch, [event(2)]), JournalGap);
    await assert.rejects(async () => await journal.append("a", epoch, [event(1), event(3)]), JournalGap);
    await journal.append("a", epoch, [event(1)]);
    await assert.rejects(async () => await journal.append("a", epoch, [event(1)]), JournalGap);
    assert.deepEqual(await journal.read("a", 1), [event(1)]);
    close(journal);
  });
}

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

type Command =
  | { readonly kind: "Add"; readonly n: number; readonly replyTo?: ActorRef<number> }
  | { readonly kind: "AddTwice"; readonly n: number }
  | { readonly kind: "Refuse"; readonly replyTo: ActorRef<number> }
  | { readonly kind: "Crash" };
interface Added {
  readonly n: number;
}
interface Sum {
  readonly total: number;
  readonly count: number;
}

function sums(more: Partial<EventSourcedDef<Command, Added, Sum>> = {}): EventSourcedDef<Command, Added, Sum> {
  return {
    type: "sum",
    version: 1,
    initial: { total: 0, count: 0 },
    decide(_, command) {
      switch (command.kind) {
        case "Add":
          return persist([{ n: command.n }], ({ total }) => void command.replyTo?.tell(total));
        case "AddTwice":
          return persist([{ n: command.n }, { n: command.n }]);
        case "Refuse":
          return ignore(({ total }) => void command.replyTo.tell(-total));
        case "Crash":
          throw new Error("on request");
      }
    },
    apply: ({ total, count }, { n }) => ({ total: total + n, count: count + 1 }),
    inspect: (state) => state,
    ...more,
  };
}

/** The state an actor over `journal` comes to, given commands; every "Crash" is a restart. */
async function played(
  journal: EventJournal,
  commands: readonly Command[],
  def: EventSourcedDef<Command, Added, Sum> = sums(),
): Promise<unknown> {
  const system = testSystem({ patienceMs: 1000 });
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 1000,
    children: [worker("sum", eventSourced(def), { id: "s", journal })],
  });
  const ref = system.find("/top/sum") as ActorRef<Command>;
  for (const command of commands) ref.tell(command);
  await settle(system);
  const { state } = system.inspect("/top/sum") as { readonly state: Sum };
  await finish(system);
  return state;
}

const add = (n: number): Command => ({ kind: "Add", n });

for (const [name, open] of Object.entries(JOURNALS)) {
  Deno.test(`An event-sourced actor is where it was after crashes and in a new system (${name})`, async () => {
    const journal = open();
    assert.deepEqual(
      await played(journal, [add(1), { kind: "Crash" }, { kind: "AddTwice", n: 5 }, { kind: "Crash" }]),
      {
        total: 11,
        count: 3,
      },
    );
    assert.deepEqual(await played(journal, [add(2)]), { total: 13, count: 4 });
    close(journal);
  });
}

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
