/** The ways through each broker: our port, and the client's library by itself as its documentation has it. */
import { AckPolicy, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Kafka, logLevel, Partitioners } from "../../runtime/transport/kafkajs.ts";
import { createClient } from "../../runtime/transport/redis_client.ts";
import { openKafka } from "../../runtime/transport/kafka.ts";
import { type Broker, MemoryServer, openMemory } from "../../runtime/transport/mod.ts";
import { openNats } from "../../runtime/transport/nats.ts";
import { openRedis } from "../../runtime/transport/redis.ts";
import { PARTITIONS, publication, rawNumber, rawPartition, rawText, type Road, TAKE } from "./load.ts";

async function ours(broker: Broker, topic: string): Promise<Road> {
  await broker.createTopic(topic, PARTITIONS);
  const subscription = await broker.subscribe("bench", topic);
  let receiving: Promise<void> = Promise.resolve();
  let over = false;
  return {
    async send(first, count) {
      if (count === 1) {
        const { key, letter } = publication(first);
        return await broker.publish(topic, key, letter);
      }
      await broker.publishBatch(topic, Array.from({ length: count }, (_, i) => publication(first + i)));
    },
    async receive(arrived) {
      while (subscription.partitions.length < PARTITIONS) await new Promise((resolve) => setTimeout(resolve, 10));
      receiving = (async () => {
        while (!over) {
          const taken = await subscription.take(TAKE, 100);
          if (taken.length === 0) continue;
          arrived(taken.flatMap((one) => one.kind === "letter" ? [one.letter.envelope.sequence - 1] : []));
          await subscription.commit(taken);
        }
      })();
    },
    async close() {
      over = true;
      await receiving;
      await broker.close();
    },
  };
}

async function rawRedis(port: number, topic: string): Promise<Road> {
  const open = () => createClient({ socket: { port } }).connect();
  const [writer, reader, acker] = await Promise.all([open(), open(), open()]);
  const streams = Array.from({ length: PARTITIONS }, (_, partition) => `${topic}:${partition}`);
  for (const stream of streams) await writer.xGroupCreate(stream, "bench", "0", { MKSTREAM: true });
  let receiving: Promise<void> = Promise.resolve();
  let over = false;
  const trim = { TRIM: { strategy: "MAXLEN", strategyModifier: "~", threshold: 1_000_000 } } as const;
  return {
    async send(first, count) {
      const adds = Array.from({ length: count }, (_, i) => first + i);
      await Promise.all(adds.map((n) => writer.xAdd(streams[rawPartition(n)], "*", { f: rawText(n) }, trim)));
    },
    // deno-lint-ignore require-await -- the others take time
    async receive(arrived) {
      const from = streams.map((key) => ({ key, id: ">" }));
      const options = { COUNT: TAKE / PARTITIONS, BLOCK: 100 };
      receiving = (async () => {
        while (!over) {
          const reply = await reader.xReadGroup("bench", "reader", from, options) as
            | readonly { name: string; messages: readonly { id: string; message: { f: string } }[] }[]
            | null;
          for (const { name, messages } of reply ?? []) {
            arrived(messages.map(({ message }) => rawNumber(message.f)));
            await acker.xAck(name, "bench", messages.map(({ id }) => id));
          }
        }
      })();
    },
    async close() {
      over = true;
      await receiving;
      for (const client of [writer, reader, acker]) client.destroy();
    },
  };
}

async function rawNats(port: number, topic: string): Promise<Road> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  const stream = jetstream(connection);
  const subjects = Array.from({ length: PARTITIONS }, (_, partition) => `${topic}.${partition}`);
  await manager.streams.add({ name: topic, subjects, storage: StorageType.File, max_msgs: 4_000_000 });
  await manager.consumers.add(topic, {
    durable_name: "bench",
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  });
  let stop = () => {};
  return {
    async send(first, count) {
      const numbers = Array.from({ length: count }, (_, i) => first + i);
      await Promise.all(numbers.map((n) => stream.publish(subjects[rawPartition(n)], rawText(n))));
    },
    async receive(arrived) {
      const consumer = await stream.consumers.get(topic, "bench");
      const messages = await consumer.consume({ max_messages: TAKE });
      stop = () => messages.stop();
      void (async () => {
        for await (const message of messages) {
          arrived([rawNumber(message.string())]);
          message.ack();
        }
      })();
    },
    async close() {
      stop();
      await connection.close();
    },
  };
}

async function rawKafka(port: number, topic: string): Promise<Road> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  return {
    async send(first, count) {
      const numbers = Array.from({ length: count }, (_, i) => first + i);
      await producer.send({ topic, messages: numbers.map((n) => ({ key: publication(n).key, value: rawText(n) })) });
    },
    async receive(arrived) {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      await consumer.run({
        autoCommit: false,
        async eachBatch({ batch, resolveOffset, heartbeat }) {
          arrived(batch.messages.map(({ value }) => rawNumber(value!.toString())));
          const offset = batch.lastOffset();
          resolveOffset(offset);
          await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(Number(offset) + 1) }]);
          await heartbeat();
        },
      });
      await joined;
    },
    async close() {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}

export type RoadKind = "memory" | "redis" | "nats" | "kafka";

/** Opens the way of an engine, such as "cwts-redis" or "raw-nats", on a new topic. */
export async function openRoad(engine: string, port: number, topic: string): Promise<Road> {
  const options = { node: "bench", port };
  switch (engine) {
    case "cwts-memory":
      return await ours(await openMemory(new MemoryServer(), options), topic);
    case "cwts-redis":
      return await ours(await openRedis(options), topic);
    case "cwts-nats":
      return await ours(await openNats(options), topic);
    case "cwts-kafka":
      return await ours(await openKafka(options), topic);
    case "raw-redis":
      return await rawRedis(port, topic);
    case "raw-nats":
      return await rawNats(port, topic);
    case "raw-kafka":
      return await rawKafka(port, topic);
  }
  throw new RangeError(`there is no way called ${engine}`);
}
