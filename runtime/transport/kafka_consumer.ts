/**
 * A consumer of kafkajs that is always there: when one crashes, or does not come into its group, it is thrown away and another
 * takes its place. kafkajs restarts its own, and after a kill of the server some of those never join again.
 */
import type { Consumer, ConsumerConfig, EachBatchHandler, Kafka } from "./kafkajs.ts";
import { Sleep } from "../internal/wall.ts";
import type { BrokerError } from "./errors.ts";
import { kafkaError, PATIENT } from "./kafka_client.ts";

const PAUSE_MS = 200;
/** Beyond the time that a group takes to divide itself, milliseconds: then something hangs. */
const JOIN_MS = 5_000;
const FAREWELL_MS = 2_000;

export interface LastingConfig extends ConsumerConfig {
  readonly rebalanceTimeout: number;
  readonly topic: string;
  readonly fromBeginning: boolean;
  readonly eachBatch: EachBatchHandler;
  /** What it holds from now on; nothing while it is out of its group. */
  readonly divided: (partitions: readonly number[]) => void;
  /** The server refuses for a reason that does not pass. */
  readonly failed: (error: BrokerError) => void;
}

export class LastingConsumer {
  private consumer: Consumer | null = null;
  private closed = false;
  private awake: (() => void) | null = null;
  private readonly running: Promise<void>;

  constructor(private readonly kafka: Kafka, private readonly config: LastingConfig) {
    this.running = this.run();
  }

  /** The present one; null between two. */
  get current(): Consumer | null {
    return this.consumer;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.awake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      const error = await this.live();
      this.config.divided([]);
      const refusal = error === null ? null : kafkaError(error, this.config.topic);
      if (refusal?.code === "BROKER_REFUSED") return this.config.failed(refusal);
      if (!this.closed) await this.sleep(PAUSE_MS);
    }
  }

  /** One consumer's life; returns why it ended, null when it was ended. */
  private async live(): Promise<unknown> {
    const { topic, fromBeginning, eachBatch, divided, failed: _, ...config } = this.config;
    const retry = { ...PATIENT, restartOnFailure: () => Promise.resolve(false) };
    const consumer = this.kafka.consumer({ ...config, allowAutoTopicCreation: false, retry });
    const { promise: crashed, resolve: crash } = Promise.withResolvers<unknown>();
    let joined = false;
    consumer.on(consumer.events.CRASH, ({ payload }) => crash(payload.error));
    consumer.on(consumer.events.REBALANCING, () => divided([]));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      joined = true;
      if (this.consumer === consumer) divided(payload.memberAssignment[topic] ?? []);
    });
    this.consumer = consumer;
    try {
      const starting = (async () => {
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning });
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
      })().catch(crash);
      const patience = new Sleep(config.rebalanceTimeout + JOIN_MS);
      this.awake = () => patience.end();
      await Promise.race([starting, crashed, patience.done]);
      patience.end();
      if (this.closed) return null;
      if (!joined) return await Promise.race([crashed, Promise.resolve(null)]);
      return await Promise.race([crashed, new Promise<null>((resolve) => this.awake = () => resolve(null))]);
    } finally {
      this.consumer = null;
      const patience = new Sleep(FAREWELL_MS);
      await Promise.race([consumer.disconnect().catch(() => {}), patience.done]);
      patience.end();
    }
  }

  private async sleep(ms: number): Promise<void> {
    const sleep = new Sleep(ms);
    this.awake = () => sleep.end();
    if (!this.closed) await sleep.done;
    sleep.end();
  }
}
