/** A log sent to a topic and made anew from it: the same root, whatever comes twice, and nothing that does not fit. */
import assert from "node:assert/strict";
import { LogFollower } from "../../../../actors/auditors/replica/follower.ts";
import {
  checkpointLetter,
  partLetters,
  readLogLetter,
  recordsLetter,
} from "../../../../actors/auditors/replica/letters.ts";
import { TOPIC_FILE, TopicSink } from "../../../../actors/auditors/replica/topic.ts";
import { ensureCore } from "../../../../ffi/build.ts";
import { AuditReader, readAuditWhole, verifyAudit, verifyAuditAgainst } from "../../../../ffi/mod.ts";
import { type Letter, MemoryServer, openMemory } from "../../../../runtime/transport/mod.ts";
import { Logs } from "./logs.ts";

ensureCore();

const NODE = "0011223344556677";
const TOPIC = "log";

function sinkOf(logs: Logs, server: MemoryServer, maxBytes?: number): TopicSink {
  const places = { dataDir: logs.data, run: logs.run, node: NODE, broker: "redis://nowhere", topic: TOPIC };
  return new TopicSink(places, () => openMemory(server, { node: "sink", partitions: 1, retryMs: 50, maxBytes }));
}

async function sent(sink: TopicSink): Promise<void> {
  for (let looks = 0; looks < 100; looks++) {
    const { caughtUp, waiting, faults } = await sink.look();
    assert.deepEqual(faults, []);
    if (caughtUp && waiting === 0) return;
  }
  throw new Error("the log is not sent");
}

/** Every letter of the topic. */
let readers = 0;
async function letters(server: MemoryServer): Promise<Letter[]> {
  const broker = await openMemory(server, { node: `reader-${++readers}`, partitions: 1 });
  try {
    const subscription = await broker.subscribe(`group-${readers}`, TOPIC);
    const found: Letter[] = [];
    for (let quiet = 0; quiet < 3;) {
      const delivered = await subscription.take(100, 100);
      if (delivered.length === 0) quiet++;
      for (const one of delivered) if (one.kind === "letter") found.push(one.letter);
    }
    return found;
  } finally {
    await broker.close();
  }
}

function follow(out: string, all: readonly Letter[]): void {
  using follower = new LogFollower(out);
  for (const letter of all) follower.take(readLogLetter(letter)!);
  follower.commit();
}

const followed = (out: string, run = 1) => `${out}/${NODE}/runs/${String(run).padStart(6, "0")}`;

Deno.test("a log made anew from a topic has the root of the one that was sent, and its checkpoint", async () => {
  using logs = new Logs();
  const server = new MemoryServer();
  logs.begin(1);
  await using sink = sinkOf(logs, server);
  for (let round = 0; round < 4; round++) {
    logs.append(700);
    logs.sign();
    await sent(sink);
  }
  const out = `${logs.directory}/followed`;
  follow(out, await letters(server));
  const [log, copy] = [verifyAudit(logs.runPath()), verifyAudit(followed(out))];
  assert.deepEqual([copy.ok, copy.records, copy.root], [true, log.records, log.root]);
  assert.equal(
    Deno.readTextFileSync(`${followed(out)}/checkpoint`),
    Deno.readTextFileSync(`${logs.runPath()}/checkpoint`),
  );
});

Deno.test("what was sent twice because the place was lost counts once", async () => {
  using logs = new Logs();
  const server = new MemoryServer();
  logs.begin(1);
  logs.append(1500);
  for (let restart = 0; restart < 3; restart++) {
    await using sink = sinkOf(logs, server);
    await sent(sink);
    logs.append(100);
    logs.sign();
    await sent(sink);
    if (restart < 2) Deno.removeSync(`${logs.data}/${TOPIC_FILE}`);
  }
  const out = `${logs.directory}/followed`;
  const all = await letters(server);
  follow(out, all);
  follow(out, all);
  const [log, copy] = [verifyAudit(logs.runPath()), verifyAudit(followed(out))];
  assert.deepEqual([copy.ok, copy.records, copy.root], [true, log.records, log.root]);
});

Deno.test("a sink that begins again sends what is missing, earlier runs as well", async () => {
  using logs = new Logs();
  const server = new MemoryServer();
  logs.begin(1);
  logs.append(300);
  logs.sign();
  {
    await using sink = sinkOf(logs, server);
    await sent(sink);
  }
  logs.append(200);
  logs.sign();
  const first = { ...verifyAudit(logs.runPath(1)) };
  logs.begin(2);
  logs.append(50);
  await using sink = sinkOf(logs, server);
  await sent(sink);
  const out = `${logs.directory}/followed`;
  follow(out, await letters(server));
  assert.equal(verifyAudit(followed(out, 1)).root, first.root);
  assert.equal(verifyAudit(followed(out, 2)).root, verifyAudit(logs.runPath(2)).root);
});

