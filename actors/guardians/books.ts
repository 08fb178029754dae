/**
 * The guardian's books: read models that live outside the actor, so that a crash of the guardian loses none of them.
 * The gate and the audit log remain the truth; these are what people look at.
 */
import { OrderType } from "../../ffi/layout.gen.ts";
import type { ExecutionReport, Instrument } from "../protocol/mod.ts";
import { LatencyHistogram } from "../protocol/latency.ts";
import { MarketBoard } from "./market_board.ts";
import { OrderTable } from "./order_table.ts";
import { OrderUse } from "./order_use.ts";
import { Portfolio } from "./portfolio.ts";
import { RefusalLog } from "./refusals.ts";

export class GuardianBooks {
  readonly portfolio: Portfolio;
  readonly orders: OrderTable;
  readonly board: MarketBoard;
  /** Wall nanoseconds from an organism's decision to the first answer about it. */
  readonly latency = new LatencyHistogram();
  readonly refusals = new RefusalLog();
  readonly use = new OrderUse();
  fills = 0;
  /** Number of the venue's last report that was booked; 0 while it counts none. */
  venueSequence = 0;
  /** Called after a batch of reports is booked. */
  onBooked: () => void = () => {};
  /** Orders entered (new orders, not cancels or amends). */
  submitted = 0;

  constructor(instruments: readonly Instrument[], orderCapacity?: number) {
    this.portfolio = new Portfolio(instruments);
    this.orders = new OrderTable(orderCapacity);
    this.board = new MarketBoard(instruments);
  }

  /** Notes the first answer to an order decided at stopwatch reading `stamp`. */
  answered(stamp: number, now: number): void {
    this.latency.add(now - stamp);
  }

  /** Carries a report over to the blotter; `now` is a stopwatch reading. */
  report(report: ExecutionReport, now: number): void {
    this.use.reported(report);
    const row = this.orders.find(report.orderId);
    if (!row) return;
    if (row.stamp === row.stamp) {
      this.answered(row.stamp, now);
      row.stamp = NaN;
    }
    switch (report.type) {
      case "new":
        row.status = "open";
        break;
      case "trade":
        row.filled += report.quantity;
        row.status = report.leaves === 0 ? "filled" : "open";
        break;
      case "canceled":
        row.status = "canceled";
        row.code = report.code;
        break;
      case "expired":
        row.status = "expired";
        row.code = report.code;
        break;
      case "replaced":
        row.price = report.price;
        row.quantity = row.filled + report.leaves;
        break;
      case "restated":
        row.quantity = row.filled + report.leaves;
        break;
      case "triggered":
        row.orderType = row.orderType === OrderType.Stop ? OrderType.Market : OrderType.Limit;
        row.price = report.price;
        break;
      case "rejected":
        row.status = "rejected";
        row.code = report.code;
        break;
      case "cancel-rejected":
        break;
    }
  }
}
