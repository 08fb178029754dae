/** Several brokers as one, as the tests of classes have them. */
import { ClassedBroker, type ClassedOptions, type Route } from "../../runtime/transport/mod.ts";
import type { Broker, Letter, Subscription } from "../../runtime/transport/mod.ts";
import { type BreakerOptions, createBreaker } from "../../supervision/mod.ts";
import { isLetter, letter, type Received } from "./letters.ts";

/** Opens at the second failure in a row, and looks again after a tenth of a second. */
export const NERVOUS: BreakerOptions = {
  window: 4,
  minimumCalls: 2,
  failureRate: 0.5,
  slowAfter: Infinity,
  slowRate: 1,
  openFor: 100_000,
  openFactor: 2,
  openMost: 1_000_000,
  jitter: 0.2,
  probes: 2,
  probeWithin: 5_000_000,
};

export const routeTo = (name: string, broker: Broker, options: BreakerOptions = NERVOUS): Route => ({
  name,
  broker,
  breaker: createBreaker(options, () => 0.5),
});

export function openClassed(
  node: string,
  brokers: Readonly<Record<string, Broker>>,
  more: Partial<ClassedOptions> = {},
) {
  return new ClassedBroker({
    node,
    routes: Object.entries(brokers).map(([name, broker]) => routeTo(name, broker)),
    classes: { durable: Object.keys(brokers), control: "everywhere" },
    classOf: (topic) => topic.startsWith("control") ? "control" : "durable",
    ...more,
  });
}

/** The n-th letter of one key. */
export const nth = (key: string, n: number): Letter => ({ ...letter(n), body: JSON.stringify({ key, n }) });

/** Takes, and commits, for as long as it is wanted. */
export class Collector {
  readonly received: Received[] = [];
  readonly lost: number[] = [];
  private done = false;
  private readonly running: Promise<void>;

  constructor(private readonly subscription: Subscription, private readonly commits = true) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.done = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.done) {
      const taken = await this.subscription.take(64, 50);
      this.received.push(...taken.filter(isLetter));
      for (const one of taken) if (one.kind === "lost") this.lost.push(one.count);
      // A broker that is down is told when it is back.
      if (this.commits && taken.length > 0) {
        await this.subscription.commit(taken).catch((error) => {
          if (!["BROKER_UNREACHABLE", "PARTITION_LOST"].includes(error.code)) throw error;
        });
      }
    }
  }
}

/** Of each key, the numbers that came, in the order of their first coming. */
export function firstComings(received: readonly Received[]): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, Set<number>>();
  for (const { key, letter: { body } } of received) {
    const numbers = all.get(key) ?? new Set();
    all.set(key, numbers);
    numbers.add(JSON.parse(body).n);
  }
  return new Map([...all].map(([key, numbers]) => [key, [...numbers]]));
}
