/**
 * What an organism may ask for. Integers only: price in ticks, quantity in lots.
 *
 * An organism never sees a venue: it emits intents, and the guardian decides.
 */
import type { Micros } from "../../runtime/mod.ts";

/** As in the native layout (`Side`): 0 buy, 1 sell. */
export type SideCode = 0 | 1;
export const BUY: SideCode = 0;
export const SELL: SideCode = 1;

/** As in the native layout (`OrderType`): 0 limit, 1 market, 2 stop, 3 stop-limit. */
export type OrderTypeCode = 0 | 1 | 2 | 3;
/** As in the native layout (`TimeInForce`): 0 GTC, 1 IOC, 2 FOK, 3 DAY, 4 GTD. */
export type TimeInForceCode = 0 | 1 | 2 | 3 | 4;
/** As in the native layout (`SelfTrade`): 0 none, 1 cancel newest, 2 cancel oldest, 3 cancel both, 4 decrement. */
export type SelfTradeCode = 0 | 1 | 2 | 3 | 4;

/** 1 to 127; given by the host, never by the organism. */
export type StrategyId = number;
/** Client order id (FIX ClOrdID): unique in the data directory, a safe integer above 0. */
export type OrderId = number;

export interface SubmitOrder {
  readonly kind: "SubmitOrder";
  readonly orderId: OrderId;
  readonly strategy: StrategyId;
  readonly instrument: number;
  readonly side: SideCode;
  readonly orderType: OrderTypeCode;
  readonly tif: TimeInForceCode;
  /** Ticks; 0 for a market order and a stop, which have no limit. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  /** Ticks; for a stop or stop-limit, and for nothing else: a trade at this price or beyond wakes the order. */
  readonly trigger?: number;
  /** Whole seconds since the Unix epoch; for a GTD order, and for nothing else: when it ends. */
  readonly expires?: number;
  /** Lots shown at a time (an iceberg); 0 or absent: all. */
  readonly display?: number;
  /** What happens when the order meets one of its own group; absent: they trade. */
  readonly selfTrade?: SelfTradeCode;
  /** Node clock when the organism decided. */
  readonly time: Micros;
  /** Stopwatch reading when the organism decided; measures latency, decides nothing. */
  readonly stamp: number;
  /** What led to the decision: a word of `cause.ts`. */
  readonly cause: number;
}

export interface CancelOrder {
  readonly kind: "CancelOrder";
  readonly strategy: StrategyId;
  readonly instrument: number;
  /** The order to cancel. */
  readonly target: OrderId;
  readonly time: Micros;
  readonly stamp: number;
  readonly cause: number;
}

export interface AmendOrder {
  readonly kind: "AmendOrder";
  readonly strategy: StrategyId;
  readonly instrument: number;
  readonly target: OrderId;
  readonly side: SideCode;
  readonly price: number;
  /** New total in lots, what has filled included (FIX OrderQty): fills on their way cannot make it larger than meant. */
  readonly quantity: number;
  readonly time: Micros;
  readonly stamp: number;
  readonly cause: number;
}

/** Cancels whatever the strategy has resting; sent by its host when the organism starts, crashes or stops. */
export interface CancelAll {
  readonly kind: "CancelAll";
  readonly strategy: StrategyId;
  readonly time: Micros;
  readonly stamp: number;
  readonly cause: number;
}

export type OrderIntent = SubmitOrder | CancelOrder | AmendOrder | CancelAll;
