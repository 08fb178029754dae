/** What one bar does to one order: the arithmetic of the fill model that is stated at the head of `bar_venue.ts`. */
import { type OrderCommandView, OrderType, SelfTrade, Side, TimeInForce } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { Bar, BookTop, SideCode } from "../protocol/mod.ts";

const POST_ONLY = 1;

export interface BarOrder {
  readonly id: number;
  readonly owner: number;
  readonly instrument: number;
  readonly side: SideCode;
  readonly orderType: number;
  readonly tif: number;
  readonly postOnly: boolean;
  /** Ticks; 0 for a market order. */
  price: number;
  /** Lots entered, as amended; what has filled is what `leaves` lacks of it. */
  total: number;
  leaves: number;
  /** When it ends; Infinity: when it is cancelled. */
  readonly expires: Micros;
  /** When it came in, or was last changed for the better. */
  since: Micros;
}

/** Price of a fill in the bar and whether it made; null: no fill. */
export function barFill(
  order: Pick<BarOrder, "side" | "orderType" | "tif" | "postOnly" | "price">,
  bar: Pick<Bar, "open" | "high" | "low">,
  halfSpread: number,
): { readonly price: number; readonly maker: boolean } | null {
  const buy = order.side === Side.Buy;
  const taken = buy ? bar.open + halfSpread : Math.max(1, bar.open - halfSpread);
  if (order.orderType === OrderType.Market) return { price: taken, maker: false };
  const through = buy ? bar.low < order.price : bar.high > order.price;
  const atOpen = buy ? taken <= order.price : taken >= order.price;
  if (order.tif === TimeInForce.Ioc || order.tif === TimeInForce.Fok) {
    return atOpen ? { price: taken, maker: false } : null;
  }
  if (!through) return null;
  return atOpen && !order.postOnly ? { price: taken, maker: false } : { price: order.price, maker: true };
}

/** Whether a limit at this price would take at these quotes. */
export function crosses(side: number, price: number, top: BookTop): boolean {
  return side === Side.Buy ? price >= top.ask : price <= top.bid;
}

export function isPostOnly(command: OrderCommandView): boolean {
  return (command.flags & POST_ONLY) !== 0;
}

/**
 * Whether a new order makes sense at all, and bars can answer for it: of a bar's trades only four prices are known, too
 * little for stops, and nothing of its queues, too little for icebergs. A self-trade mode is taken: our orders never meet.
 */
export function isReadable(command: OrderCommandView): boolean {
  const { side, orderType, tif, orderId, price, quantity, display, expires, flags } = command;
  const market = orderType === OrderType.Market;
  if (side > Side.Sell || orderType > OrderType.Market || tif > TimeInForce.Gtd || orderId <= 0) return false;
  if (quantity <= 0 || (!market && price <= 0) || display !== 0) return false;
  if ((expires !== 0) !== (tif === TimeInForce.Gtd) || (flags >> 3 & 7) > SelfTrade.Decrement) return false;
  return !isPostOnly(command) || (!market && tif !== TimeInForce.Ioc && tif !== TimeInForce.Fok);
}
