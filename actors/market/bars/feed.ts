/**
 * The bar feed: hands each day's bars to the bar venue at the node time at which they end.
 *
 * What has been handed over is counted on the tape, which belongs to the node: a feed that crashes and restarts goes on
 * with the next bar.
 */
import type { ActorDef } from "../../../runtime/mod.ts";
import { type Bar, type BarBatch, VENUE } from "../../protocol/mod.ts";

/** Bars of one or more instruments, grouped by their end, and how far they have been played. */
export class BarTape {
  readonly #batches: BarBatch[] = [];
  readonly #instruments: number[];
  #next = 0;

  /** One array per instrument, each oldest first. */
  constructor(series: readonly (readonly Bar[])[]) {
    this.#instruments = series.filter((bars) => bars.length > 0).map((bars) => bars[0].instrument);
    const byTime = new Map<number, Bar[]>();
    for (const bars of series) {
      for (const bar of bars) {
        const batch = byTime.get(bar.time);
        if (batch === undefined) byTime.set(bar.time, [bar]);
        else batch.push(bar);
      }
    }
    for (const time of [...byTime.keys()].sort((a, b) => a - b)) {
      this.#batches.push({ kind: "BarBatch", bars: byTime.get(time)! });
    }
  }

  get length(): number {
    return this.#batches.length;
  }

  get played(): number {
    return this.#next;
  }

  get instruments(): readonly number[] {
    return this.#instruments;
  }

  /** The batch to play next; undefined at the end. */
  peek(): BarBatch | undefined {
    return this.#batches[this.#next];
  }

  advance(): void {
    this.#next++;
  }
}

export type BarFeedMessage = { readonly kind: "BarDue" };

export interface BarFeedArgs {
  readonly tape: BarTape;
}

/** Ends normally after the last bar, having told the venue that each instrument's recording ended. */
export const barFeed: ActorDef<BarFeedMessage, BarFeedArgs> = {
  type: "bar-feed",
  init(context, { tape }) {
    const venue = context.registry.get(VENUE);
    const wait = () => {
      const batch = tape.peek();
      const now = context.clock.now();
      const delay = batch === undefined ? 0 : Math.max(0, batch.bars[0].time - now);
      context.timers.once("bar", delay, { kind: "BarDue" });
    };
    wait();
    return {
      receive() {
        const batch = tape.peek();
        if (batch === undefined) {
          const time = context.clock.now();
          for (const instrument of tape.instruments) {
            venue.tell({ kind: "Recorded", instrument, time, events: [{ kind: "Ended" }] });
          }
          return context.stop();
        }
        if (venue.tell(batch) !== "enqueued") {
          throw new Error("the venue took no bar: its mailbox is full or it is gone");
        }
        tape.advance();
        wait();
      },
      inspect: () => ({ played: tape.played, bars: tape.length }),
    };
  },
};
