import assert from "node:assert/strict";
import { doubtOf, readSuccession, writeSuccession } from "../../actors/node/roles/succession.ts";
import { overviewOf } from "../../actors/node/roles/overview.ts";
import { shareOf } from "../../actors/node/roles/shares.ts";
import { NodeBoard, readStatus, statusLetter } from "../../actors/placement/status.ts";
import { encode } from "../../runtime/mod.ts";
import type { NodeStatus } from "../../actors/protocol/mod.ts";
import { parseBroker } from "../../cli/broker_url.ts";

const SHARDS = ["a", "b", "c", "d", "e", "f", "g"];

Deno.test("shares are even, and nodes begin to ask for different shards", () => {
  for (let nodes = 1; nodes <= 9; nodes++) {
    const names = Array.from({ length: nodes }, (_, i) => `n${i}`);
    const shares = names.map((name) => shareOf(SHARDS, names.filter((other) => other !== name), name));
    assert.equal(shares.reduce((sum, { most }) => sum + most, 0), SHARDS.length);
    assert.ok(Math.max(...shares.map(({ most }) => most)) - Math.min(...shares.map(({ most }) => most)) <= 1);
    // What each asks for first, together, is everything once.
    assert.deepEqual(shares.flatMap(({ most, order }) => order.slice(0, most)).sort(), SHARDS);
    for (const { order } of shares) assert.deepEqual([...order].sort(), SHARDS);
  }
});

