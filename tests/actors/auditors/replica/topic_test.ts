/** A log sent to a topic and made anew from it: the same root, whatever comes twice, and nothing that does not fit. */
import assert from "node:assert/strict";
import { LogFollower } from "../../../../actors/auditors/replica/follower.ts";
import { checkpointLetter, readLogLetter, recordsLetter } from "../../../../actors/auditors/replica/letters.ts";
import { TOPIC_FILE, TopicSink } from "../../../../actors/auditors/replica/topic.ts";
import { ensureCore } from "../../../../ffi/build.ts";
import { readAuditWhole, verifyAudit, verifyAuditAgainst } from "../../../../ffi/mod.ts";
import { type Letter, MemoryServer, openMemory } from "../../../../runtime/transport/mod.ts";
import { Logs } from "./logs.ts";

ensureCore();

const NODE = "0011223344556677";
const TOPIC = "log";

function sinkOf(logs: Logs, server: MemoryServer): TopicSink {
  const places = { dataDir: logs.data, run: logs.run, node: NODE, broker: "redis://nowhere", topic: TOPIC };
  return new TopicSink(places, () => openMemory(server, { node: "sink", partitions: 1, retryMs: 50 }));
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
