/** The rule of classes (runtime/transport/classes/routes.ts), case by case, over memory brokers that are stopped. */
import assert from "node:assert/strict";
import { Progress } from "../../runtime/transport/mod.ts";
import { type Broker, MemoryServer, openMemory, type RouteChange } from "../../runtime/transport/mod.ts";
import { Collector, firstComings, nth, openClassed, routeTo } from "./classes_support.ts";
import { gather, isLetter, until } from "./letters.ts";

const SESSION = { sessionMs: 400 } as const;
const QUICK = { answerMs: 150, retryMs: 20_000 } as const;

interface Scene {
  readonly first: MemoryServer;
  readonly second: MemoryServer;
  readonly open: (
    node: string,
    more?: Parameters<typeof openClassed>[2],
  ) => Promise<ReturnType<typeof openClassed>>;
}

function test(sentence: string, body: (scene: Scene) => Promise<void>): void {
  Deno.test(`classes: ${sentence}`, async () => {
    const [first, second] = [new MemoryServer(), new MemoryServer()];
    const opened: Broker[] = [];
    try {
      await body({
        first,
        second,
        async open(node, more = {}) {
          const broker = openClassed(node, {
            first: await openMemory(first, { node, retryMs: 100 }),
            second: await openMemory(second, { node, retryMs: 100 }),
          }, { ...QUICK, ...more });
          opened.push(broker);
          return broker;
        },
      });
    } finally {
      first.start();
      second.start();
      await Promise.all(opened.map((one) => one.close()));
    }
  });
}

const publishRange = async (broker: Broker, from: number, to: number, key = "k", topic = "t") => {
  for (let n = from; n <= to; n++) await broker.publish(topic, key, nth(key, n));
};

const numbers = (received: readonly { readonly letter: { readonly body: string } }[]) =>
  received.map(({ letter }) => JSON.parse(letter.body).n);

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("a letter goes over the first broker while it is well, and comes as it was published", async ({ first, open }) => {
  const broker = await open("a");
  await publishRange(broker, 1, 20);
  const [one] = await gather([await broker.subscribe("g", "t", SESSION)], 20);
  assert.equal(one.key, "k");
  assert.deepEqual(one.letter, nth("k", 1));
  assert.equal(broker.carriers.get("t"), "first");
  assert.ok(first.topics.has("t"));
});

test("when the first broker is down traffic moves to the next and back, and both are told", async (scene) => {
  const { first, open } = scene;
  const changes: RouteChange[] = [];
  const writer = await open("w", { onRoute: (change) => changes.push(change) });
  const collector = new Collector(await (await open("r")).subscribe("g", "t", SESSION));
  await publishRange(writer, 1, 10);
  first.stop();
  await publishRange(writer, 11, 20);
  assert.equal(writer.carriers.get("t"), "second");
  first.start();
  await until(async () => {
    await publishRange(writer, 0, 0, "other");
    return writer.carriers.get("t") === "first";
  }, "it is back on the first");
  await publishRange(writer, 21, 30);
  await until(() => firstComings(collector.received).get("k")?.length === 30, "all came");
  await collector.stop();
  assert.deepEqual(firstComings(collector.received).get("k"), range(1, 30));
  assert.deepEqual(changes.map(({ from, to, preferred }) => [from, to, preferred]), [
    [null, "first", true],
    ["first", "second", false],
    ["second", "first", true],
  ]);
});

test("a reader that was no further behind than the window needs the broken broker for nothing", async (scene) => {
  const { first, open } = scene;
  const writer = await open("w");
  const subscription = await (await open("r")).subscribe("g", "t", SESSION);
  await publishRange(writer, 1, 5);
  assert.deepEqual(numbers(await gather([subscription], 5)), range(1, 5));
  await publishRange(writer, 6, 9);
  first.stop();
  await publishRange(writer, 10, 15);
  const received: number[] = [];
  await until(async () => {
    received.push(...numbers((await subscription.take(100, 100)).filter(isLetter)));
    return received.includes(15);
  }, "the rest comes by the second broker alone");
  assert.deepEqual(received, range(6, 15));
});

test("a reader that was further behind waits for the broken broker, and gets all of it in order", async (scene) => {
  const { first, open } = scene;
  const writer = await open("w", { windowLetters: 3 });
  const reader = await open("r");
  await publishRange(writer, 1, 20);
  first.stop();
  await publishRange(writer, 21, 25);
  const subscription = await reader.subscribe("g", "t", SESSION);
  assert.deepEqual(await subscription.take(100, 600), []);
  first.start();
  assert.deepEqual(numbers(await gather([subscription], 25)), range(1, 25));
});

test("a reader that begins anew asks the other broker, unless it knows what was dealt with", async (scene) => {
  const { first, open } = scene;
  const writer = await open("w", { windowLetters: 2 });
  const progress = new Progress();
  const before = await (await open("r")).subscribe("g", "t", { ...SESSION, progress });
  await publishRange(writer, 1, 10);
  await gather([before], 10);
  const kept = structuredClone(progress.state);
  await before.close();
  first.stop();
  await publishRange(writer, 11, 14);
  const blank = await (await open("blank")).subscribe("blank", "t", SESSION);
  const heir = await (await open("heir")).subscribe("g", "t", { ...SESSION, progress: kept });
  assert.deepEqual(numbers(await gather([heir], 4)), range(11, 14));
  assert.deepEqual(await blank.take(100, 600), []);
  first.start();
  assert.deepEqual(numbers(await gather([blank], 14)), range(1, 14));
});

