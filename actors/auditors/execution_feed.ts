/**
 * The execution feed: the latest execution reports as surveillance received them, numbered without a gap, with the time
 * each took from the record to here. Bounded; what is older is in the audit log. Belongs to the node, so that a crash of
 * the actor before it loses nothing.
 */
import { ExecutionView } from "../../ffi/layout.gen.ts";
import { type FeedView, Inbox, LatencyHistogram, type RecordedExecutions } from "../protocol/mod.ts";

const RECORD = ExecutionView.SIZE;
/** Reports at hand: 4 MiB, and minutes of a busy day. */
export const FEED_WINDOW = 65_536;

export interface FedReport {
  readonly number: number;
  readonly venue: string;
  /** Valid until the next step. */
  readonly view: ExecutionView;
  /** Wall nanoseconds from on record to delivered. */
  readonly nanos: number;
}

export class ExecutionFeed {
  /** The guardian's stream as far as it was taken. */
  readonly stream = new Inbox();
  /** Wall nanoseconds. */
  readonly latency = new LatencyHistogram();
  readonly #window: number;
  readonly #records: Uint8Array<ArrayBuffer>;
  readonly #nanos: Float64Array;
  readonly #venues: string[];
  readonly #listeners = new Set<() => void>();
  #newest = 0;
  /** The report before the first one after the last loss. */
  #floor = 0;
  delivered = 0;
  gaps = 0;
  lost = 0;

  constructor(window = FEED_WINDOW) {
    this.#window = window;
    this.#records = new Uint8Array(window * RECORD);
    this.#nanos = new Float64Array(window);
    this.#venues = Array.from({ length: window }, () => "");
  }

  /** Takes the next batch; `now` is a stopwatch reading. */
  take({ venue, first, records, count, stamp }: RecordedExecutions, now: number): void {
    if (first > this.#newest + 1) {
      this.lost += first - 1 - this.#newest;
      this.#floor = first - 1;
    }
    for (let i = 0; i < count; i++) {
      const slot = (first + i) % this.#window;
      this.#records.set(records.subarray(i * RECORD, (i + 1) * RECORD), slot * RECORD);
      this.#nanos[slot] = now - stamp;
      this.#venues[slot] = venue;
      this.latency.add(now - stamp);
    }
    this.#newest = first + count - 1;
    this.delivered += count;
    for (const listener of this.#listeners) listener();
  }

  /** Number of the last report; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Number of the oldest report at hand; 0 before the first. */
  get oldest(): number {
    return this.#newest === 0 ? 0 : Math.max(this.#floor, this.#newest - this.#window) + 1;
  }

  /** Up to `limit` reports after number `after` that are at hand, oldest first. */
  *after(after: number, limit: number): Generator<FedReport> {
    const view = new ExecutionView(this.#records);
    const from = Math.max(after + 1, this.oldest);
    const to = Math.min(this.#newest, from + limit - 1);
    for (let number = from; number <= to && number > 0; number++) {
      const slot = number % this.#window;
      yield { number, venue: this.#venues[slot], view: view.at(slot), nanos: this.#nanos[slot] };
    }
  }

  /** Reports after number `after` that are not at hand any more. */
  missed(after: number): number {
    return Math.max(0, this.oldest - 1 - after);
  }

  onDelivered(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `told`: number of the last batch the guardian told. */
  report(told: number): FeedView {
    const { delivered, gaps, lost, latency, newest } = this;
    return {
      delivered,
      newest,
      behind: told - this.stream.taken,
      gaps,
      lost,
      latency: {
        p50Micros: latency.quantile(0.5) / 1000,
        p99Micros: latency.quantile(0.99) / 1000,
        maxMicros: latency.max / 1000,
      },
    };
  }
}
