/**
 * Turns the messages of one Binance stream into facts for the replay exchange.
 *
 * The book is kept here as well (`BookBuilder`), because only the feed sees update ids: it decides when the book is
 * known, passes diffs on while it is, and says Gap when it is not. Best prices (bookTicker) are passed on only when they
 * are newer than the last diff, and are repeated behind a diff that is older than they are; so whoever lets a diff
 * replace the best prices is always right.
 */
import type { LevelChange, Recorded, RecordedEvent, SideCode } from "../../protocol/mod.ts";
import { type CaptureMessage, MessageKind } from "../replay/message.ts";
import { BookBuilder, Outcome } from "./book_builder.ts";

const EVERYTHING = Number.MAX_SAFE_INTEGER;

export class Translator {
  readonly builder = new BookBuilder();
  /** Best prices that came too late to tell anything. */
  staleTops = 0;
  #topId = 0;
  #top: RecordedEvent | null = null;
  #time = 0;
  #everLive = false;

  constructor(readonly instrument: number) {}

  /** What a message says; null when it says nothing to the exchange. */
  translate(message: CaptureMessage): Recorded | null {
    this.#time = message.time;
    switch (message.kind) {
      case MessageKind.Diff:
        return this.#after(this.builder.onDiff(message), message);
      case MessageKind.Snapshot:
        return this.#after(this.builder.onSnapshot(message), message);
      case MessageKind.Trade: {
        const { price, quantity, aggressor } = message;
        return this.#recorded([{ kind: "Trade", price, quantity, aggressor }]);
      }
      case MessageKind.Top:
        return this.#onTop(message);
      default:
        return null;
    }
  }

  /** The end of the recording. `fault` is why it cannot be read further, if so. */
  end(fault?: string): Recorded {
    const events: RecordedEvent[] = [];
    if (fault !== undefined) events.push({ kind: "Gap", detail: fault });
    else if (!this.#everLive) {
      events.push({
        kind: "Gap",
        detail: "the recording has no usable snapshot: put the file that it continues in front of it",
      });
    }
    events.push({ kind: "Ended" });
    return this.#recorded(events);
  }

  #after(outcome: Outcome, message: CaptureMessage): Recorded | null {
    switch (outcome) {
      case Outcome.Applied:
        return this.#recorded(this.#withTop({ kind: "Levels", changes: changesOf(message) }));
      case Outcome.Live: {
        this.#everLive = true;
        const { book } = this.builder;
        return this.#recorded(
          this.#withTop({ kind: "Snapshot", bids: book.levels(0, EVERYTHING), asks: book.levels(1, EVERYTHING) }),
        );
      }
      case Outcome.Lost:
        return this.#recorded([{ kind: "Gap", detail: `${this.builder.detail}: waiting for the next snapshot` }]);
      default:
        return null;
    }
  }

  #onTop(message: CaptureMessage): Recorded | null {
    if (message.lastId <= this.#topId) {
      this.staleTops++;
      return null;
    }
    const { bid, bidQuantity, ask, askQuantity } = message;
    this.#topId = message.lastId;
    this.#top = { kind: "Top", bid, bidQuantity, ask, askQuantity };
    if (!this.builder.live) return null;
    if (message.lastId <= this.builder.lastId) {
      this.staleTops++;
      return null;
    }
    return this.#recorded([this.#top]);
  }

  /** The book event, and behind it the best prices if they are newer. */
  #withTop(event: RecordedEvent): RecordedEvent[] {
    return this.#top !== null && this.#topId > this.builder.lastId ? [event, this.#top] : [event];
  }

  #recorded(events: readonly RecordedEvent[]): Recorded {
    return { kind: "Recorded", instrument: this.instrument, time: this.#time, events };
  }
}

function changesOf(message: CaptureMessage): LevelChange[] {
  const { prices, quantities, bidCount, levelCount } = message;
  const changes = new Array<LevelChange>(levelCount);
  for (let i = 0; i < levelCount; i++) {
    const side: SideCode = i < bidCount ? 0 : 1;
    changes[i] = [side, prices[i], quantities[i]];
  }
  return changes;
}
