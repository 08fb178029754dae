/** What every broker promises (runtime/transport/broker.ts), as tests that are run over each of them. */
import assert from "node:assert/strict";
import { type Broker, DEFAULT_MAX_BYTES, type Delivered, encodeFrame } from "../../runtime/transport/mod.ts";
import type { Subscription } from "../../runtime/transport/mod.ts";
import { missing, need } from "../services/needs.ts";
import type { BrokerKind } from "../services/needs.ts";
import { assertOrder, gather, isLetter, letter, numbered, numberOf, until } from "./letters.ts";
import type { World } from "./world.ts";

const SESSION = { sessionMs: 1_000 } as const;
/** A subscriber that was sent a hundred letters of a kilobyte must not hold thousands. */
const LARGE = { letters: 20_000, bytes: 1_000, mostGrown: 12 * 1024 * 1024 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function present<T>(value: T | null): T {
  assert.notEqual(value, null);
  return value!;
}

/** `name`: of the server, where one kind has several. */
export function brokerContract(kind: BrokerKind, start: () => Promise<World>, name: string = kind): void {
  const absent = missing(kind);
  const ignore = absent.length > 0;
  let world: World;
  let topics = 0;

  if (!ignore) {
    Deno.test.beforeAll(async () => {
      world = await start();
    });
    Deno.test.afterAll(() => world.end());
  }

  interface Scene {
    readonly world: World;
    readonly broker: Broker;
    /** A name that no other test uses. */
    readonly topic: string;
    readonly open: (node: string) => Promise<Broker>;
  }

  const test = (sentence: string, body: (scene: Scene) => Promise<void>, sanitize = false) =>
    Deno.test({
      name: `${name} broker: ${sentence}${need(absent)}`,
      ignore,
      // Other nodes and killed servers are waited for by pipes and timers of their own.
      sanitizeOps: sanitize,
      sanitizeResources: sanitize,
      async fn() {
        const opened: Broker[] = [];
        const open = async (node: string) => {
          const broker = await world.open(node);
          opened.push(broker);
          return broker;
        };
        const broker = await open("writer");
        try {
          await body({ world, broker, topic: `topic-${++topics}`, open });
        } finally {
          await Promise.all(opened.map((one) => one.close()));
        }
      },
    });

  test("letters of one key come in the order in which they were published, none twice", async ({ broker, topic }) => {
    const all = numbered(1, 300, 7);
    await Promise.all([
      ...all.slice(0, 100).map(({ key, letter }) => broker.publish(topic, key, letter)),
      broker.publishBatch(topic, all.slice(100, 200)),
      ...all.slice(200).map(({ key, letter }) => broker.publish(topic, key, letter)),
    ]);
    const received = await gather([await broker.subscribe("readers", topic, SESSION)], 300);
    assert.equal(received.length, 300);
    assertOrder(received);
    assert.deepEqual(received[0].letter, letter(numberOf(received[0])));
    assert.ok(received.every(({ key, letter }) => key === `key-${letter.envelope.sequence % 7}`));
  });

  test("every group gets every letter, and one that begins with what comes gets no older ones", async (scene) => {
    const { broker, topic } = scene;
    await broker.publishBatch(topic, numbered(1, 5));
    const first = await broker.subscribe("first", topic, SESSION);
    const next = await broker.subscribe("next", topic, { ...SESSION, from: "next" });
    await until(() => first.partitions.length === 4 && next.partitions.length === 4, "both hold all partitions");
    // Kafka settles where a group begins at its first fetch.
    await next.take(1, 500);
    await broker.publishBatch(topic, numbered(6, 10));
    assert.deepEqual((await gather([first], 10)).map(numberOf), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual((await gather([next], 5)).map(numberOf), [6, 7, 8, 9, 10]);
  });

  test("what a subscriber that died had not committed comes again in order, what it had does not", async (scene) => {
    const { world, broker, topic } = scene;
    await broker.publishBatch(topic, numbered(1, 30));
    const other = await world.other("victim", { act: "consume", group: "g", topic, take: 20, commit: 12 });
    assert.deepEqual(await other.heard(), { taken: numbered(1, 20).map(({ letter }) => letter.envelope.sequence) });
    const heir = await broker.subscribe("g", topic, SESSION);
    await other.die();
    const received = await gather([heir], 18);
    assert.deepEqual(received.map(numberOf), numbered(13, 30).map(({ letter }) => letter.envelope.sequence));
  });

  test("two subscribers of one group share its partitions, and a third's leaving gives them back", async (scene) => {
    const { broker, topic, open } = scene;
    const [a, b] = [await open("a"), await open("b")];
    const [left, right] = [await a.subscribe("g", topic, SESSION), await b.subscribe("g", topic, SESSION)];
    const shared = (...all: readonly Subscription[]) =>
      all.every(({ partitions }) => partitions.length > 0) &&
      all.flatMap(({ partitions }) => partitions).sort().join() === "0,1,2,3";
    const third = await (await open("c")).subscribe("g", topic, SESSION);
    await until(() => shared(left, right, third), "three share the partitions");
    await third.close();
    await until(() => shared(left, right), "two share them");
    await broker.publishBatch(topic, numbered(1, 200, 40));
    const received = await gather([left, right], 200);
    assert.equal(received.length, 200, "each letter went to one of them");
    assertOrder(received);
  });

  test("a commit is kept when the server is killed and started again", async ({ world, broker, topic }) => {
    await broker.publishBatch(topic, numbered(1, 20));
    const before = await broker.subscribe("g", topic, SESSION);
    await gather([before], 20);
    await before.close();
    await world.kill();
    await world.resume();
    await broker.publishBatch(topic, numbered(21, 25));
    const after = await gather([await broker.subscribe("g", topic, SESSION)], 5);
    assert.deepEqual(after.map(numberOf), [21, 22, 23, 24, 25]);
  });

  test("a commit by one that has lost the partition is refused", async ({ broker, topic, open }) => {
    await broker.publishBatch(topic, numbered(1, 10));
    const sole = await broker.subscribe("g", topic, SESSION);
    const taken = await gather([sole], 10, { commit: false });
    const [{ partition }] = taken;
    const others = await Promise.all(
      ["a", "b", "c"].map(async (node) => (await open(node)).subscribe("g", topic, SESSION)),
    );
    await until(() => !sole.partitions.includes(partition), "another one holds the partition");
    // Whoever has it goes on; it may be the old holder again, and then the rest of this says nothing.
    await until(() => others.some(({ partitions }) => partitions.includes(partition)), "one of the others holds it");
    await assert.rejects(sole.commit(taken), { code: "PARTITION_LOST" });
    assert.deepEqual(new Set((await gather(others, 10)).map(numberOf)).size, 10);
  });

  test("a subscriber that was frozen and overtaken can commit nothing when it wakes", async (scene) => {
    const { world, broker, topic } = scene;
    await broker.createTopic(topic, 1);
    await broker.publishBatch(topic, numbered(1, 10));
    const other = await world.other("victim", { act: "hoard", group: "g", topic, take: 10 });
    assert.deepEqual(await other.heard(), { commit: "ok" });
    other.freeze();
    const heir = await broker.subscribe("g", topic, SESSION);
    await gather([heir], 9);
    other.thaw();
    await until(async () => (await other.heard()).commit === "PARTITION_LOST", "it is told");
    assert.equal((await broker.lag("g", topic))[0].behind, 0);
    await other.die();
  });

  test("lag says how many letters are kept and not committed", async ({ broker, topic }) => {
    const behind = async () => (await broker.lag("g", topic)).reduce((sum, { behind }) => sum + behind, 0);
    assert.equal(await behind(), 0);
    await broker.publishBatch(topic, numbered(1, 50, 10));
    assert.equal(await behind(), 50);
    const subscription = await broker.subscribe("g", topic, SESSION);
    const taken = await gather([subscription], 50, { commit: false });
    assert.equal(await behind(), 50);
    await subscription.commit(taken);
    assert.equal(await behind(), 0);
    await broker.publishBatch(topic, numbered(51, 53, 10));
    assert.equal(await behind(), 3);
    assert.equal((await broker.lag("g", topic)).length, 4);
  });

  test("of a group that is passing nothing is kept when it closes", async ({ broker, topic }) => {
    await broker.publishBatch(topic, numbered(1, 3));
    const group = `${topic}-passing`;
    const subscription = await broker.subscribe(group, topic, { ...SESSION, passing: true });
    await gather([subscription], 3);
    assert.equal((await broker.lag(group, topic)).some(({ committed }) => committed !== null), true);
    await subscription.close();
    // Kafka forgets its groups by itself, by its own rules.
    if (kind === "kafka") return;
    assert.ok((await broker.lag(group, topic)).every(({ committed }) => committed === null));
  });

  test("a subscriber goes back and forth by seeking", async ({ broker, topic }) => {
    await broker.publishBatch(topic, numbered(1, 20));
    const subscription = await broker.subscribe("g", topic, SESSION);
    const taken = await gather([subscription], 20);
    const { partition } = taken[0];
    const all = taken.map(numberOf);
    await subscription.seek(partition, "first");
    assert.deepEqual((await gather([subscription], 20, { commit: false })).map(numberOf), all);
    await subscription.seek(partition, taken[14].offset);
    assert.deepEqual((await gather([subscription], 6, { commit: false })).map(numberOf), all.slice(14));
    await subscription.seek(partition, "first");
    await subscription.seek(partition, "next");
    await broker.publishBatch(topic, numbered(21, 22));
    assert.deepEqual((await gather([subscription], 2)).map(numberOf), [21, 22]);
  });

  test("of those who want a lease one has it, and the next has a higher epoch", async ({ broker, topic, open }) => {
    const other = await open("other");
    const first = present(await broker.lease(topic, { ttlMs: 2_000 }));
    assert.equal(first.held as boolean, true);
    await first.check();
    assert.equal(await other.lease(topic, { ttlMs: 2_000 }), null);
    await first.release();
    assert.equal(first.held as boolean, false);
    const second = present(await other.lease(topic, { ttlMs: 2_000, waitMs: 5_000 }));
    assert.ok(second.epoch > first.epoch && second.held);
    await assert.rejects(first.check(), { code: "LEASE_LOST" });
    await second.check();
  });

  test("a register is written over what was seen of it, and over nothing else", async ({ broker, topic, open }) => {
    const other = await open("other");
    const name = `front.${topic}.0`;
    assert.equal(await broker.registers.read(name), null);
    const first = present(await broker.registers.write(name, "one", 0));
    assert.deepEqual(await other.registers.read(name), { value: "one", revision: first });
    assert.equal(await other.registers.write(name, "two", 0), null, "something stands there");
    // A write that was refused may have written what stood there once more: whoever goes on reads again.
    const stands = present(await other.registers.read(name));
    assert.equal(stands.value, "one");
    const second = present(await other.registers.write(name, "two", stands.revision));
    assert.equal(await broker.registers.write(name, "three", first), null, "something else stands there");
    const last = present(await broker.registers.read(name));
    assert.equal(last.value, "two");
    assert.ok(last.revision >= second);
  });

  test("of many who want a lease at one moment one gets it", async ({ topic, open }) => {
    const brokers = await Promise.all(["a", "b", "c", "d"].map(open));
    // The ways to the server are warm, so that they meet.
    for (const one of brokers) await (await one.lease(`${topic}-warm`, { ttlMs: 1_000 }))?.release();
    const leases = await Promise.all(brokers.map((one) => one.lease(topic, { ttlMs: 5_000 })));
    assert.equal(leases.filter((lease) => lease !== null).length, 1);
  });

  test("a lease whose holder was frozen is taken over, and refused to it when it wakes", async (scene) => {
    const { world, broker, topic } = scene;
    const other = await world.other("victim", { act: "lease", name: topic, ttlMs: 1_000 });
    const { epoch, held } = await other.heard();
    assert.ok(held);
    assert.equal(await broker.lease(topic, { ttlMs: 1_000, waitMs: 1_500 }), null, "it is kept alive");
    other.freeze();
    assert.equal(await broker.lease(topic, { ttlMs: 1_000, waitMs: 300 }), null, "a moment's silence is no end");
    other.thaw();
    await pause(600);
    other.freeze();
    const heir = present(await broker.lease(topic, { ttlMs: 1_000, waitMs: 10_000 }));
    assert.ok(heir.epoch > (epoch as number));
    other.thaw();
    await until(async () => (await other.heard()).check === "LEASE_LOST", "it is told");
    assert.equal((await other.heard()).held, false);
    await other.die();
    await heir.check();
  });

  test("a server that is killed under load and started again loses nothing and keeps order", async (scene) => {
    const { world, broker, topic, open } = scene;
    const all = numbered(1, 4_000, 10);
    const subscription = await (await open("reader")).subscribe("g", topic, SESSION);
    let confirmed = 0;
    const publishing = (async () => {
      const underWay: Promise<void>[] = [];
      for (const { key, letter } of all) {
        underWay.push(broker.publish(topic, key, letter).then(() => void confirmed++));
        // Hundreds are under way at any time, in several batches.
        if (underWay.length >= 400) await underWay.shift();
      }
      await Promise.all(underWay);
    })();
    const receiving = gather([subscription], all.length, { withinMs: 60_000 });
    publishing.catch(() => {});
    receiving.catch(() => {});
    await until(() => confirmed >= 600, "it is under load");
    await world.kill();
    await pause(150);
    await world.resume();
    await publishing;
    assertOrder(await receiving);
  });

  test("a subscriber that is slow costs nobody's memory", async ({ world, broker, topic }) => {
    await broker.createTopic(topic, 1);
    for (let at = 0; at < LARGE.letters; at += 1_000) {
      await broker.publishBatch(topic, numbered(at + 1, at + 1_000, 1, LARGE.bytes));
    }
    const other = await world.other("victim", { act: "dawdle", group: "g", topic, takes: 20 });
    const { grown } = await other.heard();
    await other.die();
    assert.ok((grown as number) < LARGE.mostGrown, `it grew by ${grown} bytes`);
  });

  test("what is no letter is delivered as bad at its place, and keeps nobody from the others", async (scene) => {
    const { world, broker, topic } = scene;
    await broker.createTopic(topic, 1);
    await broker.publishBatch(topic, numbered(1, 2));
    await world.put(topic, 0, "garbage");
    await world.put(topic, 0, '[2,"k","n",1,null,1,1,0,1,null,null,0]\n{}');
    await world.put(topic, 0, encodeFrame({ key: "k", letter: letter(-1) }));
    await broker.publishBatch(topic, numbered(3, 4));
    const subscription = await broker.subscribe("g", topic, SESSION);
    const taken: Delivered[] = [];
    await until(async () => {
      taken.push(...await subscription.take(10, 100));
      return taken.length >= 7;
    }, "all seven come");
    assert.deepEqual(taken.map((one) => isLetter(one) ? numberOf(one) : one.kind), [1, 2, "bad", "bad", "bad", 3, 4]);
    const sentences = taken.flatMap((one) => one.kind === "bad" ? [one.why] : []);
    assert.match(sentences[0], /begins with a line of envelope/);
    assert.match(sentences[1], /envelope of format 2 is not 1/);
    assert.match(sentences[2], /sequence of an envelope is a whole number of at least 0, not -1/);
    await subscription.commit(taken);
    assert.equal((await broker.lag("g", topic))[0].behind, 0);
  });

  test("what is too large, unknown or wrongly named is refused with a sentence, and nothing else is", async (scene) => {
    const { world, broker, topic } = scene;
    const large = letter(1, { size: DEFAULT_MAX_BYTES });
    await assert.rejects(broker.publish(topic, "k", large), {
      code: "MESSAGE_TOO_LARGE",
      message: /^a message of 1000\d\d\d? bytes is above the limit of 1000000: send less\.$/,
    });
    await broker.publish(topic, "k", letter(1));
    await assert.rejects(broker.publish("no topic", "k", letter(1)), { code: "NAME_BAD" });
    await assert.rejects(broker.subscribe("", topic), { code: "NAME_BAD" });
    const strict = await world.open("strict", { createTopics: false });
    try {
      await assert.rejects(strict.publish(`${topic}-unknown`, "k", letter(1)), { code: "TOPIC_UNKNOWN" });
      await assert.rejects(strict.subscribe("g", `${topic}-unknown`), { code: "TOPIC_UNKNOWN" });
      await strict.publish(topic, "k", letter(2));
    } finally {
      await strict.close();
    }
    await assert.rejects(strict.publish(topic, "k", letter(3)), { code: "BROKER_CLOSED" });
    await gather([await broker.subscribe("g", topic, SESSION)], 2);
  });

  test("what was opened is closed, and nothing goes on behind it", async ({ broker, topic }) => {
    await broker.publishBatch(topic, numbered(1, 10));
    await gather([await broker.subscribe("g", topic, SESSION)], 10);
    await broker.lease(topic, { ttlMs: 1_000 });
  }, true);

  test("a publisher whose server stays away is told so, and goes on when it is back", async ({ world, topic }) => {
    const hasty = await world.open("hasty", { retryMs: 300 });
    try {
      await hasty.publish(topic, "k", letter(1));
      await world.kill();
      await assert.rejects(hasty.publish(topic, "k", letter(2)), { code: "BROKER_UNREACHABLE" });
      await world.resume();
      await until(() => hasty.publish(topic, "k", letter(3)).then(() => true, () => false), "it publishes again");
    } finally {
      await hasty.close();
    }
  });
}
