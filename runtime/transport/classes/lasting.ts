/**
 * A broker that need not be there when the node starts: it is opened in the background, again and again, and until then every
 * call is refused as one to a server that does not answer.
 */
import { Sleep } from "../../internal/wall.ts";
import type { Broker, Lease, LeaseOptions, Letter, PartitionLag, Publication } from "../broker.ts";
import type { SubscribeOptions, Subscription } from "../broker.ts";
import { BrokerError } from "../errors.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export class LastingBroker implements Broker {
  private broker: Broker | null = null;
  private closed = false;
  private sleep: Sleep | null = null;
  private readonly opening: Promise<void>;
  /** Why it is not open yet; null when it is. */
  failure: BrokerError | null;

  constructor(readonly kind: string, private readonly open: () => Promise<Broker>) {
    this.failure = new BrokerError("BROKER_UNREACHABLE", `${kind} has not answered yet.`);
    this.opening = this.run();
  }

  createTopic(topic: string, partitions?: number): Promise<void> {
    return this.ask((broker) => broker.createTopic(topic, partitions));
  }

  publish(topic: string, key: string, letter: Letter): Promise<void> {
    return this.ask((broker) => broker.publish(topic, key, letter));
  }

  publishBatch(topic: string, publications: readonly Publication[]): Promise<void> {
    return this.ask((broker) => broker.publishBatch(topic, publications));
  }

  subscribe(group: string, topic: string, options?: SubscribeOptions): Promise<Subscription> {
    return this.ask((broker) => broker.subscribe(group, topic, options));
  }

  lag(group: string, topic: string): Promise<readonly PartitionLag[]> {
    return this.ask((broker) => broker.lag(group, topic));
  }

  lease(name: string, options?: LeaseOptions): Promise<Lease | null> {
    return this.ask((broker) => broker.lease(name, options));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.sleep?.end();
    await this.opening;
    await this.broker?.close();
  }

  private ask<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    if (this.broker !== null) return call(this.broker);
    if (this.closed) return Promise.reject(new BrokerError("BROKER_CLOSED", "the broker has been closed."));
    // Whatever it is, it may be mended while this node runs.
    return Promise.reject(new BrokerError("BROKER_UNREACHABLE", this.failure!.message));
  }

  private async run(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.closed; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        this.broker = await this.open();
        this.failure = null;
        return;
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        this.failure = error;
      }
      if (this.closed) return;
      this.sleep = new Sleep(pauseMs);
      await this.sleep.done;
    }
  }
}
