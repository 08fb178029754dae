/** From intents to native OrderCommand records. */
import { CommandKind, OrderCommandView, OrderType, SelfTrade, TimeInForce } from "../../ffi/layout.gen.ts";
import type { OrderIntent, SubmitOrder } from "../protocol/mod.ts";

const POST_ONLY = 1;
const REDUCE_ONLY = 2;
const SELF_TRADE_SHIFT = 3;
const EVERY_INSTRUMENT = 0xffff;
/** No time in force: the gate refuses such an order as malformed, and records it. */
const UNREADABLE = 0xff;
const LARGEST_U32 = 0xffffffff;
const LARGEST_I32 = 0x7fffffff;

/**
 * An integer the records can hold, or 0, which no check lets through: a fraction or NaN must reach the gate as something
 * it refuses and records, never as something it silently truncates.
 */
const integer = (value: number): number => (Number.isSafeInteger(value) ? value : 0);

const isWhole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;

/** Writes `intent` into the record `view` points at; every field is set, so records can be reused. */
export function encodeIntent(view: OrderCommandView, intent: OrderIntent): void {
  view.owner = intent.strategy;
  view.time = intent.time;
  view.cause = intent.cause;
  view.side = 0;
  view.orderType = OrderType.Limit;
  view.tif = TimeInForce.Gtc;
  view.flags = 0;
  view.price = 0;
  view.quantity = 0;
  view.display = 0;
  view.targetId = 0;
  view.instrument = EVERY_INSTRUMENT;
  view.orderId = 0;
  switch (intent.kind) {
    case "SubmitOrder":
      view.kind = CommandKind.New;
      view.side = intent.side;
      view.orderType = intent.orderType;
      view.tif = intent.tif;
      view.flags = (intent.postOnly ? POST_ONLY : 0) | (intent.reduceOnly ? REDUCE_ONLY : 0);
      view.instrument = intent.instrument;
      view.orderId = intent.orderId;
      view.price = integer(intent.price);
      view.quantity = integer(intent.quantity);
      if (!writeTerms(view, intent)) view.tif = UNREADABLE;
      return;
    case "CancelOrder":
      view.kind = CommandKind.Cancel;
      view.instrument = intent.instrument;
      view.orderId = intent.target;
      view.targetId = intent.target;
      return;
    case "AmendOrder":
      view.kind = CommandKind.Amend;
      view.side = intent.side;
      view.instrument = intent.instrument;
      view.orderId = intent.target;
      view.targetId = intent.target;
      view.price = integer(intent.price);
      view.quantity = integer(intent.quantity);
      return;
    case "CancelAll":
      view.kind = CommandKind.CancelOwner;
      return;
  }
}

/** The terms only some orders have; false for those the record cannot hold or the order cannot have. */
function writeTerms(view: OrderCommandView, order: SubmitOrder): boolean {
  const { orderType, tif, price, trigger = 0, expires = 0, display = 0, selfTrade = SelfTrade.None } = order;
  if (!isWhole(expires, LARGEST_U32) || !isWhole(display, LARGEST_U32) || !isWhole(selfTrade, SelfTrade.Decrement)) {
    return false;
  }
  if ((expires !== 0) !== (tif === TimeInForce.Gtd)) return false;
  view.flags |= selfTrade << SELF_TRADE_SHIFT;
  view.display = display;
  view.expires = expires;
  if (orderType !== OrderType.Stop && orderType !== OrderType.StopLimit) return trigger === 0;
  if (!Number.isSafeInteger(trigger) || trigger < 1) return false;
  if (orderType === OrderType.Stop) {
    view.price = trigger;
    return price === 0;
  }
  const offset = trigger - price;
  if (!Number.isInteger(offset) || Math.abs(offset) > LARGEST_I32) return false;
  view.triggerOffset = offset;
  return true;
}