Deno.test("a broker that is away is a fault that passes, and nothing is left out", async () => {
  using logs = new Logs();
  const server = new MemoryServer();
  logs.begin(1);
  logs.append(300);
  await using sink = sinkOf(logs, server);
  await sent(sink);
  server.stop();
  logs.append(300);
  const { faults: [fault], caughtUp } = await sink.look();
  assert.deepEqual([fault.code, fault.lasting, caughtUp], ["TOPIC_UNREACHABLE", false, false]);
  server.start();
  logs.sign();
  await sent(sink);
  const out = `${logs.directory}/followed`;
  follow(out, await letters(server));
  assert.equal(verifyAudit(followed(out)).root, verifyAudit(logs.runPath()).root);
});

Deno.test("letters that do not fit are refused with a sentence, and change nothing", () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(60);
  logs.sign();
  const name = { node: NODE, run: 1 };
  const records = [...readAuditWhole(logs.runPath())];
  const note = Deno.readTextFileSync(`${logs.runPath()}/checkpoint`);
  const out = `${logs.directory}/followed`;
  follow(out, [recordsLetter(name, 0, records.slice(0, 30))]);
  const refused = (letter: Letter, code: string) => {
    assert.throws(() => follow(out, [letter]), (error: Error & { code?: string }) => error.code === code, code);
    assert.equal(verifyAudit(followed(out)).records, 30);
  };
  refused(recordsLetter(name, 40, records.slice(40)), "FOLLOW_GAP");
  const other = records[20].slice();
  other[50] ^= 1;
  refused(recordsLetter(name, 20, [other]), "FOLLOW_DIFFERS");
  refused(recordsLetter(name, 30, [records[31]]), "FOLLOW_BROKEN");
  refused(recordsLetter(name, 30, [records[30].subarray(0, 47)]), "FOLLOW_BROKEN");
  refused(checkpointLetter(name, 60, note), "FOLLOW_BROKEN");
  refused(recordsLetter({ node: "../up", run: 1 }, 0, [records[0]]), "FOLLOW_BROKEN");
  follow(out, [recordsLetter(name, 30, records.slice(30)), checkpointLetter(name, 60, note)]);
  assert.ok(verifyAuditAgainst(followed(out), { records: 60, root: verifyAudit(logs.runPath()).root }).ok);
});

Deno.test("a checkpoint that is not that of the records before it is refused", () => {
  using logs = new Logs();
  logs.begin(1);
  logs.append(60);
  const { root } = logs.sign();
  const name = { node: NODE, run: 1 };
  const records = [...readAuditWhole(logs.runPath())];
  const changed = records[59].slice();
  changed[60] ^= 1;
  const note = Deno.readTextFileSync(`${logs.runPath()}/checkpoint`);
  const out = `${logs.directory}/followed`;
  const letters = [recordsLetter(name, 0, [...records.slice(0, 59), changed]), checkpointLetter(name, 60, note)];
  assert.throws(() => follow(out, letters), (error: Error & { code?: string }) => error.code === "FOLLOW_DIFFERS");
  assert.notEqual(verifyAudit(followed(out)).root, root);
});

/** A run with records of up to 250 000 bytes among small ones. */
function large(logs: Logs): void {
  const log = logs.begin(1, 4 * 1024 * 1024);
  for (const size of [250_000, 10, 40_000, 200_000]) {
    logs.append(30);
    log.appendJson(11, log.records, { text: "y".repeat(size) });
  }
  logs.append(30);
  logs.sign();
}

Deno.test("a broker that takes little gets large records in parts, and the log made anew has the same root", async () => {
  for (const maxBytes of [undefined, 64 * 1024, 6 * 1024]) {
    using logs = new Logs();
    const server = new MemoryServer();
    large(logs);
    await using sink = sinkOf(logs, server, maxBytes);
    await sent(sink);
    const all = await letters(server);
    const parts = all.filter(({ envelope }) => envelope.schema?.id === "cwts/audit-part").length;
    assert.ok(maxBytes === undefined ? parts > 0 && parts < 10 : parts > 5, `${parts} parts of ${maxBytes}`);
    const out = `${logs.directory}/followed`;
    follow(out, all);
    assert.equal(verifyAudit(followed(out)).root, verifyAudit(logs.runPath()).root);
    // A broker that dies in the middle of many letters, while a record is read ahead.
    logs.append(3_000);
    server.stop();
    assert.equal((await sink.look()).faults.length, 1);
    server.start();
    logs.sign();
    await sent(sink);
    all.push(...(await letters(server)).slice(all.length));
    follow(out, all);
    // What comes twice counts once, from any place on.
    for (let from = 0; from < all.length; from += 97) follow(out, all.slice(from));
    assert.equal(verifyAudit(followed(out)).root, verifyAudit(logs.runPath()).root);
  }
});

