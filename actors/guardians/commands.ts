/** From intents to native OrderCommand records. */
import { CommandKind, OrderCommandView, OrderType, TimeInForce } from "../../ffi/layout.gen.ts";
import type { OrderIntent } from "../protocol/mod.ts";

const POST_ONLY = 1;
const REDUCE_ONLY = 2;
const EVERY_INSTRUMENT = 0xffff;

/**
 * An integer the records can hold, or 0, which no check lets through: a fraction or NaN must reach the gate as something
 * it refuses and records, never as something it silently truncates.
 */
const integer = (value: number): number => (Number.isSafeInteger(value) ? value : 0);

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
