/**
 * Where our resting orders stand in the queues of a recorded market.
 *
 * The recording shows how much rests at a price, not who. A queue model says how far an order has come: `ahead` is the
 * number of other people's lots that stand before it. It starts at what is displayed when the order arrives, never
 * rises, and falls for these reasons only:
 *
 * - *trade at our price* by the opposite aggressor: the traded lots go along the queue, first through those ahead, then
 *   through us (a fill), then through our later orders;
 * - *displayed below ahead*: nobody can stand before us who is not displayed (certain, in every model);
 * - *cancel*, in the `proportional` model only: a fall that trades do not explain is taken from before and behind us in
 *   proportion, rounded against us. The default `risk-averse` assumes that all who cancel stood behind us.
 *
 * A trade and the fall of the displayed quantity that it caused arrive as two messages in either order, a few hundred
 * microseconds apart (spot: the fall usually first). Counting both would move us twice. So a fall that moved an order is
 * remembered as its credit for a short window, and trades use up the credit before they move the order again; and trades
 * within that window after an order's arrival are taken to have happened before it. Both err against us.
 *
 * Quantities are lots, times microseconds.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { OrderId, SideCode } from "../protocol/mod.ts";

/** What a fall that trades do not explain says about the lots ahead of us. */
export type CancelModel = "risk-averse" | "proportional";

export interface QueueRules {
  readonly cancelModel: CancelModel;
  /** How far apart a trade and its fall may arrive, and how long after arrival trades do not count. */
  readonly window: Micros;
}

/** One of our orders, resting. */
export class QueuedOrder {
  /** Lots of others before us. */
  ahead = 0;
  /** Lots that a fall has moved us and that a late trade may still explain, and when that was. */
  credit = 0;
  creditTime: Micros = 0;
  /** When it took its place. */
  since: Micros = 0;
  /** Lots entered, as amended; what has filled is what `leaves` lacks of it. */
  total: number;

  constructor(
    readonly id: OrderId,
    readonly owner: number,
    readonly instrument: number,
    readonly side: SideCode,
    public price: number,
    /** Lots still open. */
    public leaves: number,
    public postOnly: boolean,
    /** When it ends; Infinity: when it is cancelled. */
    readonly expires: Micros = Infinity,
  ) {
    this.total = leaves;
  }
}

/** Receives a fill: `lots` were already taken off the order's leaves. */
export type FillHandler = (order: QueuedOrder, lots: number) => void;

/** Our orders at one price of one side, first in first out, in the recorded queue at that price. */
export class QueueLevel {
  readonly orders: QueuedOrder[] = [];
  /** Traded here since the last change of the displayed quantity, as far as no fall has shown it. */
  #traded = 0;
  /** Fallen without a trade so far, within the window, and when that was. */
  #early = 0;
  #earlyTime: Micros = 0;

  constructor(
    readonly price: number,
    /** Others' lots displayed at this price. */
    public displayed: number,
  ) {}

  join(order: QueuedOrder, time: Micros): void {
    order.ahead = this.displayed;
    order.credit = 0;
    order.since = time;
    this.orders.push(order);
  }

