/**
 * Kafka, by kafkajs. Groups, positions and the division of partitions are Kafka's own; leases are made of a compacted topic
 * (kafka_registers.ts). Runs on brokers of the 3.9 and 4 lines.
 *
 * The producer is idempotent and has one request under way: what the outbox sends again after a lost connection is sent in
 * its place. Transactions are not used: `Deduplicator` does for every broker what they would do for one.
 */
import { Buffer } from "node:buffer";
import { type Admin, type Kafka, Partitioners, type Producer } from "./kafkajs.ts";
import {
  type Broker,
  type BrokerOptions,
  DEFAULT_MAX_BYTES,
  DEFAULT_PARTITIONS,
  DEFAULT_RETRY_MS,
  type Lease,
  type LeaseOptions,
  type Letter,
  type PartitionLag,
  type Publication,
  type SubscribeOptions,
  type Subscription,
} from "./broker.ts";
import { BrokerError, checkName, tooLarge, unknownTopic } from "./errors.ts";
import { encodeFrame } from "./frame.ts";
import { insist } from "./insist.ts";
import { countedWrong, hangUp, IMPATIENT, kafkaError, type KafkaWay, makeClient } from "./kafka_client.ts";
import { KafkaRegisters } from "./kafka_registers.ts";
import { groupOf, KafkaSubscription } from "./kafka_subscription.ts";
import { LeaseHolder } from "./lease.ts";
import { Outbox } from "./outbox.ts";
import { greet, notConnected } from "./way.ts";

export interface KafkaOptions extends BrokerOptions, KafkaWay {
  /** Copies of the topics that are made; default 1. */
  readonly replicas?: number;
}

interface Entry {
  readonly key: string;
  readonly value: Buffer;
}

/**
 * Bytes that a message has in a batch beside its value and key, at most; the server's limit is on what one request brings for
 * one partition.
 */
const OVERHEAD = 100;

/** Opens a connection. Rejects with BROKER_UNREACHABLE, BROKER_LOGIN or BROKER_TLS. */
export async function openKafka(options: KafkaOptions): Promise<Broker> {
  const kafka = await makeClient(options, options.node);
  try {
    await greet(() => greetKafka(kafka, options));
  } catch (error) {
    throw notConnected("Kafka", options, error, /SASL|authentication/i);
  }
  const admin = kafka.admin();
  await admin.connect();
  return new KafkaBroker(kafka, admin, options);
}

async function greetKafka(kafka: Kafka, way: KafkaWay): Promise<void> {
  const first = kafka.admin({ retry: IMPATIENT });
  try {
    await first.connect();
    await first.listTopics();
  } catch (error) {
    throw hangUp(error, way);
  } finally {
    await first.disconnect().catch(() => {});
  }
}

class KafkaBroker implements Broker {
  readonly kind = "kafka";
  private readonly maxBytes: number;
  private readonly retryMs: number;
  private readonly topics = new Map<string, Promise<number>>();
  private readonly outboxes = new Map<string, Outbox<Entry>>();
  private readonly subscriptions = new Set<Subscription>();
  private readonly leases = new Set<LeaseHolder>();
  private producing: Promise<Producer> | null = null;
  private ownRegisters: KafkaRegisters | null = null;
  private closed = false;

  constructor(private readonly kafka: Kafka, private readonly admin: Admin, private readonly options: KafkaOptions) {
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
  }

  async createTopic(topic: string, partitions: number = this.options.partitions ?? DEFAULT_PARTITIONS): Promise<void> {
    checkName("topic", topic);
    await this.ask(topic, () => this.create(topic, partitions));
    this.topics.delete(topic);
  }

  publish(topic: string, key: string, letter: Letter): Promise<void> {
    return this.publishBatch(topic, [{ key, letter }]);
  }

  async publishBatch(topic: string, publications: readonly Publication[]): Promise<void> {
    const entries = publications.map((publication) => {
      const value = Buffer.from(encodeFrame(publication));
      if (value.length > this.maxBytes) throw tooLarge(value.length, this.maxBytes);
      return { key: publication.key, value };
    });
    await this.partitions(topic);
    await this.outbox(topic).add(entries);
  }

  async subscribe(group: string, topic: string, options: SubscribeOptions = {}): Promise<Subscription> {
    checkName("group", group);
    await this.partitions(topic);
    const subscription: KafkaSubscription = new KafkaSubscription(
      this.kafka,
      this.admin,
      { group, topic },
      options,
      this.retryMs,
      () => this.subscriptions.delete(subscription),
    );
    this.subscriptions.add(subscription);
    return subscription;
  }

