/**
 * The order blotter: what became of the latest orders, for the console and for latency.
 *
 * A read model of fixed size. Order ids rise, so an order lives in slot `id mod capacity` and gives way to the order
 * that many ids later; recording an order allocates nothing.
 */
import { OrderType } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { OrderId, OrderTypeCode, OrderView, StrategyId, SubmitOrder, TimeInForceCode } from "../protocol/mod.ts";

export type OrderStatus = OrderView["status"];

/** One remembered order; reused when its slot is taken over. */
export interface OrderRow {
  id: OrderId;
  strategy: StrategyId;
  instrument: number;
  side: 0 | 1;
  /** What it is now: a stop that was triggered is a market order. */
  orderType: OrderTypeCode;
  tif: TimeInForceCode;
  /** Ticks; of a waiting stop its trigger. */
  price: number;
  quantity: number;
  filled: number;
  status: OrderStatus;
  code: number;
  time: Micros;
  /** Cancels and amendments of it that were decided on. */
  changes: number;
  /** Stopwatch reading of the decision; NaN once the first answer came. */
  stamp: number;
}

function emptyRow(): OrderRow {
  return {
    id: 0,
    strategy: 0,
    instrument: 0,
    side: 0,
    orderType: 0,
    tif: 0,
    price: 0,
    quantity: 0,
    filled: 0,
    status: "pending",
    code: 0,
    time: 0,
    changes: 0,
    stamp: NaN,
  };
}

/** Fits the second-level cache of a common server core; the audit log has the rest. */
export const DEFAULT_ORDER_CAPACITY = 16_384;

export class OrderTable {
  readonly #rows: OrderRow[];
  readonly #mask: number;
  #newest = 0;

  /** `capacity` is a power of two. */
  constructor(capacity: number = DEFAULT_ORDER_CAPACITY) {
    if (capacity < 2 || (capacity & (capacity - 1)) !== 0) {
      throw new Error(`capacity ${capacity} is not a power of two`);
    }
    this.#rows = Array.from({ length: capacity }, emptyRow);
    this.#mask = capacity - 1;
  }

  record(order: SubmitOrder): void {
    const row = this.#rows[order.orderId & this.#mask];
    row.id = order.orderId;
    row.strategy = order.strategy;
    row.instrument = order.instrument;
    row.side = order.side;
    row.orderType = order.orderType;
    row.tif = order.tif;
    row.price = order.orderType === OrderType.Stop ? order.trigger ?? 0 : order.price;
    row.quantity = order.quantity;
    row.filled = 0;
    row.status = "pending";
    row.code = 0;
    row.time = order.time;
    row.changes = 0;
    row.stamp = order.stamp;
    if (order.orderId > this.#newest) this.#newest = order.orderId;
  }

  /** The row of an order, or undefined when it was never recorded or has given way. */
  find(id: OrderId): OrderRow | undefined {
    const row = this.#rows[id & this.#mask];
    return row.id === id && id !== 0 ? row : undefined;
  }

  /** Whether the order was never recorded; an old one that may have given way counts as recorded. */
  lacks(id: OrderId): boolean {
    return id > this.#newest - this.#rows.length && this.find(id) === undefined;
  }

  /** Rows of orders that are open or on their way, oldest first. */
  *live(): Generator<OrderRow> {
    for (let id = Math.max(1, this.#newest - this.#mask); id <= this.#newest; id++) {
      const row = this.find(id);
      if (row?.status === "open" || row?.status === "pending") yield row;
    }
  }

  /** Counts a cancel or an amendment of the order that was decided on. */
  changed(id: OrderId): void {
    const row = this.find(id);
    if (row) row.changes++;
  }

  /** Up to `limit` rows, newest first, that satisfy `keep`. */
  newest(limit: number, keep: (row: OrderRow) => boolean): OrderRow[] {
    const found: OrderRow[] = [];
    const oldest = Math.max(1, this.#newest - this.#mask);
    for (let id = this.#newest; id >= oldest && found.length < limit; id--) {
      const row = this.find(id);
      if (row && keep(row)) found.push(row);
    }
    return found;
  }

  /** Orders of a strategy that still rest, among those remembered. */
  countOpen(strategy: StrategyId): number {
    let count = 0;
    for (const row of this.#rows) if (row.strategy === strategy && row.id !== 0 && row.status === "open") count++;
    return count;
  }
}
