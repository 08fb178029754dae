/** How the replay exchange reads the commands of a batch, and which new orders it can simulate. */
import { OrderCommandView, OrderType, SelfTrade, TimeInForce } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { SideCode } from "../protocol/mod.ts";
import type { Reported } from "./report_writer.ts";

const POST_ONLY = 1;
const SELF_TRADE_SHIFT = 3;
const SELF_TRADE_MASK = 7;

export interface Command extends Reported {
  readonly kind: number;
  readonly orderType: number;
  readonly tif: number;
  readonly postOnly: boolean;
  readonly selfTrade: number;
  /** As asked, while `price` is 0 for a market order. */
  readonly limit: number;
  readonly quantity: number;
  readonly display: number;
  readonly target: number;
  /** Of a new order: when it ends; 0 when it does not say. */
  readonly expires: Micros;
  readonly due: Micros;
}

export function readCommand(view: OrderCommandView, due: Micros): Command {
  const { orderType, side, price } = view;
  const market = orderType === OrderType.Market;
  return {
    kind: view.kind,
    id: view.orderId,
    owner: view.owner,
    instrument: view.instrument,
    side: side as SideCode,
    price: market ? 0 : price,
    limit: market ? (side === 0 ? Number.MAX_SAFE_INTEGER : 1) : price,
    orderType,
    tif: view.tif,
    postOnly: (view.flags & POST_ONLY) !== 0,
    selfTrade: (view.flags >> SELF_TRADE_SHIFT) & SELF_TRADE_MASK,
    quantity: view.quantity,
    display: view.display,
    target: view.targetId,
    expires: view.expires * MICROS_PER_SECOND,
    due,
  };
}

export const isPrice = (price: number): boolean => Number.isSafeInteger(price) && price >= 1;
export const isQuantity = (quantity: number): boolean => Number.isSafeInteger(quantity) && quantity >= 1;

/**
 * As the native book reads a new order, and without what a recording cannot answer for: stops (whose trades are others'
 * and may have been ours), icebergs (whose hidden lots have no place in a recorded queue) and orders for the day (a
 * recording has no closing bell). A self-trade mode is taken: our orders never meet.
 */
export function isReadable(command: Command): boolean {
  const { side, orderType, tif, postOnly, display, expires, selfTrade } = command;
  const lasting = tif === TimeInForce.Gtc || tif === TimeInForce.Gtd;
  const known = side <= 1 && orderType <= OrderType.Market && selfTrade <= SelfTrade.Decrement;
  const readable = known && (lasting || tif === TimeInForce.Ioc || tif === TimeInForce.Fok) && display === 0;
  if (!readable || (expires !== 0) !== (tif === TimeInForce.Gtd)) return false;
  const mayRest = orderType === OrderType.Limit && lasting;
  return command.id > 0 && isQuantity(command.quantity) && isPrice(command.limit) && (!postOnly || mayRest);
}