Deno.test("whoever is stopped within a record reads its parts again, also in other sizes", async () => {
  using logs = new Logs();
  const server = new MemoryServer();
  large(logs);
  await using sink = sinkOf(logs, server, 32 * 1024);
  await sent(sink);
  const all = await letters(server);
  const out = `${logs.directory}/followed`;
  const { root } = verifyAudit(logs.runPath());
  let safe = 0;
  for (let stop = 1; stop <= all.length; stop++) {
    using follower = new LogFollower(out);
    for (const letter of all.slice(safe, stop)) follower.take(readLogLetter(letter)!);
    if (follower.joining) continue;
    follower.commit();
    safe = stop;
  }
  assert.equal(verifyAudit(followed(out)).root, root);
  // A sender that was stopped in the middle begins the record again, in parts of another size or whole.
  const [name, at] = [{ node: NODE, run: 1 }, 30];
  using reader = new AuditReader(logs.runPath(), at);
  reader.next();
  const before = all.slice(0, all.findIndex(({ envelope }) => envelope.schema?.id === "cwts/audit-part") + 3);
  for (const again of [partLetters(name, at, reader.bytes(), 9_000), [recordsLetter(name, at, [reader.bytes()])]]) {
    const other = `${logs.directory}/other-${again.length}`;
    using follower = new LogFollower(other);
    for (const letter of [...before, ...again]) follower.take(readLogLetter(letter)!);
    assert.equal(follower.joining, false);
    follower.commit();
    assert.equal(verifyAudit(followed(other)).records, at + 1);
  }
});

Deno.test("hostile parts are refused in a sentence, hold no more than a record, and change nothing", () => {
  using logs = new Logs();
  large(logs);
  using reader = new AuditReader(logs.runPath(), 0);
  reader.next();
  const record = reader.bytes();
  const out = `${logs.directory}/followed`;
  const parts = partLetters({ node: NODE, run: 1 }, 0, record, 24).map((letter) => readLogLetter(letter)!);
  const [first, second, last] = [parts[0], parts[1], parts.at(-1)!];
  const code = (...all: readonly object[]) => {
    using follower = new LogFollower(out);
    try {
      for (const one of all) follower.take(one as typeof first);
    } catch (error) {
      assert.match((error as Error).message, /find out who writes there|are not on the topic any more/);
      return (error as { code: string }).code;
    }
    return null;
  };
  const hostile: readonly (readonly object[])[] = [
    [{ ...first, size: 2 ** 40 }],
    [{ ...first, parts: 2 ** 40 }],
    [{ ...first, parts: 0 }],
    [{ ...first, part: 5, parts: 5 }],
    [first, last],
    [first, { ...second, bytes: new Uint8Array(10_000) }],
    [first, { ...second, bytes: new Uint8Array() }],
    [first, { ...second, parts: 99 }],
    [first, { ...second, from: 7 }],
    [{ ...first, part: 0, parts: 1, bytes: new Uint8Array(10), size: 10 }],
    [{ ...first, node: "../x" }],
  ];
  for (const all of hostile) assert.equal(code(...all), "FOLLOW_BROKEN", JSON.stringify(all));
  assert.equal(code(second), "FOLLOW_GAP");
  assert.equal(code(...parts.map((one) => ({ ...one, from: 5 }))), "FOLLOW_GAP");
  assert.equal([...readAuditWhole(followed(out))].length, 0);
  assert.equal(code(...parts), null);
  const letter = partLetters({ node: NODE, run: 1 }, 0, record, 24)[0];
  const newer = { ...letter, envelope: { ...letter.envelope, schema: { id: "cwts/audit-part", version: 2 } } };
  assert.throws(() => readLogLetter(newer), /has version 2: follow it with a newer CWTS/);
  assert.throws(() => readLogLetter({ ...letter, body: JSON.stringify({ from: -1 }) }), /lacks from, part, parts/);
});
