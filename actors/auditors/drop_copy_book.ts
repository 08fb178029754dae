/**
 * The drop copy's book: positions, what has traded and what is open, kept from execution reports alone. It shares no
 * arithmetic with the gate or the guardian's books, which is its worth. Belongs to the node, so that a crash of the actor
 * before it forgets nothing.
 *
 * It also holds every report against the order it is about: a venue that left one out, or told one twice, shows in lots
 * that do not add up.
 */
import { Code, ExecType, ExecutionView } from "../../ffi/layout.gen.ts";
import { type ExecutionBatch, Inbox } from "../protocol/mod.ts";

/** Strategy and instrument in one number. */
const PLACES = 65_536;

/** Lots of a strategy in an instrument. */
export interface CopiedLine {
  readonly strategy: number;
  readonly instrument: number;
  bought: number;
  sold: number;
  openBuy: number;
  openSell: number;
  openOrders: number;
}

export interface CopiedOrder {
  readonly id: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  leaves: number;
}

/** A report that does not fit what was reported before it. */
export interface Oddity {
  readonly order: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly venueSequence: number;
  readonly detail: string;
}

/** More of them at a time than anybody reads. */
const MOST_ODDITIES = 100;

export class DropCopyBook {
  readonly #lines = new Map<number, CopiedLine>();
  readonly #orders = new Map<number, CopiedOrder>();
  readonly #oddities: Oddity[] = [];
  /** The venue's stream as far as it was taken. */
  readonly stream = new Inbox();
  reports = 0;
  /** Reports of trades. */
  trades = 0;
  /** Reports whose number did not rise: told before, and left out here. */
  gaps = 0;
  #venueSequence = 0;

  apply(batch: ExecutionBatch): void {
    const view = new ExecutionView(batch.records);
    for (let i = 0; i < batch.count; i++) {
      view.at(i);
      this.reports++;
      // Numbers rise; other participants' reports lie between ours. A venue that does not count says 0.
      const { venueSequence } = view;
      if (venueSequence !== 0 && venueSequence <= this.#venueSequence) {
        this.gaps++;
        continue;
      }
      this.#venueSequence = Math.max(this.#venueSequence, venueSequence);
      this.#take(view);
    }
  }

  /** [strategy, instrument, lots], in the order first heard of. */
  *entries(): Generator<readonly [strategy: number, instrument: number, lots: number]> {
    for (const { strategy, instrument, bought, sold } of this.#lines.values()) {
      if (bought + sold > 0) yield [strategy, instrument, bought - sold];
    }
  }

  line(strategy: number, instrument: number): Readonly<CopiedLine> {
    return this.#lines.get(strategy * PLACES + instrument) ?? empty(strategy, instrument);
  }

  lines(): Iterable<Readonly<CopiedLine>> {
    return this.#lines.values();
  }

  orders(): ReadonlyMap<number, Readonly<CopiedOrder>> {
    return this.#orders;
  }

  /** What did not fit since the last call. */
  takeOddities(): readonly Oddity[] {
    return this.#oddities.splice(0);
  }

  #take(view: ExecutionView): void {
    const { execType, orderId, quantity, leaves } = view;
    const order = this.#orders.get(orderId);
    switch (execType) {
      case ExecType.New:
        if (order !== undefined) this.#odd(view, "was entered, and had been entered before");
        return this.#open(view, leaves);
      case ExecType.Trade: {
        const line = this.#line(view);
        if (view.side === 0) line.bought += quantity;
        else line.sold += quantity;
        // What the run begins with was traded by no order of it.
        if (orderId === 0) return;
        this.trades++;
        this.#fits(view, order, quantity + leaves);
        return this.#open(view, leaves);
      }
      case ExecType.Restated:
        this.#fits(view, order, quantity + leaves);
        return this.#open(view, leaves);
      case ExecType.Triggered:
        this.#fits(view, order, leaves);
        return this.#open(view, leaves);
      case ExecType.Replaced:
        if (order === undefined) this.#odd(view, "was amended, and was not open");
        return this.#open(view, leaves);
      case ExecType.Canceled:
      case ExecType.Expired:
        this.#fits(view, order, quantity);
        return this.#open(view, 0);
      case ExecType.Rejected:
        return this.#open(view, 0);
      case ExecType.CancelRejected:
        if (view.reason === Code.VenueUnknownOrder && order !== undefined) {
          this.#odd(view, "is unknown to the venue, and its end was never reported");
        }
    }
  }

  /** Whether an order has open what the report says it had before. */
  #fits(view: ExecutionView, order: CopiedOrder | undefined, before: number): void {
    if (order === undefined) this.#odd(view, "was not open by any report before");
    else if (order.leaves !== before) {
      this.#odd(view, `had ${order.leaves} lots open, and the report speaks of ${before}`);
    }
  }

  #odd({ orderId, owner, instrument, venueSequence }: ExecutionView, what: string): void {
    if (this.#oddities.length === MOST_ODDITIES) return;
    const detail = `order ${orderId} ${what}`;
    this.#oddities.push({ order: orderId, strategy: owner, instrument, venueSequence, detail });
  }

  /** The order of the report has so much open now; 0 ends it. */
  #open(view: ExecutionView, leaves: number): void {
    const order = this.#orders.get(view.orderId);
    const line = this.#line(order ?? { strategy: view.owner, instrument: view.instrument });
    const side = (order?.side ?? view.side) === 0 ? "openBuy" : "openSell";
    line[side] += leaves - (order?.leaves ?? 0);
    line.openOrders += Number(leaves > 0) - Number(order !== undefined);
    if (leaves === 0) this.#orders.delete(view.orderId);
    else if (order !== undefined) order.leaves = leaves;
    else {
      const { orderId: id, owner: strategy, instrument, side } = view;
      this.#orders.set(id, { id, strategy, instrument, side, leaves });
    }
  }

  #line(of: ExecutionView | { readonly strategy: number; readonly instrument: number }): CopiedLine {
    const strategy = "owner" in of ? of.owner : of.strategy;
    const key = strategy * PLACES + of.instrument;
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, line = empty(strategy, of.instrument));
    return line;
  }
}

function empty(strategy: number, instrument: number): CopiedLine {
  return { strategy, instrument, bought: 0, sold: 0, openBuy: 0, openSell: 0, openOrders: 0 };
}
