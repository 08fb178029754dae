/**
 * Market data in native code: parsers that turn feeds into `FeedEvent` records, and books that are built from them.
 *
 * A parser takes bytes as they come, cut anywhere. A message that is not understood is passed over and reported with its
 * place; the sequence rules of the books notice what it leaves missing. A book that may be wrong is not shown: it is stale,
 * and `status` says why, until its next snapshot.
 */
import { bytes, check, checkBatch, checkBuffer, hex, NativeHandle, opened, plain, utf8 } from "./handle.ts";
import {
  ApplyCountsView,
  BookStatusView,
  DepthLevelView,
  FeedCountsView,
  FeedEventView,
  type FeedKind,
  MarketTickView,
} from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** An instrument of a feed. */
export interface FeedSymbol {
  readonly instrument: number;
  /** As the feed writes it. */
  readonly symbol: string;
  /** Steps of prices and quantities, as decimals: whatever is no whole number of them is refused. */
  readonly tick: string;
  readonly lot: string;
}

/** What a call read. One object per handle, overwritten by each call. */
export interface FeedCounts {
  /** `FeedEvent` records written, or applied. */
  readonly events: number;
  /** Events that did not fit, and come first with the next call. */
  readonly waiting: number;
  /** Bytes used up; the rest is for the next call. */
  readonly consumed: number;
  /** `FeedFault` of the last message of those bytes, and the byte of the feed at which it is wrong; 0 for none. */
  readonly fault: number;
  readonly faultPosition: number;
  /** Number of the last message read, from 1. */
  readonly message: number;
  /** Messages so far that say nothing that is used here, and such as were passed over as faulty. */
  readonly unknown: number;
  readonly faults: number;
}

/** What a call did to the books. One object per builder, overwritten by each call. */
export interface ApplyCounts {
  /** `BookChange` records written, and such as wait because the buffer was full. */
  readonly changes: number;
  readonly waitingChanges: number;
  readonly levelUpdates: number;
  readonly dropped: number;
  readonly kept: number;
  readonly unlisted: number;
}

