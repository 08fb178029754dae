/** Execution reports as a venue writes them, from a few words, for tests of what reads them. */
import { ExecType, ExecutionView } from "../../../ffi/layout.gen.ts";
import { BUY, SELL, type SideCode } from "../../../actors/protocol/mod.ts";

interface Resting {
  readonly side: SideCode;
  readonly strategy: number;
  readonly price: number;
  lots: number;
}

/** An account's orders in one instrument, with the reports they cause. Market milliseconds. */
export class Flow {
  readonly #view = new ExecutionView(new Uint8Array(ExecutionView.SIZE));
  readonly #take: (view: ExecutionView, count: number) => void;
  readonly #resting = new Map<number, Resting>();
  #next = 1;
  reports = 0;
  /** Milliseconds since the epoch. */
  now: number;

  constructor(take: (view: ExecutionView, count: number) => void, start = Date.UTC(2026, 0, 5, 9)) {
    this.#take = take;
    this.now = start;
  }

  pass(millis: number): void {
    this.now += millis;
  }

  place(side: SideCode, price: number, lots: number, strategy = 1): number {
    const id = this.#next++;
    this.#resting.set(id, { side, price, lots, strategy });
    this.#report(id, ExecType.New, lots, lots);
    return id;
  }

  fill(id: number, lots = this.#resting.get(id)!.lots): void {
    const order = this.#resting.get(id)!;
    order.lots -= lots;
    this.#report(id, ExecType.Trade, lots, order.lots);
    if (order.lots === 0) this.#resting.delete(id);
  }

  cancel(...ids: number[]): void {
    for (const id of ids) {
      const order = this.#resting.get(id);
      if (order === undefined) continue;
      this.#report(id, ExecType.Canceled, order.lots, 0);
      this.#resting.delete(id);
    }
  }

  amend(id: number, lots: number): void {
    this.#resting.get(id)!.lots = lots;
    this.#report(id, ExecType.Replaced, lots, lots);
  }

  /** Ids of what rests on a side. */
  on(side: SideCode): number[] {
    return [...this.#resting].filter(([, order]) => order.side === side).map(([id]) => id);
  }

  #report(orderId: number, execType: number, quantity: number, leaves: number): void {
    const { side, price, strategy } = this.#resting.get(orderId)!;
    const time = this.now * 1_000;
    Object.assign(this.#view, { execType, side, orderId, instrument: 0, price, quantity, leaves, time });
    this.#view.owner = strategy;
    this.reports++;
    this.#take(this.#view.at(0), 1);
  }
}

export const other = (side: SideCode): SideCode => side === BUY ? SELL : BUY;
