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
  /** 0 limit, 1 market (`OrderType`). */
  readonly orderType: 0 | 1;
  /** 0 GTC, 1 IOC, 2 FOK (`TimeInForce`). */
  readonly tif: 0 | 1 | 2;
  /** Ticks; 0 for a market order. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  /** Node clock when the organism decided. */
  readonly time: Micros;
  /** Stopwatch reading when the organism decided; measures latency, decides nothing. */
  readonly stamp: number;
  /** Id of the message that led to the decision; 0 when unknown. */
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
  /** New remaining quantity in lots. */
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
