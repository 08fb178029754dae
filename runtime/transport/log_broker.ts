/** The port over a `LogServer`: publishing in order, groups and leases made of logs and registers. */
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
import { BrokerError, checkName, unknownTopic } from "./errors.ts";
import { checkSize, encodeFrame } from "./frame.ts";
import { holdingRegister, readPosition } from "./holding.ts";
import { machineWall, type Wall } from "../internal/wall.ts";
import { insist } from "./insist.ts";
import { LeaseHolder } from "./lease.ts";
import type { LogServer, RawEntry } from "./log.ts";
import { LogSubscription } from "./log_subscription.ts";
import { Outbox } from "./outbox.ts";
import type { Registers } from "./register.ts";
import { partitionOf } from "./partition.ts";

export class LogBroker implements Broker {
  private readonly maxBytes: number;
  private readonly retryMs: number;
  private readonly topics = new Map<string, Promise<number>>();
  private readonly outboxes = new Map<string, Outbox<RawEntry>>();
  private readonly subscriptions = new Set<Subscription>();
  private readonly leases = new Set<LeaseHolder>();
  private subscribed = 0;
  private closed = false;

  /** `wall`: what it waits by. */
  constructor(
    private readonly server: LogServer,
    private readonly options: BrokerOptions,
    private readonly wall: Wall = machineWall,
  ) {
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
  }

  get kind(): string {
    return this.server.kind;
  }

  async createTopic(topic: string, partitions: number = this.options.partitions ?? DEFAULT_PARTITIONS): Promise<void> {
    checkName("topic", topic);
    await this.insist(() => this.server.createTopic(topic, partitions));
    this.topics.delete(topic);
  }

  publish(topic: string, key: string, letter: Letter): Promise<void> {
    return this.publishBatch(topic, [{ key, letter }]);
  }

  async publishBatch(topic: string, publications: readonly Publication[]): Promise<void> {
    // Frames are made before anything is awaited: what is published first is first in the outbox.
    const frames = publications.map((publication) => this.frame(publication));
    const known = this.topics.get(topic);
    const partitions = known === undefined ? await this.partitions(topic) : await known;
    const entries = publications.map(({ key }, i) => ({ partition: partitionOf(key, partitions), frame: frames[i] }));
    await this.outbox(topic).add(entries);
  }

  async subscribe(group: string, topic: string, options: SubscribeOptions = {}): Promise<Subscription> {
    checkName("group", group);
    const partitions = await this.partitions(topic);
    const reader = await this.insist(() => this.server.reader(topic));
    const member = `${this.options.node}#${++this.subscribed}`;
    const subscription: LogSubscription = new LogSubscription(
      this.server,
      { group, topic, partitions, member },
      reader,
      options,
      this.insist,
      () => this.subscriptions.delete(subscription),
      this.wall,
    );
    this.subscriptions.add(subscription);
    return subscription;
  }

  async lag(group: string, topic: string): Promise<readonly PartitionLag[]> {
    const partitions = await this.partitions(topic);
    return await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const [{ first, next }, holding] = await this.insist(() =>
          Promise.all([
            this.server.bounds(topic, partition),
            this.server.read(holdingRegister(group, topic, partition)),
          ])
        );
        const committed = holding === null ? null : readPosition(holding.value);
        return { partition, committed, behind: Math.max(0, next - Math.max(first, committed ?? first)) };
      }),
    );
  }

  async lease(name: string, options: LeaseOptions = {}): Promise<Lease | null> {
    this.refuseClosed();
    const lease = await LeaseHolder.take(this.server, name, this.options.node, options, this.insist, this.wall);
    if (lease !== null) this.leases.add(lease);
    return lease;
  }

  get registers(): Registers {
    return this.server;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.outboxes.values()].map((outbox) => outbox.close()));
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await Promise.all([...this.leases].map((lease) => lease.release()));
    await this.server.close();
  }

  private readonly insist = <T>(call: () => Promise<T>): Promise<T> => insist(call, this.retryMs, this.wall);

  private frame(publication: Publication): string {
    const frame = encodeFrame(publication);
    checkSize(frame, this.maxBytes);
    return frame;
  }

  private outbox(topic: string): Outbox<RawEntry> {
    this.refuseClosed();
    let outbox = this.outboxes.get(topic);
    if (outbox === undefined) {
      outbox = new Outbox((entries) => this.server.append(topic, entries), this.retryMs, this.wall);
      this.outboxes.set(topic, outbox);
    }
    return outbox;
  }

  /** Asked once for each topic; a failure is forgotten. */
  private partitions(topic: string): Promise<number> {
    this.refuseClosed();
    checkName("topic", topic);
    let known = this.topics.get(topic);
    if (known === undefined) {
      known = this.insist(() => this.look(topic));
      this.topics.set(topic, known);
      known.catch(() => this.topics.delete(topic));
    }
    return known;
  }

  private async look(topic: string): Promise<number> {
    const found = await this.server.partitions(topic);
    if (found !== null) return found;
    if (this.options.createTopics === false) throw unknownTopic(topic);
    await this.server.createTopic(topic, this.options.partitions ?? DEFAULT_PARTITIONS);
    return await this.server.partitions(topic) ?? (() => {
      throw unknownTopic(topic);
    })();
  }

  private refuseClosed(): void {
    if (this.closed) throw new BrokerError("BROKER_CLOSED", "the broker has been closed.");
  }
}
