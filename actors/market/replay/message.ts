/**
 * One message of a capture, decoded: the form in which the reader hands messages on.
 *
 * The reader owns one instance and fills it again for every line, so that a capture of any length is read without
 * allocation; a receiver that wants to keep something copies it. Prices are ticks, quantities lots.
 */
import type { Micros } from "../../../runtime/mod.ts";
import type { SideCode } from "../../protocol/mod.ts";

export const MessageKind = {
  /** Incremental book change. */
  Diff: 1,
  /** Whole book, as the REST endpoint gives it. */
  Snapshot: 2,
  Trade: 3,
  /** Best bid and ask. */
  Top: 4,
  /** A trade that did not take liquidity from the book (insurance fund, auto-deleveraging): counted, not used. */
  OffBook: 5,
  /** Something this reader does not know: counted under `stream`. */
  Unknown: 6,
} as const;
export type MessageKind = typeof MessageKind[keyof typeof MessageKind];

/** Venues number diffs in two ways; see `binance/book_builder.ts`. */
export const NO_PREVIOUS = -1;

const FIRST_LEVELS = 2048;

export class CaptureMessage {
  kind: MessageKind = MessageKind.Unknown;
  /** Position in its file, from 1. */
  line = 0;
  /** Local receive time, rounded down to the microsecond. */
  time: Micros = 0;
  /** Event time by the exchange's clock in milliseconds; 0 when the message has none (spot bookTicker and snapshot). */
  eventTime = 0;
  /** Name of an unknown stream, else "". */
  stream = "";

  /** Diff: first update id (`U`). */
  firstId = 0;
  /** Diff: last update id (`u`). Snapshot: `lastUpdateId`. Top: `u`. Trade: trade id. */
  lastId = 0;
  /** Diff of the usdm market: last update id of the diff before (`pu`); NO_PREVIOUS on spot. */
  previousId = NO_PREVIOUS;

  /** Diff and Snapshot: bids are levels 0 to bidCount − 1, asks follow up to levelCount − 1. Quantity 0 removes. */
  bidCount = 0;
  levelCount = 0;
  prices = new Float64Array(FIRST_LEVELS);
  quantities = new Float64Array(FIRST_LEVELS);

  /** Trade. */
  price = 0;
  quantity = 0;
  aggressor: SideCode = 0;

  /** Top. */
  bid = 0;
  bidQuantity = 0;
  ask = 0;
  askQuantity = 0;

  /** Makes room for twice as many levels. */
  grow(): void {
    const prices = new Float64Array(this.prices.length * 2);
    const quantities = new Float64Array(prices.length);
    prices.set(this.prices);
    quantities.set(this.quantities);
    this.prices = prices;
    this.quantities = quantities;
  }
}
