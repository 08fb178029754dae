/** What one bar does to one order: the arithmetic of the fill model that is stated at the head of `bar_venue.ts`. */
import { type OrderCommandView, OrderType, Side, TimeInForce } from "../../ffi/layout.gen.ts";
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
  leaves: number;
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
  if (order.tif !== TimeInForce.Gtc) return atOpen ? { price: taken, maker: false } : null;
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

/** Whether a new order makes sense at all. */
export function isReadable(command: OrderCommandView): boolean {
  const { side, orderType, tif, orderId, price, quantity } = command;
  const market = orderType === OrderType.Market;
  if (side > Side.Sell || orderType > OrderType.Market || tif > TimeInForce.Fok || orderId <= 0) return false;
  if (quantity <= 0 || (!market && price <= 0)) return false;
  return !isPostOnly(command) || (!market && tif === TimeInForce.Gtc);
}