test("what was in doubt goes again and is handed out once", async ({ first, open }) => {
  const writer = await open("w");
  const collector = new Collector(await (await open("r")).subscribe("g", "t", SESSION));
  await publishRange(writer, 1, 3);
  // Kept by the first, and never confirmed.
  const { answer } = first;
  const put = first.put.bind(first);
  let kept = 0;
  first.put = (topic, partition, frame) => {
    put(topic, partition, frame);
    if (topic === "t" && ++kept === 1) first.answer = () => answer.call(first, "nobody");
    if (topic === "t" && kept === 1) first.stop();
  };
  await publishRange(writer, 4, 8);
  first.answer = answer;
  first.start();
  await until(() => firstComings(collector.received).get("k")?.length === 8, "all came");
  await collector.stop();
  assert.deepEqual(numbers(collector.received), range(1, 8));
});

test("what is given up is told, and what comes after it is not taken for it", async ({ first, second, open }) => {
  const writer = await open("w", { retryMs: 500, windowLetters: 0 });
  await publishRange(writer, 1, 5);
  // Nobody has read 1 to 5 when both go down.
  first.stop();
  second.stop();
  await assert.rejects(writer.publish("t", "k", nth("k", 6)), { code: "BROKER_UNREACHABLE" });
  second.start();
  await until(() => writer.publish("t", "k", nth("k", 7)).then(() => true, () => false), "the second is back");
  const subscription = await (await open("r")).subscribe("g", "t", SESSION);
  assert.deepEqual(await subscription.take(100, 500), []);
  first.start();
  const all = numbers(await gather([subscription], 6, { withinMs: 10_000 }).catch(() => []));
  assert.deepEqual(all.filter((n) => n !== 6), [1, 2, 3, 4, 5, 7]);
});

test("a commit passes over nothing that waits, and takes along what was dropped", async ({ first, second, open }) => {
  const writer = await open("w");
  const reader = await open("r");
  const collector = new Collector(await reader.subscribe("g", "t", SESSION));
  await publishRange(writer, 1, 10);
  first.stop();
  await publishRange(writer, 11, 20);
  first.start();
  await until(() => firstComings(collector.received).get("k")?.length === 20, "all came");
  // Ten of them stand on the second broker as well, and nobody takes them any more.
  await until(async () => (await reader.lag("g", "t")).every(({ behind }) => behind === 0), "nothing is behind");
  await collector.stop();
  assert.equal(second.topics.get("t")!.flatMap(({ records }) => records).length, 20);
});

test("two subscribers of a group that hold other partitions on each broker keep order", async ({ first, open }) => {
  const writer = await open("w", { windowLetters: 2 });
  const readers = await Promise.all(["r1", "r2"].map((node) => open(node)));
  // The second broker counts members in another order.
  const collectors: Collector[] = [];
  for (const one of readers) collectors.push(new Collector(await one.subscribe("g", "t", SESSION)));
  const keys = range(1, 12).map((n) => `key-${n}`);
  const all = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await Promise.all(keys.map((key) => writer.publish("t", key, nth(key, n))));
  };
  await all(1, 20);
  first.stop();
  await all(21, 40);
  first.start();
  await all(41, 60);
  const received = () => collectors.flatMap((one) => one.received);
  await until(() => keys.every((key) => firstComings(received()).get(key)?.length === 60), "all came");
  await Promise.all(collectors.map((one) => one.stop()));
  for (const { received } of collectors) {
    for (const [key, came] of firstComings(received)) assert.deepEqual(came, [...came].sort((a, b) => a - b), key);
  }
});

test("a class that goes everywhere reaches a reader by any broker, and counts once", async (scene) => {
  const { first, second, open } = scene;
  const [writer, reader] = [await open("w"), await open("r")];
  const subscription = await reader.subscribe("g", "control", SESSION);
  first.stop();
  await writer.publish("control", "k", nth("k", 1));
  first.start();
  second.stop();
  await writer.publish("control", "k", nth("k", 2));
  second.start();
  await writer.publish("control", "k", nth("k", 3));
  const received = [];
  for (let i = 0; i < 8; i++) received.push(...(await subscription.take(10, 150)).filter(isLetter));
  assert.deepEqual(numbers(received).sort(), [1, 2, 3]);
});

test("what was published past the classes is delivered as bad, and keeps nobody from the others", async (scene) => {
  const { first, open } = scene;
  const broker = await open("a");
  const plain = await openMemory(first, { node: "stranger" });
  await broker.createTopic("t", 1);
  await plain.publish("t", "k", nth("k", 1));
  await broker.publish("t", "k", nth("k", 2));
  await plain.close();
  const subscription = await broker.subscribe("g", "t", SESSION);
  const taken: unknown[] = [];
  await until(async () => {
    taken.push(...(await subscription.take(10, 100)).map((one) => one.kind));
    return taken.length === 2;
  }, "both come");
  assert.deepEqual(taken, ["bad", "letter"]);
});

test("brokers whose breakers somebody else has opened are found to be well again", async ({ first, second }) => {
  const route = async (name: string, server: MemoryServer) => {
    const one = routeTo(name, await openMemory(server, { node: "a" }));
    for (let n = 0; n < 2; n++) one.breaker.settle(one.breaker.admit(0)!, false, 0);
    assert.equal(one.breaker.state, "open");
    return one;
  };
  const broker = openClassed("a", {}, {
    ...QUICK,
    routes: [await route("first", first), await route("second", second)],
    classes: { durable: ["first", "second"] },
  });
  await broker.publish("t", "k", nth("k", 1));
  await broker.close();
});

test("a class that names a broker which is not there is refused", () => {
  assert.throws(() => openClassed("a", {}), /goes over/);
  return Promise.resolve();
});
