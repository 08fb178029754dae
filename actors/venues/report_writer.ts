/**
 * Execution records of a venue written in TypeScript, numbered without a gap.
 *
 * It is also the venue's outbox: what was written stays until it is taken, so that a crash between doing and telling
 * loses no report.
 */
import { ExecType, ExecutionView, Liquidity } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { OrderId, SideCode } from "../protocol/mod.ts";

/** Native Execution records, oldest first; the receiver owns the buffer. */
export interface Reports {
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** The order a report is about; `price` is 0 for a market order. */
export interface Reported {
  readonly id: OrderId;
  readonly owner: number;
  readonly instrument: number;
  readonly side: SideCode;
  readonly price: number;
}

const SIZE = ExecutionView.SIZE;
const FIRST_CAPACITY = 64;
const NOTHING: Reports = { records: new Uint8Array(0), count: 0 };

export class ReportWriter {
  #buffer = new Uint8Array(FIRST_CAPACITY * SIZE);
  #view = new ExecutionView(this.#buffer);
  #count = 0;
  #sequence = 0;
  #matches = 0;

  /** Anything but a trade. */
  report(type: ExecType, code: number, order: Reported, quantity: number, leaves: number, time: Micros): void {
    this.#next(type, order, order.price, quantity, leaves, time).reason = code;
  }

  /** A fill; the other side belongs to the recorded market and has no record. */
  trade(order: Reported, price: number, quantity: number, leaves: number, maker: boolean, time: Micros): void {
    const view = this.#next(ExecType.Trade, order, price, quantity, leaves, time);
    view.liquidity = maker ? Liquidity.Maker : Liquidity.Taker;
    view.matchId = ++this.#matches >>> 0;
  }

  /** What was written since the last call. */
  take(): Reports {
    if (this.#count === 0) return NOTHING;
    const reports = { records: this.#buffer.slice(0, this.#count * SIZE), count: this.#count };
    this.#count = 0;
    return reports;
  }

  #next(
    type: ExecType,
    order: Reported,
    price: number,
    quantity: number,
    leaves: number,
    time: Micros,
  ): ExecutionView {
    if ((this.#count + 1) * SIZE > this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new ExecutionView(larger);
    }
    this.#buffer.fill(0, this.#count * SIZE, (this.#count + 1) * SIZE);
    const view = this.#view.at(this.#count++);
    view.execType = type;
    view.side = order.side;
    view.instrument = order.instrument;
    view.orderId = order.id;
    view.price = price;
    view.quantity = quantity;
    view.leaves = leaves;
    view.owner = order.owner;
    view.time = time;
    view.venueSequence = ++this.#sequence;
    return view;
  }
}
