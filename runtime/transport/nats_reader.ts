/** Reads partitions of a topic on JetStream: for each a consumer that asks for a few messages at a time. */
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { Sleep } from "../internal/wall.ts";
import { BrokerError } from "./errors.ts";
import type { LogReader, RawRecord, ReadFrom } from "./log.ts";
import { natsError, streamOf } from "./nats_answers.ts";

/** Messages asked for at once in one partition. */
const MOST_AT_ONCE = 256;
/** How long the server waits for messages, milliseconds; the client takes no less. */
const EXPIRES_MS = 1_000;
/** Nanoseconds after which the server forgets a consumer that nobody reads. */
const FORGOTTEN_NS = 30_000_000_000;

export class NatsReader implements LogReader {
  private readonly cursors = new Map<number, Cursor>();
  private arrival = Promise.withResolvers<void>();
  private failure: BrokerError | null = null;

  constructor(
    private readonly stream: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly topic: string,
  ) {}

  async read(from: readonly ReadFrom[], most: number, waitMs: number): Promise<readonly RawRecord[]> {
    this.failure = null;
    const cursors = from.map((place) => this.cursor(place, most));
    const buffered = () => cursors.some(({ buffer }) => buffer.length > 0);
    if (!buffered() && waitMs > 0) {
      const sleep = new Sleep(waitMs);
      void this.arrival.promise.then(() => sleep.end());
      await sleep.done;
    }
    if (!buffered() && this.failure !== null) throw this.failure;
    const records: RawRecord[] = [];
    for (const cursor of cursors) records.push(...cursor.take(most - records.length));
    return records;
  }

  async close(): Promise<void> {
    const cursors = [...this.cursors.values()];
    this.cursors.clear();
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }

  private cursor({ partition, offset }: ReadFrom, most: number): Cursor {
    let cursor = this.cursors.get(partition);
    if (cursor === undefined || cursor.head !== offset) {
      void cursor?.close();
      const heard = (failure: BrokerError | null) => {
        this.failure ??= failure;
        this.arrival.resolve();
        this.arrival = Promise.withResolvers();
      };
      cursor = new Cursor(this.stream, this.manager, streamOf(this.topic, partition), partition, offset, heard);
      this.cursors.set(partition, cursor);
    }
    if (cursor.buffer.length === 0) cursor.fill(Math.min(most, MOST_AT_ONCE));
    return cursor;
  }
}

class Cursor {
  readonly buffer: RawRecord[] = [];
  /** Offset of the next message to come. */
  private next: number;
  private consumer: Consumer | null = null;
  /** Whether the consumer has handed out nothing yet: then a gap is the stream's own, else something was lost on the way. */
  private fresh = true;
  private messages: ConsumerMessages | null = null;
  private filling = false;
  private closed = false;

  constructor(
    private readonly stream: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly name: string,
    private readonly partition: number,
    /** Where the subscriber stands. */
    public head: number,
    private readonly heard: (failure: BrokerError | null) => void,
  ) {
    this.next = head;
  }

  take(most: number): readonly RawRecord[] {
    const taken = this.buffer.splice(0, most);
    if (taken.length > 0) this.head = taken[taken.length - 1].offset + 1;
    return taken;
  }

  fill(most: number): void {
    if (this.filling || this.closed) return;
    this.filling = true;
    this.fetch(most)
      .catch((error) => {
        this.forget();
        if (!this.closed) this.heard(natsError(error));
      })
      .finally(() => this.filling = false);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.messages?.close();
    this.forget();
  }

  private async fetch(most: number): Promise<void> {
    this.consumer ??= await this.open();
    this.messages = await this.consumer.fetch({ max_messages: most, expires: EXPIRES_MS });
    for await (const { seq, data } of this.messages) {
      if (this.closed) return;
      // Something was lost between the server and us: begin anew where it was.
      if (seq !== this.next && !this.fresh) return this.forget();
      this.fresh = false;
      this.next = seq + 1;
      this.buffer.push({ partition: this.partition, offset: seq, frame: new TextDecoder().decode(data) });
      this.heard(null);
    }
    if (this.buffer.length === 0) this.heard(null);
  }

  private async open(): Promise<Consumer> {
    this.fresh = true;
    const { name } = await this.manager.consumers.add(this.name, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.next,
      inactive_threshold: FORGOTTEN_NS,
      mem_storage: true,
    });
    return await this.stream.consumers.get(this.name, name);
  }

  private forget(): void {
    const { consumer } = this;
    this.consumer = null;
    // The server forgets it by itself when this does not come through.
    void consumer?.delete().catch(() => {});
  }
}
