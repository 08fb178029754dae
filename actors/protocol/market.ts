/** Public market data. Prices in ticks, quantities in lots. */
import type { ActorRef, Micros } from "../../runtime/mod.ts";
import type { SideCode } from "./orders.ts";

/** Best prices of one instrument. A price of 0 means that side is empty. */
export interface BookTop {
  readonly kind: "BookTop";
  readonly instrument: number;
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
  readonly time: Micros;
}

export interface TradePrint {
  readonly kind: "TradePrint";
  readonly instrument: number;
  readonly price: number;
  readonly quantity: number;
  /** Side of the taker. */
  readonly aggressor: SideCode;
  readonly time: Micros;
}

/** One bar; prices in ticks, adjusted when the source adjusts them. `time` is the end of the bar. */
export interface Bar {
  readonly kind: "Bar";
  readonly instrument: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares or base units, as the source gives it. */
  readonly volume: number;
  readonly time: Micros;
}

export type MarketEvent = BookTop | TradePrint | Bar;

/** Events of one or more instruments, oldest first. Shared between receivers: never change it. */
export interface MarketData {
  readonly kind: "MarketData";
  readonly events: readonly MarketEvent[];
  /**
   * Number of the first event among the public events of its instrument, from 1, as the venue published them; the others
   * follow without a gap. Prices that are told again bear the number of the event they stand after. Absent: nobody counts.
   */
  readonly first?: number;
}

/** The market is not to be trusted for the instrument (gap, resync, crossed book), or is again. */
export interface MarketStatus {
  readonly kind: "MarketStatus";
  readonly instrument: number;
  readonly status: "live" | "resyncing" | "stale" | "ended";
  /** One sentence for people. */
  readonly detail: string;
  readonly time: Micros;
}

/** Asks a venue for public data of the given instruments, from now on. */
export interface SubscribeMarket {
  readonly kind: "SubscribeMarket";
  readonly subscriber: ActorRef<MarketData | MarketStatus>;
  readonly instruments: readonly number[];
}

/** Price levels, best first. */
export interface Depth {
  readonly instrument: number;
  readonly time: Micros;
  readonly bids: readonly (readonly [price: number, quantity: number])[];
  readonly asks: readonly (readonly [price: number, quantity: number])[];
}
