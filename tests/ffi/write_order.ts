/** A good order, for tests on any thread: it needs no native core. */
import { CommandKind, type OrderCommandView } from "../../ffi/layout.gen.ts";

export const STRATEGY = 1;
export const INSTRUMENT = 0;
/** Microseconds; any time will do. */
export const NOW = 1_700_000_000_000_000;

export function writeOrder(view: OrderCommandView, id: number): void {
  view.kind = CommandKind.New;
  view.side = id % 2;
  view.orderType = 0;
  view.tif = 0;
  view.flags = 0;
  view.instrument = INSTRUMENT;
  view.orderId = id;
  view.price = 100;
  view.quantity = 10;
  view.owner = STRATEGY;
  view.time = NOW;
  view.targetId = 0;
  view.cause = 0;
}
