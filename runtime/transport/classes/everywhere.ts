/** A class that goes to every broker at once: each letter on all of them, the first copy counts. */
import { type Publication } from "../broker.ts";
import { BrokerError } from "../errors.ts";
import { Deduplicator } from "../deduplication.ts";
import { laneOf, type Mark, seal } from "./mark.ts";
import type { Verdict } from "./progress.ts";
import type { Judge } from "./reader.ts";
import type { Route } from "./routes.ts";

/** What became of one letter. */
export interface Spread {
  /** Names of the brokers that have kept it. */
  readonly kept: readonly string[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

export class EveryWriter {
  private sequence = 0;

  constructor(
    private readonly topic: string,
    private readonly producer: string,
    private readonly routes: readonly Route[],
  ) {}

  /** Resolves when one broker has kept them; rejects when none did. */
  async add(publications: readonly Publication[]): Promise<void> {
    try {
      await Promise.any(this.spread(publications));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  /** To each broker, not waiting for the others. */
  spread(publications: readonly Publication[]): readonly Promise<void>[] {
    const sealed = publications.map(({ key, letter }) => {
      const sequence = ++this.sequence;
      // Each is a route of its own: nothing of it waits for anything.
      const mark: Mark = { producer: this.producer, lane: laneOf(key), sequence, route: 1, begins: sequence };
      return seal({ mark, key, letter });
    });
    return this.routes.map(({ broker }) => broker.publishBatch(this.topic, sealed));
  }

  /** What became of them on each broker, as far as it is known after the time; `past` resolves when it is over. */
  async tell(publications: readonly Publication[], past: Promise<unknown>): Promise<Spread> {
    const kept: string[] = [];
    const failed: { name: string; why: string }[] = [];
    await Promise.all(
      this.spread(publications).map(async (sent, at) => {
        const { name } = this.routes[at];
        try {
          const late = Symbol();
          const outcome = await Promise.race([sent, past.then(() => late)]);
          if (outcome === late) failed.push({ name, why: "it has not answered yet" });
          else kept.push(name);
        } catch (error) {
          if (!(error instanceof BrokerError)) throw error;
          failed.push({ name, why: error.message });
        }
      }),
    );
    return { kept, failed };
  }
}

/** The first copy counts, in whatever order. */
export class FirstCopy implements Judge {
  private seen = new Deduplicator();

  judge({ producer, sequence }: Mark): Verdict {
    const novelty = this.seen.see({ node: producer, sender: null, epoch: 1, sequence });
    return novelty === "new" ? "deliver" : "duplicate";
  }

  forget(): void {
    this.seen = new Deduplicator();
  }
}
