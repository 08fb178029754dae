/** Orders that no correct program would write: they throw, with the organism's name and the value. */
import { MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { NewOrder } from "./organism.ts";

/** Seconds since the epoch that an order record can hold. */
const LAST_SECOND = 0xffffffff;
/** Lots that an order record can show. */
const LARGEST_DISPLAY = 0xffffffff;

/** `open`: whether the starting position is known; `own`: the organism's instruments. */
export function checkOrder(id: string, open: boolean, own: ReadonlySet<number>, order: NewOrder): void {
  const { instrument, side, type = "limit", price } = order;
  if (!open) throw new Error(`organism "${id}": no order before its position is known`);
  if (!own.has(instrument)) throw new RangeError(`organism "${id}": instrument ${instrument} is not one of its own`);
  if (side !== 0 && side !== 1) {
    throw new RangeError(`organism "${id}": a side of ${side} is neither BUY (0) nor SELL (1)`);
  }
  checkPositive(id, "quantity", order.quantity);
  if (type === "limit" || type === "stop-limit") checkPositive(id, "price", price);
  else if (price !== undefined) throw new RangeError(`organism "${id}": a ${type} order has no price, got ${price}`);
  checkTerms(id, order);
}

function checkTerms(id: string, order: NewOrder): void {
  const { type = "limit", tif = "gtc", quantity, trigger, expires, display } = order;
  const stop = type === "stop" || type === "stop-limit";
  const immediate = tif === "ioc" || tif === "fok";
  if (order.postOnly && (type !== "limit" || immediate)) {
    throw new RangeError(`organism "${id}": only a limit order that rests can be post-only`);
  }
  if (stop) checkPositive(id, "trigger", trigger);
  else if (trigger !== undefined) {
    throw new RangeError(`organism "${id}": a ${type} order has no trigger, got ${trigger}`);
  }
  if (stop && immediate) throw new RangeError(`organism "${id}": a stop waits, so it cannot be ${tif}`);
  if (display !== undefined) {
    checkPositive(id, "display", display);
    if (type !== "limit" || immediate || display > quantity || display > LARGEST_DISPLAY) {
      throw new RangeError(
        `organism "${id}": a display of ${display} needs a limit order that rests, of at least as many lots`,
      );
    }
  }
  if ((expires !== undefined) !== (tif === "gtd")) {
    throw new RangeError(`organism "${id}": an order is "gtd" if and only if it says when it expires`);
  }
  const seconds = (expires ?? MICROS_PER_SECOND) / MICROS_PER_SECOND;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LAST_SECOND) {
    throw new RangeError(`organism "${id}": an order cannot expire at ${expires}: it must be a whole second`);
  }
}

const UNITS = { price: "ticks", trigger: "ticks", quantity: "lots", display: "lots" } as const;

export function checkPositive(id: string, what: keyof typeof UNITS, value: number | undefined): void {
  if (Number.isSafeInteger(value) && value! > 0) return;
  throw new RangeError(`organism "${id}": a ${what} of ${value} is not a whole number of ${UNITS[what]} above zero`);
}
