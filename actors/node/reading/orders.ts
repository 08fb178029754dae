/** Every order of a run as its records tell it. In memory are those that are open; what has ended is handed out once. */
import { CODE_TEXT, CommandKind, ExecType, OrderType } from "../../../ffi/layout.gen.ts";
import type { RunNames } from "./names.ts";
import type { CommandFields, DecisionFields, ExecutionFields } from "./records.ts";

export type OrderState = "pending" | "open" | "filled" | "canceled" | "expired" | "rejected" | "refused";

export interface OrderRow {
  /** Client order id (ClOrdID). */
  readonly order: number;
  readonly organism: string;
  /** Which new order of its organism it was, from 1. */
  readonly number: number;
  readonly instrument: string;
  readonly side: "buy" | "sell";
  type: number;
  readonly tif: number;
  /** Ticks; of a waiting stop its trigger; 0 without a limit. */
  price: number;
  /** Lots: the total, what has filled included. */
  quantity: number;
  filled: number;
  /** Lots that may still trade. */
  leaves: number;
  state: OrderState;
  /** Stable code of its end; 0 when nothing went wrong. */
  code: number;
  /** What led to it: a word of `cause.ts`. */
  readonly cause: number;
  /** Records that entered and that changed it last, and their times, microseconds. */
  readonly entered: number;
  readonly enteredTime: number;
  last: number;
  lastTime: number;
}

export interface OrdersState {
  readonly open: readonly OrderRow[];
  readonly numbers: readonly (readonly [strategy: number, count: number])[];
}

export class RunOrders {
  readonly #names: RunNames;
  readonly #open = new Map<number, OrderRow>();
  /** New orders so far, by strategy. */
  readonly #numbers = new Map<number, number>();
  #changed = new Map<number, OrderRow>();

  constructor(names: RunNames) {
    this.#names = names;
  }

  /** Orders that are open or on their way, oldest first. */
  open(): Iterable<Readonly<OrderRow>> {
    return this.#open.values();
  }

  find(order: number): Readonly<OrderRow> | undefined {
    return this.#open.get(order);
  }

  /** New orders of a strategy so far. */
  count(strategy: number): number {
    return this.#numbers.get(strategy) ?? 0;
  }

  /** Orders that changed since the last call. */
  takeChanged(): readonly Readonly<OrderRow>[] {
    const changed = [...this.#changed.values()];
    this.#changed = new Map();
    return changed;
  }

  decided(index: number, time: number, command: CommandFields, { code }: DecisionFields): void {
    if (command.kind !== CommandKind.New) return;
    const { owner, orderId: order, instrument, side, orderType: type, tif, price, quantity, cause } = command;
    const number = (this.#numbers.get(owner) ?? 0) + 1;
    this.#numbers.set(owner, number);
    // An id that is used again is refused, and the first order keeps its row.
    if (code !== 0 && CODE_TEXT[code]?.[0] === "DuplicateId") return;
    const row: OrderRow = {
      ...{ order, organism: this.#names.organism(owner), number, instrument: this.#names.symbol(instrument) },
      ...{ side: side === 0 ? "buy" : "sell", type, tif, price, quantity, filled: 0, cause },
      ...{ leaves: code === 0 ? quantity : 0, state: code === 0 ? "pending" : "refused", code },
      ...{ entered: index, enteredTime: time, last: index, lastTime: time },
    };
    this.#changed.set(order, row);
    if (code === 0) this.#open.set(order, row);
  }

  executed(index: number, time: number, { execType, orderId, price, quantity, leaves, reason }: ExecutionFields): void {
    const row = this.#open.get(orderId);
    if (row === undefined || execType === ExecType.CancelRejected) return;
    if (execType === ExecType.Trade) row.filled += quantity;
    if (execType === ExecType.Replaced || execType === ExecType.Restated) row.quantity = row.filled + leaves;
    if (execType === ExecType.Replaced || execType === ExecType.Triggered) row.price = price;
    if (execType === ExecType.Triggered) row.type = row.type === OrderType.Stop ? OrderType.Market : OrderType.Limit;
    const end = ENDS[execType];
    row.state = end ?? (leaves === 0 && row.filled > 0 ? "filled" : "open");
    row.leaves = end === undefined ? leaves : 0;
    row.code = reason;
    row.last = index;
    row.lastTime = time;
    this.#changed.set(orderId, row);
    if (row.state !== "open") this.#open.delete(orderId);
  }

  /** Shares its rows: turn it into text before the next record. */
  save(): OrdersState {
    return { open: [...this.#open.values()], numbers: [...this.#numbers] };
  }

  restore({ open, numbers }: OrdersState): void {
    for (const row of open) this.#open.set(row.order, row);
    for (const [strategy, count] of numbers) this.#numbers.set(strategy, count);
  }
}

const ENDS: Readonly<Record<number, OrderState>> = {
  [ExecType.Canceled]: "canceled",
  [ExecType.Expired]: "expired",
  [ExecType.Rejected]: "rejected",
};
