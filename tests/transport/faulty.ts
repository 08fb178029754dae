/** A broker whose way to the server is bad, as a seed has it: answers that are lost, halves that are kept, what comes late. */
import type { Broker, Letter, Publication } from "../../runtime/transport/mod.ts";
import { BrokerError } from "../../runtime/transport/mod.ts";
import type { Random } from "../../runtime/mod.ts";

export interface Faults {
  /** Chance of each when the weather is bad. */
  readonly refused: number;
  readonly unanswered: number;
  readonly half: number;
  readonly late: number;
  /** The longest that something comes late, milliseconds. */
  readonly lateMs: number;
}

const unreachable = (why: string) => new BrokerError("BROKER_UNREACHABLE", why);

export class FaultyBroker {
  /** Whether faults happen. */
  bad = false;
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly broker: Broker,
    private readonly random: Random,
    private readonly faults: Faults,
  ) {}

  static over(
    broker: Broker,
    random: Random,
    faults: Faults,
  ): { readonly broker: Broker; readonly faulty: FaultyBroker } {
    const faulty = new FaultyBroker(broker, random, faults);
    const publishBatch = (topic: string, all: readonly Publication[]) => faulty.publishBatch(topic, all);
    const publish = (topic: string, key: string, letter: Letter) => publishBatch(topic, [{ key, letter }]);
    return {
      faulty,
      broker: new Proxy(broker, {
        get(of, name) {
          if (name === "publishBatch") return publishBatch;
          if (name === "publish") return publish;
          const value = Reflect.get(of, name, of);
          return typeof value === "function" ? value.bind(of) : value;
        },
      }),
    };
  }

  /** One after the other, as an outbox has it. */
  private publishBatch(topic: string, all: readonly Publication[]): Promise<void> {
    const sent = this.queue.then(() => this.send(topic, all));
    this.queue = sent.catch(() => {});
    return sent;
  }

  private async send(topic: string, all: readonly Publication[]): Promise<void> {
    const { refused, unanswered, half, late, lateMs } = this.faults;
    const keep = (some: readonly Publication[]) => this.broker.publishBatch(topic, some);
    if (!this.bad) return await keep(all);
    const dice = this.random.next();
    if (dice < refused) throw unreachable("refused");
    if (dice < refused + unanswered) {
      await keep(all);
      throw unreachable("its answer was lost");
    }
    if (dice < refused + unanswered + half) {
      await keep(all.slice(0, Math.floor(this.random.next() * all.length)));
      throw unreachable("half of it was kept");
    }
    if (dice < refused + unanswered + half + late) {
      const ms = this.random.next() * lateMs;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    await keep(all);
  }
}
