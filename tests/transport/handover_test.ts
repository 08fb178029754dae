/** How partitions move between subscribers where groups are ours, and in which turn they are read. Over memory. */
import assert from "node:assert/strict";
import { type Broker, MemoryServer, openMemory, type Subscription } from "../../runtime/transport/mod.ts";
import { gather, isLetter, numbered, numberOf, until } from "./letters.ts";

const SESSION = { sessionMs: 400 } as const;

async function scene(body: (open: (node: string) => Promise<Broker>) => Promise<void>) {
  const server = new MemoryServer();
  const opened: Broker[] = [];
  try {
    await body(async (node) => {
      const broker = await openMemory(server, { node });
      opened.push(broker);
      return broker;
    });
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}

const held = (...all: readonly Subscription[]) => all.flatMap(({ partitions }) => partitions).sort().join();

Deno.test("a partition moves when what was handed out of it is committed, so that nothing is done twice", () =>
  scene(async (open) => {
    const [a, b] = [await open("a"), await open("b")];
    await a.publishBatch("t", numbered(1, 40, 40));
    const left = await a.subscribe("g", "t", SESSION);
    const taken = await gather([left], 40, { commit: false });
    const right = await b.subscribe("g", "t", SESSION);
    // Half of a session is no reason to take it away.
    assert.deepEqual(await right.take(100, 200), []);
    assert.equal(held(left), "0,1,2,3");
    await left.commit(taken);
    await until(() => left.partitions.length === 2 && held(left, right) === "0,1,2,3", "they share");
    assert.deepEqual(await right.take(100, 200), []);
  }));

Deno.test("a partition moves after a session whatever was committed, and what was not comes again", () =>
  scene(async (open) => {
    const [a, b] = [await open("a"), await open("b")];
    await a.publishBatch("t", numbered(1, 40, 40));
    const left = await a.subscribe("g", "t", SESSION);
    const taken = await gather([left], 40, { commit: false });
    const right = await b.subscribe("g", "t", SESSION);
    await until(() => left.partitions.length === 2 && held(left, right) === "0,1,2,3", "they share", 3_000);
    const moved = taken.filter(({ partition }) => right.partitions.includes(partition)).map(numberOf).sort();
    assert.deepEqual((await gather([right], moved.length)).map(numberOf).sort(), moved);
  }));

Deno.test("a full partition does not keep the others waiting", () =>
  scene(async (open) => {
    const a = await open("a");
    await a.publishBatch("t", [...numbered(1, 200), ...numbered(201, 203, 40)]);
    const subscription = await a.subscribe("g", "t", SESSION);
    await until(() => subscription.partitions.length === 4, "it holds all");
    const early: number[] = [];
    for (let i = 0; i < 8; i++) early.push(...(await subscription.take(10, 100)).filter(isLetter).map(numberOf));
    assert.deepEqual(early.filter((n) => n > 200).sort(), [201, 202, 203]);
  }));

Deno.test("a process that comes back under its name takes over at once what it had", () =>
  scene(async (open) => {
    const [old, young] = [await open("twin"), await open("twin")];
    await old.publishBatch("t", numbered(1, 10, 40));
    const before = await old.subscribe("g", "t", { sessionMs: 4_000 });
    await until(() => before.partitions.length === 4, "it holds all");
    const after = await young.subscribe("g", "t", { sessionMs: 4_000 });
    await until(() => after.partitions.length === 4, "the new process holds all", 1_000);
  }));
