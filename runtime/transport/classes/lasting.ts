/**
 * A broker that need not be there when the node starts: it is opened in the background, again and again, and until then a
 * call waits for a while and is refused as one to a server that does not answer.
 */
import type { Registers } from "../register.ts";
import { Sleep } from "../../internal/wall.ts";
import type { Broker, Lease, LeaseOptions, Letter, PartitionLag, Publication } from "../broker.ts";
import type { SubscribeOptions, Subscription } from "../broker.ts";
import { BrokerError } from "../errors.ts";
import { within } from "./answer.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export class LastingBroker implements Broker {
  private broker: Broker | null = null;
  private closed = false;
  private sleep: Sleep | null = null;
  /** Resolves when it is open, or closed. */
  readonly opening: Promise<void>;
  /** Why it is not open yet; null when it is. */
  failure: BrokerError | null;

  /** `patienceMs`: how long a call waits for it to open. */
  constructor(
    readonly kind: string,
    private readonly open: () => Promise<Broker>,
    private readonly patienceMs: number = 0,
  ) {
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

  readonly registers: Registers = {
    read: (name) => this.ask(({ registers }) => registers.read(name)),
    write: (name, value, revision) => this.ask(({ registers }) => registers.write(name, value, revision)),
  };

  async close(): Promise<void> {
    this.closed = true;
    this.sleep?.end();
    await this.opening;
    await this.broker?.close();
  }

  private async ask<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    if (this.broker === null && this.patienceMs > 0) await within(this.opening, this.patienceMs);
    if (this.broker !== null) return await call(this.broker);
    if (this.closed) throw new BrokerError("BROKER_CLOSED", "the broker has been closed.");
    // Whatever it is, it may be mended while this node runs.
    throw new BrokerError("BROKER_UNREACHABLE", this.failure!.message);
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
