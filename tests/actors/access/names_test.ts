/** Names on the record: pseudonyms with encrypted names, what is taken for a name, and keys that come, stay and go. */
import assert from "node:assert/strict";
import { KeyRing, sealValue } from "../../../actors/access/names/mod.ts";
import { randomBytes } from "../../../actors/node/wall.ts";
import { MemoryFile } from "./desk.ts";

const open = (file: MemoryFile, complaints: string[] = []) =>
  new KeyRing({ file, random: randomBytes, complain: (line) => complaints.push(line) });
const TOKEN = /^\(person [0-9a-f]{16}:[A-Za-z0-9_-]+\)$/;
const pseudonymOf = (token: string) => token.slice(8, 24);

Deno.test("a person has one pseudonym, each writing another ciphertext, and the length of a name does not show", () => {
  const file = new MemoryFile();
  const ring = open(file);
  const [one, two, other] = [ring.seal("dan", "dan"), ring.seal("Dan", "Dan"), ring.seal("maximiliane", "maximiliane")];
  for (const token of [one, two, other]) assert.match(token, TOKEN);
  assert.equal(pseudonymOf(one), pseudonymOf(two));
  const again = ring.seal("dan", "dan");
  for (const [at, length] of [[25, 16], [41, 20]]) {
    assert.notEqual(one.slice(at, at + length), again.slice(at, at + length), "another nonce, another ciphertext");
  }
  assert.notEqual(pseudonymOf(one), pseudonymOf(other));
  assert.equal(one.length, other.length);
  assert.equal(file.text, null, "nothing on the way of a record waits for the disk");
  ring.poll();
  assert.equal(open(file).open(`${one}, ${two} and ${other}`), "dan, Dan and maximiliane");
});

Deno.test("what was not encrypted for a pseudonym is shown as it is, and nothing is taken for another person's", () => {
  const ring = open(new MemoryFile());
  const [dan, eve] = [ring.seal("dan", "dan"), ring.seal("eve", "eve")];
  const forged = dan.replace(pseudonymOf(dan), pseudonymOf(eve));
  assert.equal(ring.open(forged), forged);
  const flipped = `${dan.slice(0, 40)}${dan[40] === "A" ? "B" : "A"}${dan.slice(41)}`;
  assert.equal(ring.open(flipped), flipped);
  assert.equal(
    open(new MemoryFile()).open(dan),
    `(person ${pseudonymOf(dan)})`,
    "no key here, and nothing says forgotten",
  );
});

Deno.test("fields that name somebody, where the request came from, and known names in texts are sealed, and nothing else", () => {
  const ring = open(new MemoryFile());
  ring.seal("mode", "mode");
  const first = JSON.stringify(sealValue(ring, { reason: "by finn", who: "finn" }));
  assert.ok(!first.includes("finn"), "named before being met");
  const event = {
    ...{ action: "limit-tightened", who: "bob", from: "10.0.0.7", scope: "organism:bob", mode: "mode", nodes: 3 },
    reason: "Bob and bobby, asked by bob-2: BOB's idea",
    asked: { verb: "propose", person: "cat", ref: ["bob"] },
  };
  const sealed = sealValue(ring, event) as typeof event;
  const text = JSON.stringify(sealed);
  assert.deepEqual(JSON.parse(ring.openJson(text)), event);
  assert.equal(sealed.scope, "organism:bob", "a strategy's name is none of a person");
  assert.deepEqual([sealed.action, sealed.mode, sealed.nodes], ["limit-tightened", "mode", 3]);
  assert.match(sealed.who, TOKEN);
  assert.match(sealed.from, TOKEN, "an address is the person's");
  assert.equal(pseudonymOf(sealed.from), pseudonymOf(sealed.who));
  assert.match(sealed.asked.person, TOKEN);
  assert.match(sealed.reason, /^\(person \S+\) and bobby, asked by \(person \S+\)-2: \(person \S+\)'s idea$/);
  assert.deepEqual(sealValue(ring, sealed), sealed, "what is sealed stays as it is");
});

Deno.test("nobody is made a person of: the node, the owner, keys, states and addresses without a person", () => {
  const ring = open(new MemoryFile());
  const events = [
    { action: "limits-restored", who: "node", from: "node" },
    { action: "log-in-failed", who: "unknown", from: "127.0.0.1" },
    { action: "kill", who: "owner@127.0.0.1" },
    { action: "read", who: "key:0123456789ab", from: "127.0.0.1" },
    { scope: "firm", from: "ACTIVE", to: "KILLED", reason: "drill", who: "node" },
    { from: "FullPerformance", to: "SafeMode", reason: "stale" },
  ];
  assert.deepEqual(sealValue(ring, events), events);
  assert.deepEqual(ring.names, []);
  const kill = sealValue(ring, { from: "ACTIVE", to: "KILLED", who: "bob@host:alex" }) as Record<string, string>;
  assert.match(kill.who, /^\(person \S+\)@host:\(person \S+\)$/);
  assert.equal(kill.from, "ACTIVE");
  assert.deepEqual([...ring.names].sort(), ["alex", "bob"]);
});

Deno.test("who is forgotten by another process stays so for a node that has the name in memory, and keys of others stay", () => {
  const file = new MemoryFile();
  const node = open(file);
  const before = `${node.seal("dan", "dan")} ${node.seal("eve", "eve")}`;
  node.poll();
  const command = open(file);
  const [pseudonym] = command.forget("Dan", "2026-01-01T00:00:00Z");
  assert.ok(!file.text!.includes("dan"));
  node.seal("kim", "kim");
  node.poll();
  assert.equal(node.open(before), `(forgotten person ${pseudonym}) eve`);
  assert.equal(node.seal("dan", "dan"), `(forgotten person ${pseudonym})`);
  assert.equal(node.sealWords("for dan"), `for (forgotten person ${pseudonym})`);
  node.poll();
  assert.ok(!file.text!.includes("dan"), "what a node keeps does not bring the name back");
  assert.deepEqual([...open(file).names].sort(), ["eve", "kim"]);
  assert.equal(open(file).open(before), `(forgotten person ${pseudonym}) eve`);
});

Deno.test("with a file that cannot be read nothing waits or fails: the known are sealed, a stranger is recorded in clear", () => {
  const file = new MemoryFile();
  const complaints: string[] = [];
  const ring = open(file, complaints);
  ring.seal("dan", "dan");
  ring.poll();
  file.write("{");
  ring.poll();
  ring.poll();
  assert.equal(complaints.length, 1);
  assert.match(complaints[0], /^the file people.keys of the data directory is damaged .*put a copy of it back, or /);
  assert.match(ring.seal("dan", "dan"), TOKEN);
  assert.equal(ring.seal("eve", "eve"), "eve");
  assert.equal(file.text, "{", "a damaged file is not written over");
  assert.throws(() => open(file), { code: "PEOPLE_KEYS" });
});

Deno.test("a file that cannot be written is tried again, and what was sealed meanwhile opens then", () => {
  const file = new MemoryFile();
  const complaints: string[] = [];
  const ring = open(file, complaints);
  const write = file.write.bind(file);
  file.write = () => {
    throw new Error("disk full");
  };
  const token = ring.seal("dan", "dan");
  ring.poll();
  assert.deepEqual(complaints, ["disk full"]);
  file.write = write;
  ring.poll();
  assert.equal(open(file).open(token), "dan");
});
