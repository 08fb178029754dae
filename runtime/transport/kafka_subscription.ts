/**
 * A member of one of Kafka's groups. kafkajs pushes batches; each waits here until `take` has emptied it, and gives signs of
 * life meanwhile, so that a slow subscriber is neither flooded nor thrown out.
 */
import type { Admin, Consumer, EachBatchPayload, Kafka } from "./kafkajs.ts";
import { Sleep, wallMs } from "../internal/wall.ts";
import { type Beginning, DEFAULT_SESSION_MS, type Delivered, type Position, type Subscription } from "./broker.ts";
import type { SubscribeOptions } from "./broker.ts";
import { deliver } from "./delivered.ts";
import { BrokerError } from "./errors.ts";
import { insist } from "./insist.ts";
import { kafkaError } from "./kafka_client.ts";
import { LastingConsumer } from "./kafka_consumer.ts";

/** Signs of life in a session. */
const BEATS = 4;
/** Bytes of one answer of the server, for each partition: what waits here at most. */
const MOST_BYTES = 1_048_576;
/** How long the server holds an empty answer back, milliseconds. */
const LONG_POLL_MS = 500;
/** A group that divides itself anew waits so long for its members; the subscribers' handlers take less. */
const REBALANCE_MS = 10_000;

export interface KafkaGroup {
  readonly group: string;
  readonly topic: string;
}

/** Kafka divides all topics of a group at once; ours are divided by themselves. */
export const groupOf = ({ group, topic }: KafkaGroup): string => `${group}.${topic}`;

/** What kafkajs has handed over and `take` has not taken. */
interface Slot {
  readonly payload: EachBatchPayload;
  at: number;
  readonly emptied: PromiseWithResolvers<void>;
}

export class KafkaSubscription implements Subscription {
  private readonly consumer: LastingConsumer;
  private readonly topic: string;
  private assigned: readonly number[] = [];
  private slot: Slot | null = null;
  private arrival = Promise.withResolvers<void>();
  /** Of each partition: what comes next, where something has been handed out. */
  private readonly next = new Map<number, number>();
  private closed = false;
  private failure: BrokerError | null = null;
  private readonly sessionMs: number;

  constructor(
    kafka: Kafka,
    private readonly admin: Admin,
    group: KafkaGroup,
    options: SubscribeOptions,
    private readonly retryMs: number,
    private readonly forget: () => void,
  ) {
    this.topic = group.topic;
    this.sessionMs = options.sessionMs ?? DEFAULT_SESSION_MS;
    this.consumer = new LastingConsumer(kafka, {
      groupId: groupOf(group),
      sessionTimeout: this.sessionMs,
      rebalanceTimeout: Math.max(this.sessionMs, REBALANCE_MS),
      heartbeatInterval: Math.floor(this.sessionMs / BEATS),
      maxWaitTimeInMs: Math.min(LONG_POLL_MS, this.sessionMs / BEATS),
      minBytes: 1,
      maxBytesPerPartition: MOST_BYTES,
      topic: this.topic,
      fromBeginning: (options.from ?? "first") === "first",
      eachBatch: (payload) => this.offer(payload),
      divided: (partitions) => this.divided(partitions),
      failed: (error) => {
        this.failure = error;
        this.arrival.resolve();
      },
    });
  }

  get partitions(): readonly number[] {
    return [...this.assigned].sort((a, b) => a - b);
  }

  async take(most: number, waitMs: number): Promise<readonly Delivered[]> {
    const until = wallMs() + waitMs;
    for (;;) {
      if (this.closed) throw new BrokerError("BROKER_CLOSED", "the subscription has been closed.");
      if (this.failure !== null) throw this.failure;
      const taken = this.taken(most);
      const left = until - wallMs();
      if (taken.length > 0 || left <= 0) return taken;
      const sleep = new Sleep(left);
      void this.arrival.promise.then(() => sleep.end());
      await sleep.done;
    }
  }

  async commit(delivered: readonly Position[]): Promise<void> {
    const upTo = new Map<number, number>();
    for (const { partition, offset } of delivered) upTo.set(partition, Math.max(upTo.get(partition) ?? 0, offset + 1));
    const offsets = [...upTo].map(([partition, offset]) => ({ topic: this.topic, partition, offset: String(offset) }));
    if (offsets.length > 0) {
      await this.ask(async () => {
        for (const partition of upTo.keys()) this.refuseStrange(partition);
        await this.present().commitOffsets(offsets);
      });
    }
  }

  async seek(partition: number, to: number | Beginning): Promise<void> {
    this.refuseStrange(partition);
    let offset = to;
    if (typeof offset !== "number") {
      const offsets = await this.ask(() => this.admin.fetchTopicOffsets(this.topic));
      const { low, high } = offsets.find((one) => one.partition === partition)!;
      offset = Number(to === "first" ? low : high);
    }
    this.present().seek({ topic: this.topic, partition, offset: String(offset) });
    this.next.delete(partition);
    if (this.slot?.payload.batch.partition === partition) this.drop();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    this.drop();
    this.arrival.resolve();
    await this.consumer.close();
  }

  private present(): Consumer {
    const { current } = this.consumer;
    if (current !== null) return current;
    throw new BrokerError("PARTITION_LOST", `this subscriber of "${this.topic}" has fallen out of its group.`);
  }

  private refuseStrange(partition: number): void {
    if (this.assigned.includes(partition)) return;
    throw new BrokerError("PARTITION_LOST", `partition ${partition} of "${this.topic}" is not held here.`);
  }

  private divided(partitions: readonly number[]): void {
    this.assigned = partitions;
    this.next.clear();
    this.drop();
  }

  /** What was handed over and is wanted no more. */
  private drop(): void {
    this.slot?.emptied.resolve();
    this.slot = null;
  }

  /** Keeps a batch until it has been taken. Returning without having resolved all makes kafkajs fetch the rest again. */
  private async offer(payload: EachBatchPayload): Promise<void> {
    if (payload.batch.messages.length === 0 || this.closed || payload.isStale()) return;
    const slot: Slot = { payload, at: 0, emptied: Promise.withResolvers() };
    this.slot = slot;
    this.arrival.resolve();
    this.arrival = Promise.withResolvers();
    try {
      while (this.slot === slot && payload.isRunning() && !payload.isStale()) {
        const sleep = new Sleep(this.sessionMs / BEATS);
        void slot.emptied.promise.then(() => sleep.end());
        await sleep.done;
        await payload.heartbeat();
      }
    } finally {
      if (this.slot === slot) this.slot = null;
    }
  }

  private taken(most: number): readonly Delivered[] {
    const { slot } = this;
    if (slot === null || slot.payload.isStale()) return [];
    const { batch: { messages, partition }, resolveOffset } = slot.payload;
    const end = Math.min(messages.length, slot.at + most);
    const taken: Delivered[] = [];
    for (; slot.at < end; slot.at++) {
      const { offset: text, value } = messages[slot.at];
      const offset = Number(text);
      const expected = this.next.get(partition) ?? offset;
      if (offset > expected) taken.push({ kind: "lost", partition, offset: offset - 1, count: offset - expected });
      taken.push(deliver({ partition, offset, frame: value === null ? null : value.toString() }));
      this.next.set(partition, offset + 1);
      resolveOffset(text);
    }
    if (slot.at === messages.length) this.drop();
    return taken;
  }

  private ask<T>(call: () => Promise<T>): Promise<T> {
    return insist(async () => {
      try {
        return await call();
      } catch (error) {
        throw kafkaError(error, this.topic);
      }
    }, this.retryMs);
  }
}