  /** The recording shows a new quantity at this price. */
  onDisplayed(displayed: number, time: Micros, rules: QueueRules): void {
    const fall = this.displayed - displayed;
    if (fall > 0) {
      const cancelled = Math.max(0, fall - this.#traded);
      if (cancelled > 0) {
        this.#early = cancelled + (time - this.#earlyTime < rules.window ? this.#early : 0);
        this.#earlyTime = time;
      }
      // What stood here when the cancels began: the trades were taken off before.
      const before = displayed + cancelled;
      for (const order of this.orders) {
        let ahead = order.ahead;
        if (rules.cancelModel === "proportional" && cancelled > 0) {
          ahead -= share(cancelled, Math.min(ahead, before), before);
        }
        this.#move(order, Math.min(ahead, displayed), time, rules);
      }
    }
    this.#traded = 0;
    this.displayed = displayed;
  }

  /** The book was lost and is known again: what happened in between is not, so only what is certain counts. */
  onResync(displayed: number, time: Micros, rules: QueueRules): void {
    for (const order of this.orders) this.#move(order, Math.min(order.ahead, displayed), time, rules);
    this.#traded = 0;
    this.#early = 0;
    this.displayed = displayed;
  }

  /** A trade at this price with an aggressor of the other side. Returns the lots our orders got. */
  onTrade(lots: number, time: Micros, rules: QueueRules, fill: FillHandler): number {
    const early = time - this.#earlyTime < rules.window ? Math.min(this.#early, lots) : 0;
    this.#early -= early;
    this.#traded += lots - early;
    let passing = lots;
    for (const order of this.orders) {
      if (passing === 0 || time - order.since < rules.window) break;
      let left = passing;
      if (order.credit > 0) {
        const known = time - order.creditTime < rules.window ? Math.min(order.credit, left) : 0;
        order.credit = known === 0 ? 0 : order.credit - known;
        left -= known;
      }
      const moved = Math.min(order.ahead, left);
      order.ahead -= moved;
      passing -= fillUpTo(order, left - moved, fill);
    }
    this.#prune();
    return lots - passing;
  }

  /** A trade at a worse price for us: whoever stood here is done. Returns the lots our orders got. */
  onTradeThrough(lots: number, time: Micros, rules: QueueRules, fill: FillHandler): number {
    let passing = lots;
    for (const order of this.orders) {
      if (passing === 0 || time - order.since < rules.window) break;
      order.ahead = 0;
      order.credit = 0;
      passing -= fillUpTo(order, passing, fill);
    }
    this.#prune();
    return lots - passing;
  }

  /** Up to `lots` of the other side stand at our price or better: they meet us first. Returns the lots we got. */
  onCross(lots: number, fill: FillHandler): number {
    let passing = lots;
    for (const order of this.orders) {
      if (passing === 0) break;
      order.ahead = 0;
      passing -= fillUpTo(order, passing, fill);
    }
    this.#prune();
    return lots - passing;
  }

  #move(order: QueuedOrder, ahead: number, time: Micros, rules: QueueRules): void {
    const gained = order.ahead - ahead;
    if (gained <= 0) return;
    order.ahead = ahead;
    order.credit = gained + (time - order.creditTime < rules.window ? order.credit : 0);
    order.creditTime = time;
  }

  #prune(): void {
    let kept = 0;
    for (const order of this.orders) if (order.leaves > 0) this.orders[kept++] = order;
    this.orders.length = kept;
  }
}

function fillUpTo(order: QueuedOrder, lots: number, fill: FillHandler): number {
  const filled = Math.min(order.leaves, lots);
  if (filled > 0) {
    order.leaves -= filled;
    fill(order, filled);
  }
  return filled;
}

/** floor(total · part / whole), exactly, for 0 ≤ part ≤ whole and whole > 0. */
function share(total: number, part: number, whole: number): number {
  const product = total * part;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / whole);
  return Number(BigInt(total) * BigInt(part) / BigInt(whole));
}

/** Our resting orders of one side of one instrument, by price, best first. */
export class QueueSide {
  /** Best price first. Never keeps a level without orders between calls. */
  readonly levels: QueueLevel[] = [];
  readonly side: SideCode;

  constructor(side: SideCode) {
    this.side = side;
  }

  /** Whether `price` is better for this side's owner to be hit at first: higher for bids, lower for asks. */
  better(price: number, than: number): boolean {
    return this.side === 0 ? price > than : price < than;
  }

  /** Adds an order at the end of its price's queue; `displayed` is what others show there now. */
  join(order: QueuedOrder, displayed: number, time: Micros): void {
    let at = 0;
    while (at < this.levels.length && this.better(this.levels[at].price, order.price)) at++;
    let level = this.levels[at];
    if (level?.price !== order.price) {
      level = new QueueLevel(order.price, displayed);
      this.levels.splice(at, 0, level);
    }
    level.join(order, time);
  }

  /** Takes an order out, wherever it stands. */
  leave(order: QueuedOrder): void {
    const at = this.levels.findIndex((level) => level.price === order.price);
    const level = this.levels[at];
    const place = level?.orders.indexOf(order) ?? -1;
    if (place < 0) return;
    level.orders.splice(place, 1);
    if (level.orders.length === 0) this.levels.splice(at, 1);
  }

  /** A trade whose aggressor is of the other side. Returns the lots our orders got, at most `lots`. */
  onTrade(price: number, lots: number, time: Micros, rules: QueueRules, fill: FillHandler): number {
    let left = lots;
    for (const level of this.levels) {
      if (left === 0 || this.better(price, level.price)) break;
      left -= level.price === price
        ? level.onTrade(left, time, rules, fill)
        : level.onTradeThrough(left, time, rules, fill);
    }
    this.prune();
    return lots - left;
  }

  /** Forgets levels that have no orders any more. */
  prune(): void {
    let kept = 0;
    for (const level of this.levels) if (level.orders.length > 0) this.levels[kept++] = level;
    this.levels.length = kept;
  }
}
