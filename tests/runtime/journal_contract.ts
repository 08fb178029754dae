/** What every journal promises, as tests that are run over each of them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type EventJournal, JournalGap, type StoredEvent, WriterFenced } from "../../runtime/persistence/mod.ts";
import { add, played, sums } from "./sums.ts";

export interface OpenJournal {
  readonly journal: EventJournal;
  readonly close: () => void;
}

export const event = (sequence: number, payload: unknown = sequence): StoredEvent => ({
  sequence,
  version: 1,
  payload,
});

/** `open` makes a new, empty journal. */
export function journalContract(name: string, open: () => OpenJournal): void {
  const test = (sentence: string, body: (journal: EventJournal) => Promise<void>) =>
    Deno.test(`${name} journal: ${sentence}`, async () => {
      const { journal, close } = open();
      try {
        await body(journal);
      } finally {
        close();
      }
    });

  test("what was appended is read in order, from anywhere", async (journal) => {
    const epoch = await journal.claim("a");
    await journal.append("a", epoch, [event(1), event(2)]);
    await journal.append("a", epoch, [event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("a", 1), [event(1), event(2), event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("a", 2), [event(2), event(3, { deep: [1, "x"] })]);
    assert.deepEqual(await journal.read("a", 4), []);
    assert.deepEqual(await journal.read("b", 1), []);
  });

  test("a writer that was overtaken can append nothing and save nothing", async (journal) => {
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
    assert.equal(await journal.loadSnapshot("a"), null);
  });

  test("streams do not see one another", async (journal) => {
    const [a, b] = [await journal.claim("a"), await journal.claim("b")];
    await journal.append("a", a, [event(1, "a1")]);
    await journal.append("b", b, [event(1, "b1"), event(2, "b2")]);
    await journal.saveSnapshot("b", b, { sequence: 1, version: 1, state: "b" });
    await journal.append("a", a, [event(2, "a2")]);
    assert.deepEqual(await journal.read("a", 1), [event(1, "a1"), event(2, "a2")]);
    assert.deepEqual(await journal.read("b", 1), [event(1, "b1"), event(2, "b2")]);
    assert.equal(await journal.loadSnapshot("a"), null);
  });

  test("events that leave a gap or come again are refused, all of them", async (journal) => {
    const epoch = await journal.claim("a");
    await assert.rejects(async () => await journal.append("a", epoch, [event(2)]), JournalGap);
    await assert.rejects(async () => await journal.append("a", epoch, [event(1), event(3)]), JournalGap);
    await journal.append("a", epoch, [event(1)]);
    await assert.rejects(async () => await journal.append("a", epoch, [event(1)]), JournalGap);
    assert.deepEqual(await journal.read("a", 1), [event(1)]);
  });

  test("the latest snapshot counts, and what came before it can still be read", async (journal) => {
    const epoch = await journal.claim("a");
    assert.equal(await journal.loadSnapshot("a"), null);
    await journal.append("a", epoch, [event(1), event(2), event(3)]);
    await journal.saveSnapshot("a", epoch, { sequence: 2, version: 1, state: { sum: 3 } });
    await journal.append("a", epoch, [event(4)]);
    await journal.saveSnapshot("a", epoch, { sequence: 3, version: 2, state: { sum: 6 } });
    await journal.append("a", epoch, [event(5)]);
    assert.deepEqual(await journal.loadSnapshot("a"), { sequence: 3, version: 2, state: { sum: 6 } });
    assert.deepEqual(await journal.read("a", 4), [event(4), event(5)]);
    assert.deepEqual(await journal.read("a", 2), [2, 3, 4, 5].map((n) => event(n)));
    assert.deepEqual(await journal.read("a", 1), [1, 2, 3, 4, 5].map((n) => event(n)));
  });

  test("what is kept and what is read belong to nobody else", async (journal) => {
    const epoch = await journal.claim("a");
    const payload = { n: 1 };
    const state = { sum: 1 };
    await journal.append("a", epoch, [event(1, payload)]);
    await journal.saveSnapshot("a", epoch, { sequence: 0, version: 1, state });
    payload.n = state.sum = 2;
    const [read] = await journal.read("a", 1);
    (read.payload as { n: number }).n = 3;
    const snapshot = (await journal.loadSnapshot("a"))!;
    (snapshot.state as { sum: number }).sum = 3;
    assert.deepEqual(await journal.read("a", 1), [event(1, { n: 1 })]);
    assert.deepEqual((await journal.loadSnapshot("a"))!.state, { sum: 1 });
  });

  test("a long batch, an odd text and a large snapshot come back as they were", async (journal) => {
    const epoch = await journal.claim('ström/🐙 "a"');
    const text = '🐙\u0000\n"\\ü'.repeat(20_000);
    await journal.append('ström/🐙 "a"', epoch, [event(1, { text }), ...[2, 3, 4].map((n) => event(n, text))]);
    await journal.saveSnapshot('ström/🐙 "a"', epoch, { sequence: 3, version: 1, state: { text } });
    assert.deepEqual(await journal.read('ström/🐙 "a"', 1), [
      event(1, { text }),
      ...[2, 3, 4].map((n) => event(n, text)),
    ]);
    assert.deepEqual((await journal.loadSnapshot('ström/🐙 "a"'))!.state, { text });
  });

  test("an actor over it is where it was after crashes and in a new system", async (journal) => {
    for (const snapshotEvery of [0, 2]) {
      const before = await played(journal, [], sums({ snapshotEvery })) as { total: number; count: number };
      const script = [add(1), { kind: "Crash" }, { kind: "AddTwice", n: 5 }, { kind: "Crash" }] as const;
      const { total, count } = before;
      assert.deepEqual(await played(journal, script, sums({ snapshotEvery })), { total: total + 11, count: count + 3 });
      assert.deepEqual(await played(journal, [add(2)], sums({ snapshotEvery })), {
        total: total + 13,
        count: count + 4,
      });
    }
  });
}

export interface DurableJournal {
  /** Opens the journal that lies in a directory, or makes one. */
  readonly open: (directory: string) => OpenJournal;
  /** The beginning of a program that opens it as `journal` in the directory of its first argument. $ROOT: the sources. */
  readonly script: string;
  /** Takes away the last bytes that were written, as a loss of power in the middle of a write does. */
  readonly tear: (directory: string) => void;
}

const ROOT = new URL("../../", import.meta.url);
/** Appends two events at a time for ever, with a snapshot now and then, and says what it was told is kept. */
const WRITER = `
const epoch = journal.claim("a");
console.log("epoch " + epoch);
let last = journal.read("a", 1).length;
for (let n = 1;; n++) {
  journal.append("a", epoch, [1, 2].map((i) => ({ sequence: last + i, version: 1, payload: { n: last + i } })));
  last += 2;
  if (n % 7 === 0) journal.saveSnapshot("a", epoch, { sequence: last, version: 1, state: { last } });
  console.log(String(last));
}`;

/** Runs a writer in a process of its own and kills it in the middle; what it was told is kept when that happened. */
async function killedWriter(script: string, directory: string, acknowledgements: number): Promise<number> {
  const program = `${directory}.ts`;
  await Deno.writeTextFile(program, (script + WRITER).replaceAll("$ROOT/", ROOT.href));
  const args = ["run", "-A", "--no-check", "--config", fileURLToPath(new URL("deno.json", ROOT)), program, directory];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", text);
  await Deno.remove(program);
  // The last line may be half a number.
  return Number(text.split("\n").at(-2));
}

export function durableJournalContract(name: string, { open, script, tear }: DurableJournal): void {
  const test = (sentence: string, body: (directory: string) => Promise<void>) =>
    Deno.test(`${name} journal: ${sentence}`, async () => {
      const directory = await Deno.makeTempDir({ prefix: "cwts-journal-" });
      try {
        await body(directory);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    });
  const whole = (events: readonly StoredEvent[]) =>
    assert.deepEqual(events, events.map((_, i) => event(i + 1, { n: i + 1 })));

  test("everything is there after it was closed, and the epoch goes on", async (directory) => {
    const first = open(directory);
    const epoch = await first.journal.claim("a");
    await first.journal.append("a", epoch, [event(1), event(2)]);
    await first.journal.saveSnapshot("a", epoch, { sequence: 1, version: 1, state: "one" });
    await first.journal.append("a", epoch, [event(3)]);
    first.close();
    const { journal, close } = open(directory);
    assert.deepEqual(await journal.loadSnapshot("a"), { sequence: 1, version: 1, state: "one" });
    assert.deepEqual(await journal.read("a", 2), [event(2), event(3)]);
    assert.deepEqual(await journal.read("a", 1), [event(1), event(2), event(3)]);
    const next = await journal.claim("a");
    assert.ok(next > epoch, "the epoch outlives the process");
    await assert.rejects(async () => await journal.append("a", epoch, [event(4)]), WriterFenced);
    await journal.append("a", next, [event(4)]);
    close();
  });

  test("a writer that is killed in the middle loses nothing it was told is kept", async (directory) => {
    let acknowledged = 0;
    for (let round = 1; round <= 2; round++) {
      acknowledged = await killedWriter(script, directory, 30 * round);
      const { journal, close } = open(directory);
      const events = await journal.read("a", 1);
      assert.ok(acknowledged >= 20 && events.length >= acknowledged, `${events.length} of ${acknowledged}`);
      assert.equal(events.length % 2, 0, "of one append all events or none");
      whole(events);
      const snapshot = (await journal.loadSnapshot("a"))!;
      assert.deepEqual(snapshot.state, { last: snapshot.sequence });
      assert.ok(snapshot.sequence <= events.length);
      assert.equal(await journal.claim("a"), 2 * round, "each writer and each of these has claimed it once");
      close();
    }
  });

  test("a torn end costs the last append and nothing else, and it goes on from there", async (directory) => {
    const acknowledged = await killedWriter(script, directory, 40);
    tear(directory);
    const { journal, close } = open(directory);
    const events = await journal.read("a", 1);
    assert.ok(events.length >= acknowledged - 2, `${events.length} of ${acknowledged}`);
    assert.equal(events.length % 2, 0, "of one append all events or none");
    whole(events);
    const epoch = await journal.claim("a");
    const next = events.length + 1;
    await journal.append("a", epoch, [event(next, { n: next })]);
    close();
    const again = open(directory);
    whole(await again.journal.read("a", 1));
    assert.equal((await again.journal.read("a", 1)).length, next);
    again.close();
  });
}