/** Reads one feed. */
export class FeedParser extends NativeHandle {
  readonly #core: Core;
  readonly #out = new Uint8Array(FeedCountsView.SIZE);
  readonly #counts = new FeedCountsView(this.#out);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_feed_close);
    this.#core = symbols;
  }

  /**
   * A parser of those instruments. `midnight` (microseconds) is when the day begins that ITCH and LOBSTER count their times
   * from. A Binance snapshot names no symbol, so a parser that is to read one knows one instrument only.
   */
  static create(kind: FeedKind, symbols: readonly FeedSymbol[], midnight = 0): FeedParser {
    const parser = new FeedParser(core(), opened(core().cwts_feed_create(kind, midnight)));
    try {
      for (const one of symbols) parser.#add(one);
    } catch (error) {
      parser.close();
      throw error;
    }
    return parser;
  }

  #add({ instrument, symbol, tick, lot }: FeedSymbol): void {
    const [s, t, l] = [utf8(symbol), utf8(tick), utf8(lot)];
    check(this.#core.cwts_feed_add_symbol(this.handle, instrument, s, s.length, t, t.length, l, l.length));
  }

  /**
   * Reads on in the feed and fills `events` with whole `FeedEvent` records. Stops when they are full, when a message is
   * faulty, or at the end of the chunk: give `chunk.subarray(consumed)` again until all of it is consumed.
   */
  read(chunk: Uint8Array, events: Uint8Array): FeedCounts {
    checkBuffer(chunk, "the feed");
    check(
      this.#core.cwts_feed_read(
        this.handle,
        bytes(chunk),
        chunk.byteLength,
        bytes(events),
        events.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /** The feed has ended: what was left of it is read as its last message. */
  finish(events: Uint8Array): FeedCounts {
    check(
      this.#core.cwts_feed_finish(this.handle, bytes(events), events.byteLength, this.#out, this.#out.length),
    );
    return this.#counts;
  }
}

/** What a call to `BookBuilder.feed` did. */
export interface FedCounts {
  readonly read: FeedCounts;
  readonly applied: ApplyCounts;
}

/** How a book stands with its feed. */
export interface BookStatus {
  readonly instrument: number;
  /** `BookState` and `BookFault`. */
  readonly state: number;
  readonly fault: number;
  readonly losses: number;
  readonly lastId: number;
  /** Local time of the event since which it is in this state, microseconds. */
  readonly since: number;
  readonly levelUpdates: number;
  /** Levels of each side. */
  readonly bids: number;
  readonly asks: number;
  readonly orders: number;
  readonly kept: number;
  readonly crossed: number;
  readonly dropped: number;
}

/** Best prices; a price of 0 means that the side is empty. */
export interface BestPrices {
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
}

/** Books of many instruments. */
export class BookBuilder extends NativeHandle {
  readonly #core: Core;
  readonly #readOut = new Uint8Array(FeedCountsView.SIZE);
  readonly #appliedOut = new Uint8Array(ApplyCountsView.SIZE);
  readonly #applied = new ApplyCountsView(this.#appliedOut);
  readonly #fed: FedCounts = { read: new FeedCountsView(this.#readOut), applied: this.#applied };
  readonly #hash = new Uint8Array(8);
  readonly #record = new Uint8Array(MarketTickView.SIZE);
  readonly #tick = new MarketTickView(this.#record);
  readonly #status = new BookStatusView(this.#record);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_builder_close);
    this.#core = symbols;
  }

  /** A builder of these instruments' books. */
  static create(instruments: readonly number[]): BookBuilder {
    const symbols = core();
    const builder = new BookBuilder(symbols, opened(symbols.cwts_builder_create()));
    for (const instrument of instruments) check(symbols.cwts_builder_add_instrument(builder.handle, instrument));
    return builder;
  }

  /** Applies `count` `FeedEvent` records; fills `changes` with `BookChange` records. */
  apply(events: Uint8Array, count: number, changes: Uint8Array): ApplyCounts {
    checkBatch(events, count, FeedEventView.SIZE);
    const status = this.#core.cwts_builder_apply(
      this.handle,
      bytes(events),
      count,
      bytes(changes),
      changes.byteLength,
      this.#appliedOut,
      this.#appliedOut.length,
    );
    if (status < 0) check(status);
    return this.#applied;
  }

  /**
   * Reads a chunk of a feed and applies its events in one call, without handing them out. Stops behind a faulty message:
   * give the rest of the chunk again.
   */
  feed(parser: FeedParser, chunk: Uint8Array, changes: Uint8Array): FedCounts {
    checkBuffer(chunk, "the feed");
    const status = this.#core.cwts_builder_feed(
      this.handle,
      parser.handle,
      bytes(chunk),
      chunk.byteLength,
      bytes(changes),
      changes.byteLength,
      this.#readOut,
      this.#readOut.length,
      this.#appliedOut,
      this.#appliedOut.length,
    );
    if (status < 0) check(status);
    return this.#fed;
  }

  /** Best prices of a live book. Throws NativeError BookNotLive for one that is not. */
  top(instrument: number): BestPrices {
    check(this.#core.cwts_builder_top(this.handle, instrument, this.#record, this.#record.length));
    const { bid, bidQuantity, ask, askQuantity } = this.#tick;
    return { bid, bidQuantity, ask, askQuantity };
  }

  /**
   * Writes the best levels of a side of a live book as `DepthLevel` records, best first, as many as fit; returns how many.
   * Throws NativeError BookNotLive for a book that is not.
   */
  depth(instrument: number, side: number, levels: Uint8Array): number {
    const size = levels.byteLength - levels.byteLength % DepthLevelView.SIZE;
    return check(this.#core.cwts_builder_depth(this.handle, instrument, side, bytes(levels), size));
  }

  status(instrument: number): BookStatus {
    check(this.#core.cwts_builder_status(this.handle, instrument, this.#record, this.#record.length));
    return plain(this.#status);
  }

  /** Hash over all books and their states, hexadecimal: equal books, equal hashes. */
  stateHash(): string {
    check(this.#core.cwts_builder_state_hash(this.handle, this.#hash, this.#hash.length));
    return hex(this.#hash);
  }
}