Deno.test("a gateway knows whether the log of the one before it is here", async () => {
  const directory = await Deno.makeTempDir({ prefix: "cwts-succession-" });
  try {
    const one = { cluster: "main", node: "g1", epoch: 4 };
    const next = { ...one, node: "g2", epoch: 5 };
    assert.equal(readSuccession(directory), null);
    await Deno.mkdir(`${directory}/runs/000001`, { recursive: true });
    assert.equal(readSuccession(directory), null);
    writeSuccession(`${directory}/runs/000001`, one);
    assert.deepEqual(readSuccession(directory), one);
    assert.equal(readSuccession(directory, 1), null, "before run 1 there was none");
    assert.equal(doubtOf(one, next), null);
    assert.equal(doubtOf(null, { ...one, epoch: 1 }), null, "the first of its cluster");
    const elsewhere = /gateway 5 of the cluster kept its log elsewhere/;
    assert.match(doubtOf(one, { ...next, epoch: 6 })!, elsewhere);
    assert.match(doubtOf(null, { ...next, epoch: 6 })!, elsewhere);
    const forgotten = /the broker has forgotten this cluster: gateway 4 wrote here, and this is gateway/;
    assert.match(doubtOf({ ...one, epoch: 4 }, { ...one, epoch: 1 })!, forgotten);
    assert.match(doubtOf({ ...one, epoch: 4 }, { ...one, epoch: 4 })!, forgotten);
    assert.match(doubtOf({ ...one, cluster: "other", epoch: 5 }, { ...next, epoch: 6 })!, elsewhere);
    await Deno.writeTextFile(`${directory}/runs/000001/gateway.json`, "{");
    assert.equal(readSuccession(directory), null);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

const status = (node: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  ...{
    node,
    start: 1,
    role: "organisms",
    state: "running",
    version: "1",
    config: "same",
    epoch: 1,
    shards: [],
    bad: 0,
  },
  ...{ detail: "", time: 0, speed: 0, mode: "", firm: "" },
  ...more,
} as NodeStatus);
const seat = { shard: "s", holder: "o1", epoch: 2, halted: null, sent: 10, taken: 5, refused: 0 };
const gateway = (more: Partial<NodeStatus> = {}) =>
  status("g1", { role: "gateway", mode: "FullPerformance", firm: "ACTIVE", shards: [seat], ...more });

Deno.test("a status that is played again, or comes late, is not a sign of life", () => {
  let now = 0;
  const board = new NodeBoard({ now: () => now }, 250);
  board.hear(status("o1", { detail: "one" }), 0, 1);
  board.hear(status("o1", { detail: "two" }), 0, 2);
  now = 2e9;
  assert.deepEqual(board.live, []);
  for (const sequence of [1, 2]) board.hear(status("o1", { detail: "again" }), 0, sequence);
  assert.deepEqual([board.live, board.all[0].status.detail], [[], "two"]);
  board.hear(status("o1", { detail: "three" }), 0, 3);
  assert.deepEqual(board.live.map(({ detail }) => detail), ["three"]);
  board.hear(status("o1", { start: 2, detail: "anew" }), 0, 1);
  assert.deepEqual(board.live.map(({ detail }) => detail), ["anew"]);
});

Deno.test("a status comes out as it went in, and what is none is null", () => {
  assert.deepEqual(readStatus(statusLetter(gateway(), 1)), gateway());
  const letter = statusLetter(gateway(), 1);
  assert.equal(readStatus({ ...letter, body: JSON.stringify({ ...gateway(), role: "boss" }) }), null);
  assert.equal(readStatus({ ...letter, body: "{" }), null);
});

Deno.test("the board forgets who is silent, and does not believe an earlier start of a node", () => {
  let now = 0;
  const board = new NodeBoard({ now: () => now }, 100);
  board.hear(status("a", { start: 5 }));
  board.hear(status("a", { start: 4, state: "stopping" }));
  board.hear(status("b"));
  assert.deepEqual(board.live.map(({ node }) => node), ["a", "b"]);
  now = 400e6;
  board.hear(status("b"));
  now = 700e6;
  assert.deepEqual(board.live.map(({ node }) => node), ["b"]);
  board.hear(status("b", { state: "stopping" }));
  assert.deepEqual(board.live, []);
  assert.equal(board.all.length, 2);
});

Deno.test("lag is what was sent a beat ago and is not taken yet: nodes speak one after the other", () => {
  const board = new NodeBoard({ now: () => 0 }, 100);
  const holds = (sent: number, taken: number) => status("o1", { shards: [{ ...seat, holder: "o1", sent, taken }] });
  const serves = (sent: number, taken: number) => gateway({ shards: [{ ...seat, sent, taken }] });
  const lag = () => overviewOf("main", board).shards[0].lag;
  board.hear(serves(10, 5));
  board.hear(holds(5, 10));
  board.hear(serves(13, 7));
  board.hear(holds(9, 12));
  assert.deepEqual(lag(), { orders: 0, reports: 0 }, "all that was sent a beat ago has come");
  board.hear(serves(20, 7));
  assert.deepEqual(lag(), { orders: 0, reports: 1 }, "13 had been sent, and 12 have come");
  board.hear(holds(12, 12));
  assert.deepEqual(lag(), { orders: 2, reports: 1 }, "9 had been sent, and 7 have come");
});

Deno.test("a status of a node that is not upgraded is read, and a stranger's key is not", () => {
  const letter = statusLetter(gateway(), 1);
  const older = { ...letter, envelope: { ...letter.envelope, schema: { id: "cwts.node-status", version: 1 } } };
  assert.deepEqual(readStatus(older), gateway());
  assert.equal(readStatus({ ...older, body: encode({ ...gateway(), kills: [] }) }), null, "that version had none");
  assert.deepEqual(readStatus({ ...letter, body: encode({ ...gateway(), kills: [] }) })?.kills, []);
});

Deno.test("the overview puts both sides of a shard together, and says what is to be looked at", () => {
  let now = 0;
  const board = new NodeBoard({ now: () => now }, 100);
  assert.deepEqual(overviewOf("main", board).concerns, ["no gateway is heard: nothing trades"]);
  board.hear(gateway());
  board.hear(status("o1", { shards: [{ ...seat, sent: 8, taken: 7 }] }));
  const well = overviewOf("main", board);
  assert.deepEqual(well.concerns, []);
  assert.deepEqual(well.shards[0].lag, { orders: 3, reports: 3 });
  assert.equal(well.shards[0].state, "trading");

  board.hear(
    status("g2", { role: "gateway", epoch: 2, shards: [{ ...seat, halted: "its holder is silent", holder: "" }] }),
  );
  board.hear(status("o1", { config: "other" }));
  const ill = overviewOf("main", board);
  assert.equal(ill.gateway.node, "g2", "the higher epoch counts");
  assert.match(
    ill.concerns.join("; "),
    /two gateways believe .*; o1 has another configuration .*; s: its holder is silent/,
  );
  now = 700e6;
  assert.match(overviewOf("main", board).concerns.join(), /o1 is silent/);
});

Deno.test("a broker's address holds neither user nor password, and what was typed is shown without it", () => {
  assert.deepEqual(parseBroker("rediss://h?ca=/x"), { kind: "redis", host: "h", port: 6379, tls: { caFile: "/x" } });
  for (const bad of ["redis://ann:secret@h", "amqp://h", "h:1", ""]) {
    assert.throws(() => parseBroker(bad), (error: Error) => !error.message.includes("secret"));
  }
});
