/**
 * A server that has no room left says so in one sentence; nothing that was confirmed is lost, nothing is reordered, and it goes
 * on when there is room again.
 */
import assert from "node:assert/strict";
import { createClient } from "../../runtime/transport/redis_client.ts";
import { type Broker, BrokerError } from "../../runtime/transport/mod.ts";
import { startKafka } from "../services/kafka.ts";
import { natsConfiguration, startNats } from "../services/nats.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { pause, type Service } from "../services/service.ts";
import { SmallDisk, smallDiskMissing } from "../services/small_disk.ts";
import { openBroker, type ServerKind } from "./adapters.ts";
import { assertOrder, gather, numbered, until } from "./letters.ts";

const MEBI = 2 ** 20;
/** Letters of a kilobyte, in batches of fifty. */
const BATCH = 50;
const SIZE = 1_000;
const KEYS = 10;

const batchFrom = (from: number) => numbered(from, from + BATCH - 1, KEYS, SIZE);

interface Full {
  readonly service: Service;
  readonly code: string;
  readonly sentence: RegExp;
  /** Makes room, and starts the server again where it is down. */
  readonly room: () => Promise<void>;
}

/** Publishes until the server has no room; returns how many letters were confirmed. */
async function fillUp(broker: Broker, { code, sentence }: Full): Promise<number> {
  for (let confirmed = 0;; confirmed += BATCH) {
    assert.ok(confirmed < 200_000, "it is full at some time");
    try {
      await broker.publishBatch("t", batchFrom(confirmed + 1));
    } catch (error) {
      assert.ok(error instanceof BrokerError, error as Error);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, sentence);
      return confirmed;
    }
  }
}

/** A server that ends when its disk is full: nobody answers, and its log says why. */
const ENDS = { code: "BROKER_UNREACHABLE", sentence: /does not answer/ } as const;

async function livesThroughIt(kind: ServerKind, full: Full): Promise<void> {
  const { port } = full.service;
  const opened: Broker[] = [];
  const open = async (node: string, retryMs: number) => {
    const broker = await openBroker(kind, { node, port, retryMs });
    opened.push(broker);
    return broker;
  };
  try {
    const impatient = await open("impatient", 1_000);
    const confirmed = await fillUp(impatient, full);
    assert.ok(confirmed > 0);
    // Who has patience waits for room, and sends what it could not under the same numbers.
    const patient = full.code === ENDS.code ? null : await open("patient", 60_000);
    let done = false;
    const waiting = patient?.publishBatch("t", batchFrom(confirmed + 1)).then(() => done = true);
    await pause(1_500);
    assert.equal(done, false, "there is no room yet");
    await full.room();
    await (waiting ?? sent(impatient, confirmed + 1));
    await sent(impatient, confirmed + BATCH + 1);
    const subscription = await impatient.subscribe("g", "t", { sessionMs: 2_000 });
    assertOrder(await gather([subscription], confirmed + 2 * BATCH, { withinMs: 90_000, most: 500 }));
  } finally {
    await Promise.all(opened.map((broker) => broker.close()));
  }
}

/** Again and again: a server that comes back takes its time. */
const sent = (broker: Broker, from: number): Promise<void> =>
  until(
    () =>
      broker.publishBatch("t", batchFrom(from)).then(() => true, (error) => {
        assert.ok(error instanceof BrokerError, error);
        return false;
      }),
    "it takes more",
    60_000,
  );

function fullTest(name: string, absent: readonly string[], fn: () => Promise<void>): void {
  Deno.test({
    name: `${name}${need(absent)}`,
    ignore: absent.length > 0,
    // A client whose server is gone ends its timers by itself.
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

async function redisSays(port: number, ...command: readonly string[]): Promise<void> {
  const client = await createClient({ socket: { host: "127.0.0.1", port } }).connect();
  await client.sendCommand(command);
  client.destroy();
}

fullTest("Redis without memory: told in a sentence, nothing lost, on with it", missing("redis"), async () => {
  await using service = await startRedis({ more: () => ["maxmemory 6mb", "maxmemory-policy noeviction"] });
  await livesThroughIt("redis", {
    service,
    code: "BROKER_FULL",
    sentence: /^Redis has no room for more: give it memory or disk, or remove what nobody needs \(OOM /,
    room: () => redisSays(service.port, "CONFIG", "SET", "maxmemory", "100mb"),
  });
});

fullTest("a Redis without memory loses no lease and keeps what is committed", missing("redis"), async () => {
  await using service = await startRedis({ more: () => ["maxmemory 6mb", "maxmemory-policy noeviction"] });
  const broker = await openBroker("redis", { node: "holder", port: service.port, retryMs: 500 });
  try {
    const lease = (await broker.lease("l", { ttlMs: 1_500 }))!;
    const subscription = await broker.subscribe("g", "t", { sessionMs: 1_500 });
    await fillUp(broker, { service, code: "BROKER_FULL", sentence: /./, room: async () => {} });
    // Not even a little one fits.
    await redisSays(service.port, "CONFIG", "SET", "maxmemory", "2mb");
    await assert.rejects(broker.publish("t", "key-0", numbered(1, 1)[0].letter), { code: "BROKER_FULL" });
    await pause(3_000);
    assert.equal(lease.held, true);
    await lease.check();
    const taken = await subscription.take(100, 5_000);
    assert.ok(taken.length > 0);
    await subscription.commit(taken);
  } finally {
    await broker.close();
  }
});

fullTest("NATS without room in its store: told in a sentence, nothing lost, on with it", missing("nats"), async () => {
  await using service = await startNats({ maxStore: 4 * MEBI });
  await livesThroughIt("nats", {
    service,
    code: "BROKER_FULL",
    sentence: /^NATS has no room for more: give it memory or disk, or remove what nobody needs \(insufficient/,
    async room() {
      const { directory, port } = service;
      await service.kill();
      await Deno.writeTextFile(`${directory}/nats.conf`, natsConfiguration(directory, port, undefined, 500 * MEBI));
      await service.resume();
    },
  });
});

const noDisk = await smallDiskMissing();
const disk = noDisk === null ? [] : ["rights to mount a disk"];

fullTest(
  "Redis whose disk is full ends itself, and nothing confirmed is lost",
  [...missing("redis"), ...disk],
  async () => {
    await using small = await SmallDisk.mount(24);
    await using service = await startRedis({ more: () => [`dir ${small.path}`, "auto-aof-rewrite-percentage 0"] });
    await small.fill(3 * MEBI);
    await livesThroughIt("redis", {
      ...{ service, ...ENDS },
      async room() {
        assert.match(
          await Deno.readTextFile(`${service.directory}/output.log`),
          /No space left on device|Can't recover from AOF write error/,
        );
        await small.free();
        await service.kill();
        await service.resume();
      },
    });
  },
);

fullTest(
  "Kafka whose disk is full ends itself, and nothing confirmed is lost",
  [...missing("kafka"), ...disk],
  async () => {
    await using small = await SmallDisk.mount(160);
    await using service = await startKafka({ logs: `${small.path}/logs` });
    const first = await openBroker("kafka", { node: "first", port: service.port });
    await first.createTopic("t", 4);
    await first.publishBatch("t", numbered(1, 1, 1, 1));
    await first.close();
    await small.fill(3 * MEBI);
    await livesThroughIt("kafka", {
      ...{ service, ...ENDS },
      async room() {
        assert.match(await Deno.readTextFile(`${service.directory}/output.log`), /No space left on device/);
        await small.free();
        await service.kill();
        await service.resume();
      },
    });
  },
);