  async lag(group: string, topic: string): Promise<readonly PartitionLag[]> {
    await this.partitions(topic);
    const [offsets, committed] = await this.ask(topic, () =>
      Promise.all([
        this.admin.fetchTopicOffsets(topic),
        this.admin.fetchOffsets({ groupId: groupOf({ group, topic }), topics: [topic] }),
      ]));
    return offsets.map(({ partition, low, high }) => {
      const found = committed[0]?.partitions.find((one) => one.partition === partition)?.offset ?? "-1";
      const at = found === "-1" ? null : Number(found);
      return { partition, committed: at, behind: Number(high) - Math.max(Number(low), at ?? 0) };
    }).sort((a, b) => a.partition - b.partition);
  }

  /** Made when they are first asked for: their topic is read from its beginning. */
  get registers(): KafkaRegisters {
    const { node, replicas = 1 } = this.options;
    return this.ownRegisters ??= new KafkaRegisters(this.kafka, this.admin, node, replicas);
  }

  async lease(name: string, options: LeaseOptions = {}): Promise<Lease | null> {
    this.refuseClosed();
    const again = <T>(call: () => Promise<T>) => insist(call, this.retryMs);
    const lease = await LeaseHolder.take(this.registers, name, this.options.node, options, again);
    if (lease !== null) this.leases.add(lease);
    return lease;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.outboxes.values()].map((outbox) => outbox.close()));
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await Promise.all([...this.leases].map((lease) => lease.release()));
    await this.ownRegisters?.close();
    const producer = await this.producing?.catch(() => null);
    await producer?.disconnect().catch(() => {});
    await this.admin.disconnect().catch(() => {});
  }

  private async send(topic: string, entries: readonly Entry[]): Promise<void> {
    try {
      const producer = await this.producer();
      for (const messages of requests(entries, this.maxBytes)) await producer.send({ topic, messages, acks: -1 });
    } catch (error) {
      if (countedWrong(error)) await this.dropProducer();
      throw kafkaError(error, topic);
    }
  }

  private producer(): Promise<Producer> {
    this.producing ??= this.connectProducer();
    this.producing.catch(() => this.producing = null);
    return this.producing;
  }

  private async connectProducer(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // As Kafka's own clients choose, so that a key has one partition whoever writes.
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    // A rejected connect leaves a producer without its number, which sends all the same: it is thrown away.
    await producer.connect();
    return producer;
  }

  private async dropProducer(): Promise<void> {
    const producer = await this.producing?.catch(() => null);
    this.producing = null;
    await producer?.disconnect().catch(() => {});
  }

  private outbox(topic: string): Outbox<Entry> {
    this.refuseClosed();
    let outbox = this.outboxes.get(topic);
    if (outbox === undefined) {
      outbox = new Outbox((entries) => this.send(topic, entries), this.retryMs);
      this.outboxes.set(topic, outbox);
    }
    return outbox;
  }

  private partitions(topic: string): Promise<number> {
    this.refuseClosed();
    checkName("topic", topic);
    let known = this.topics.get(topic);
    if (known === undefined) {
      known = this.ask(topic, () => this.look(topic));
      this.topics.set(topic, known);
      known.catch(() => this.topics.delete(topic));
    }
    return known;
  }

  private async look(topic: string): Promise<number> {
    if (!(await this.admin.listTopics()).includes(topic)) {
      if (this.options.createTopics === false) throw unknownTopic(topic);
      await this.create(topic, this.options.partitions ?? DEFAULT_PARTITIONS);
    }
    const { topics: [found] } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    return found.partitions.length;
  }

  private async create(topic: string, numPartitions: number): Promise<void> {
    // False when it is there already.
    await this.admin.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: this.options.replicas ?? 1 }],
      waitForLeaders: true,
    });
  }

  private ask<T>(topic: string, call: () => Promise<T>): Promise<T> {
    return insist(async () => {
      try {
        return await call();
      } catch (error) {
        throw kafkaError(error, topic);
      }
    }, this.retryMs);
  }

  private refuseClosed(): void {
    if (this.closed) throw new BrokerError("BROKER_CLOSED", "the broker has been closed.");
  }
}

/** In their order, and each small enough to be taken whole, even if all of it goes to one partition. */
function requests(entries: readonly Entry[], mostBytes: number): readonly Entry[][] {
  const all: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const more = entry.value.length + entry.key.length * 3 + OVERHEAD;
    if (bytes + more > mostBytes) {
      all.push([]);
      bytes = 0;
    }
    all[all.length - 1].push(entry);
    bytes += more;
  }
  return all;
}
