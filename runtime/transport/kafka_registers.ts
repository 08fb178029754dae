/**
 * Registers on Kafka, which has none: one compacted topic with one partition, whose order decides. A write is a record that
 * names the revision it means to write over; whoever reads the topic from its beginning comes to the same verdict on each.
 *
 * Compaction keeps the last record of a register, which should be one that counts: whoever was refused writes what stands
 * there once more behind it, and nothing is compacted before a day has passed.
 */
import { type Admin, type Kafka, Partitioners, type Producer } from "./kafkajs.ts";
import { processMark, Sleep } from "../internal/wall.ts";
import type { Register, Registers } from "./register.ts";
import { BrokerError } from "./errors.ts";
import { kafkaError } from "./kafka_client.ts";
import { LastingConsumer } from "./kafka_consumer.ts";

const TOPIC = "cwts-registers";
const DAY_MS = "86400000";
const SESSION_MS = 10_000;
/** The longest a read waits for what has been written; while the server is away it is asked again. */
const ANSWER_MS = 3_000;

interface Written {
  /** Revision that it is to replace. */
  readonly over: number;
  readonly value: string;
}

interface Awaiting {
  readonly end: number;
  readonly resolve: () => void;
  readonly reject: (error: BrokerError) => void;
}

export class KafkaRegisters implements Registers {
  private readonly registers = new Map<string, Register>();
  /** Revisions of the records that counted, of those somebody here waits for. */
  private readonly verdicts = new Map<number, boolean>();
  /** Offset behind the last record that was read. */
  private end = 0;
  private awaiting: Awaiting[] = [];
  private failure: BrokerError | null = null;
  private opening: Promise<{ readonly consumer: LastingConsumer; readonly producer: Producer }> | null = null;
  private readonly groupId: string;

  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    node: string,
    private readonly replicas: number,
  ) {
    // Each reads all, so each is a group; it commits nothing, and is gone with its last member.
    this.groupId = `${TOPIC}.${node}.${processMark}`;
  }

  async read(name: string): Promise<Register | null> {
    return await this.ask(async () => {
      await this.open();
      const [{ high }] = await this.admin.fetchTopicOffsets(TOPIC);
      await this.readUpTo(Number(high));
      return this.registers.get(name) ?? null;
    });
  }

  async write(name: string, value: string, revision: number): Promise<number | null> {
    return await this.ask(async () => {
      const { producer } = await this.open();
      const written = await this.append(producer, name, { over: revision, value });
      if (written.counts) return written.revision;
      // The last word on a register has to be one that counts.
      for (let again = written; !again.counts;) {
        const stands = this.registers.get(name)!;
        again = await this.append(producer, name, { over: stands.revision, value: stands.value });
      }
      return null;
    });
  }

  async close(): Promise<void> {
    const opened = await this.opening?.catch(() => null);
    await Promise.all(
      [opened?.consumer.close(), opened?.producer.disconnect()].map((one) => one?.catch(() => {})),
    );
  }

  private async append(producer: Producer, name: string, written: Written) {
    const messages = [{ key: name, value: JSON.stringify(written) }];
    const [{ baseOffset }] = await producer.send({ topic: TOPIC, messages, acks: -1 });
    // Revisions begin at 1: 0 is said of what is not there.
    const revision = Number(baseOffset) + 1;
    this.verdicts.set(revision, false);
    await this.readUpTo(revision);
    const counts = this.registers.get(name)?.revision === revision || this.verdicts.get(revision) === true;
    this.verdicts.delete(revision);
    return { revision, counts };
  }

  private apply(name: string, offset: number, { over, value }: Written): void {
    const revision = offset + 1;
    const before = this.registers.get(name);
    // What stood before the oldest record that is kept is not known: that record is taken at its word.
    if (before !== undefined && before.revision !== over) return;
    this.registers.set(name, { value, revision });
    if (this.verdicts.has(revision)) this.verdicts.set(revision, true);
  }

  private readUpTo(end: number): Promise<void> {
    if (this.end >= end) return Promise.resolve();
    if (this.failure !== null) return Promise.reject(this.failure);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const awaiting: Awaiting = { end, resolve, reject };
    this.awaiting.push(awaiting);
    const patience = new Sleep(ANSWER_MS);
    void patience.done.then(() => {
      const message = `Kafka does not answer: "${TOPIC}" could not be read within ${ANSWER_MS} ms.`;
      this.awaiting = this.awaiting.filter((one) => one !== awaiting);
      reject(new BrokerError("BROKER_UNREACHABLE", message));
    });
    return promise.finally(() => patience.end());
  }

  private fail(error: BrokerError): void {
    this.failure = error;
    for (const { reject } of this.awaiting.splice(0)) reject(error);
  }

  private open() {
    this.opening ??= this.connect();
    this.opening.catch(() => this.opening = null);
    return this.opening;
  }

  private async connect() {
    await this.admin.createTopics({
      topics: [{
        topic: TOPIC,
        numPartitions: 1,
        replicationFactor: this.replicas,
        configEntries: [{ name: "cleanup.policy", value: "compact" }, { name: "min.compaction.lag.ms", value: DAY_MS }],
      }],
      waitForLeaders: true,
    });
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const consumer = new LastingConsumer(this.kafka, {
      groupId: this.groupId,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      maxWaitTimeInMs: 500,
      topic: TOPIC,
      fromBeginning: true,
      // deno-lint-ignore require-await -- its type wants a promise
      eachBatch: async ({ batch, resolveOffset }) => {
        for (const { key, offset, value } of batch.messages) {
          // Read again after the group was divided anew.
          if (Number(offset) < this.end || key === null || value === null) continue;
          this.apply(key.toString(), Number(offset), JSON.parse(value.toString()));
        }
        resolveOffset(batch.lastOffset());
        this.end = Math.max(this.end, Number(batch.lastOffset()) + 1);
        const ready = this.awaiting.filter(({ end }) => end <= this.end);
        this.awaiting = this.awaiting.filter(({ end }) => end > this.end);
        for (const { resolve } of ready) resolve();
      },
      divided: () => {},
      failed: (error) => this.fail(error),
    });
    return { consumer, producer };
  }

  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw kafkaError(error, TOPIC);
    }
  }
}
