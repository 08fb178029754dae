/** The open orders of one organism, as its execution reports tell, and the changes that wait for their time. */
import type { Micros } from "../../runtime/mod.ts";
import type { ExecutionReport, OrderId, SideCode } from "../protocol/mod.ts";
import type { OpenOrder } from "./organism.ts";

/** A cancel, or an amendment to this price and remaining quantity. */
export type Change =
  | { readonly kind: "cancel" }
  | { readonly kind: "amend"; readonly price: number; readonly quantity: number };

export class OwnOrder {
  resting = false;
  mayChangeAt: Micros = Infinity;
  /** Asked for, not sent. */
  wanted: Change | null = null;
  /** What led to the change that is wanted, or was sent last: it may wait long for its time. */
  cause = 0;
  /** Sent, not answered. */
  sent: Change["kind"] | null = null;
  /** Refused before it was sent; its organism does not know yet. */
  refused: Change["kind"] | null = null;
  /** Changes sent, less those that were lost. */
  changes = 0;
  /** As many had been sent when the guardian was asked what it knows, and the last was not answered; 0: none in doubt. */
  doubted = 0;
  /** Lots traded, as reported. */
  filled = 0;

  constructor(
    readonly orderId: OrderId,
    readonly instrument: number,
    readonly side: SideCode,
    /** Ticks; 0 without a limit. */
    public price: number,
    /** Lots still open. */
    public quantity: number,
    /** Microseconds it must rest; 0 for orders that never rest. */
    readonly minimumRest: Micros,
  ) {}

  view(): OpenOrder {
    const { orderId, instrument, side, price, quantity, resting, mayChangeAt } = this;
    const changing = this.wanted !== null || this.sent !== null || this.refused !== null;
    return { orderId, instrument, side, price, quantity, resting, changing, mayChangeAt };
  }
}

export class OwnOrders {
  readonly #orders = new Map<OrderId, OwnOrder>();

  get size(): number {
    return this.#orders.size;
  }

  add(order: OwnOrder): void {
    this.#orders.set(order.orderId, order);
  }

  get(orderId: OrderId): OwnOrder | undefined {
    return this.#orders.get(orderId);
  }

  all(): Iterable<OwnOrder> {
    return this.#orders.values();
  }

  open(instrument: number): readonly OpenOrder[] {
    const open: OpenOrder[] = [];
    for (const order of this.#orders.values()) if (order.instrument === instrument) open.push(order.view());
    return open;
  }

  /** Brings the order up to date. Undefined for an order this incarnation did not send. */
  apply(report: ExecutionReport): OwnOrder | undefined {
    const order = this.#orders.get(report.orderId);
    if (order === undefined) return undefined;
    switch (report.type) {
      case "new":
        order.resting = true;
        order.quantity = report.leaves;
        order.mayChangeAt = report.time + order.minimumRest;
        break;
      case "trade":
        order.filled += report.quantity;
        order.quantity = report.leaves;
        break;
      case "restated":
        order.quantity = report.leaves;
        break;
      case "triggered":
        order.price = report.price;
        order.quantity = report.leaves;
        break;
      case "replaced":
        order.price = report.price;
        order.quantity = report.leaves;
        order.sent = null;
        order.mayChangeAt = report.time + order.minimumRest;
        break;
      case "cancel-rejected":
        order.sent = null;
        return order;
      case "canceled":
      case "expired":
      case "rejected":
        order.quantity = 0;
    }
    if (order.quantity <= 0) this.#orders.delete(order.orderId);
    return order;
  }
}
