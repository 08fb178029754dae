/**
 * The rule of classes under random outages: brokers stop, answers are lost, batches are kept in part or late, readers end in
 * the middle and begin anew with and without what they knew. Nothing that was confirmed is lost, and within each key no letter
 * comes before one that was published before it.
 */
import assert from "node:assert/strict";
import { createRandom, type Random } from "../../runtime/mod.ts";
import { type Broker, type ClassedBroker, MemoryServer, openMemory, Progress } from "../../runtime/transport/mod.ts";
import { Collector, firstComings, nth, openClassed } from "./classes_support.ts";
import { dump } from "./classes_dump.ts";
import { FaultyBroker } from "./faulty.ts";
import { type Received, until } from "./letters.ts";

/** More of them, and where to begin: CWTS_CLASS_SEEDS=20000 CWTS_CLASS_FIRST=5000. */
const SEEDS = Number(Deno.env.get("CWTS_CLASS_SEEDS") ?? 500);
const FIRST = Number(Deno.env.get("CWTS_CLASS_FIRST") ?? 1);
/** They mostly wait: so many at once keep one core busy. */
const AT_ONCE = 150;
const LETTERS = 60;
const PATIENCE_MS = 120_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface World {
  readonly servers: readonly MemoryServer[];
  readonly faulties: FaultyBroker[];
  readonly opened: Broker[];
  readonly open: (node: string) => Promise<ClassedBroker>;
}

function makeWorld(random: Random): World {
  const servers = Array.from({ length: 2 + below(random, 2) }, () => new MemoryServer());
  const windowLetters = [0, 1, 5, 1_000][below(random, 4)];
  const faulties: FaultyBroker[] = [];
  const opened: Broker[] = [];
  const open = async (node: string) => {
    const brokers: Record<string, Broker> = {};
    for (const [at, server] of servers.entries()) {
      const memory = await openMemory(server, { node, retryMs: 30 });
      const faults = { refused: 0.2, unanswered: 0.2, half: 0.2, late: 0.2, lateMs: 120 };
      const { broker, faulty } = FaultyBroker.over(memory, random.fork(`${node}-${at}`), faults);
      faulties.push(faulty);
      brokers[`b${at}`] = broker;
    }
    const classed = openClassed(node, brokers, { answerMs: 40, retryMs: 400, windowLetters });
    opened.push(classed);
    return classed;
  };
  return { servers, faulties, opened, open };
}

const below = (random: Random, most: number): number => Math.floor(random.next() * most);

/** Publishes what a seed says while the world fails; returns what was confirmed, by key. */
async function publish(world: World, random: Random, name: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const broker = await world.open(name);
  const keys = 1 + below(random, 4);
  const confirmed = new Map<string, number[]>();
  const underWay: Promise<unknown>[] = [];
  for (let n = 1; n <= LETTERS; n++) {
    const key = `${name}-${below(random, keys)}`;
    underWay.push(
      broker.publish("t", key, nth(key, n)).then(() => {
        const known = confirmed.get(key) ?? [];
        known.push(n);
        confirmed.set(key, known);
      }, (error) => assert.equal(error.code, "BROKER_UNREACHABLE")),
    );
    if (underWay.length > 4) await underWay.shift();
    if (random.next() < 0.1) await pause(below(random, 40));
  }
  await Promise.all(underWay);
  return confirmed;
}

/** Stops and starts servers and spoils ways until it is told to end; then all is well. */
async function spoil({ servers, faulties }: World, random: Random, ended: () => boolean): Promise<void> {
  while (!ended()) {
    const server = servers[below(random, servers.length)];
    if (random.next() < 0.5) server.stop();
    else server.start();
    for (const one of faulties) if (random.next() < 0.3) one.bad = random.next() < 0.5;
    await pause(5 + below(random, 60));
  }
  for (const one of servers) one.start();
  for (const one of faulties) one.bad = false;
}

/** A reader that now and then ends and begins anew, with what it knew or without. */
async function readOn(world: World, random: Random, name: string, received: Received[], ended: () => boolean) {
  let progress = new Progress();
  for (let life = 1;; life++) {
    const broker = await world.open(`${name}-${life}`);
    const subscription = await broker.subscribe("g", "t", { sessionMs: 1_000, progress });
    const collector = new Collector(subscription);
    // One log of what all members were handed out, in its order.
    const { push } = collector.received;
    collector.received.push = (...more) => {
      received.push(...more);
      return push.apply(collector.received, more);
    };
    const end = performance.now() + 100 + below(random, 400);
    while (!ended() && (performance.now() < end || life > 2)) await pause(10);
    await collector.stop();
    await subscription.close();
    if (ended()) return;
    progress = new Progress(random.next() < 0.5 ? progress.state : {});
  }
}

async function run(seed: number): Promise<void> {
  const random = createRandom(seed);
  const world = makeWorld(random);
  let published = false;
  let over = false;
  const received: Received[] = [];
  const readers = Array.from(
    { length: 1 + below(random, 2) },
    (_, i) => readOn(world, random.fork(`reader-${i}`), `r${i}`, received, () => over),
  );
  const spoiling = spoil(world, random.fork("spoil"), () => published);
  try {
    const all = await Promise.all(
      ["p", "q"].slice(0, 1 + below(random, 2)).map((name) => publish(world, random.fork(name), name)),
    );
    published = true;
    await spoiling;
    const confirmed = new Map(all.flatMap((one) => [...one]));
    const missing = () => {
      const came = firstComings(received);
      return [...confirmed].flatMap(([key, numbers]) => {
        const have = new Set(came.get(key));
        return numbers.filter((n) => !have.has(n)).map((n) => `${key}:${n}`);
      });
    };
    await until(() => missing().length === 0, `seed ${seed}: all that was confirmed`, PATIENCE_MS)
      .catch((error) => {
        const [key] = missing()[0].split(":");
        assert.fail(`${error.message}; missing ${missing().join(" ")}\n${dump(world.servers, "t", key, received)}`);
      });
    for (const [key, came] of firstComings(received)) {
      // What was given up, and told, may have been kept all the same.
      const sure = new Set(confirmed.get(key));
      const numbers = came.filter((n) => sure.has(n));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
        `seed ${seed}: order\n${dump(world.servers, "t", key, received)}`,
      );
    }
  } finally {
    published = over = true;
    await Promise.all([spoiling, ...readers]);
    await Promise.all(world.opened.map((one) => one.close()));
  }
}

Deno.test(`classes: ${SEEDS} seeds of outages lose nothing and reorder no key`, async () => {
  const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await run(seed);
  }));
});
