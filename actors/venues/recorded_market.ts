/**
 * One instrument of the replay exchange: its recorded book, our orders in its queues, and what subscribers are told.
 *
 * `onRecorded` turns a recorded message into fills, market data and status; `replay_venue.ts` does the commands.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { BookTop, Depth, MarketEvent, MarketStatus, Recorded, RecordedEvent, SideCode } from "../protocol/mod.ts";
import { type FillHandler, type QueuedOrder, type QueueLevel, type QueueRules, QueueSide } from "./queue_model.ts";
import { RecordedBook } from "./recorded_book.ts";

const SIDES = [0, 1] as const;
const opposite = (side: SideCode): SideCode => side === 0 ? 1 : 0;

export class RecordedMarket {
  readonly book = new RecordedBook();
  readonly queues: readonly [QueueSide, QueueSide] = [new QueueSide(0), new QueueSide(1)];
  status: MarketStatus["status"] = "resyncing";
  detail = "waiting for a snapshot";
  /** Receive time of the last recorded message. */
  heard: Micros = 0;
  #events: MarketEvent[] = [];
  #statuses: MarketStatus[] = [];
  #top: BookTop;

  constructor(readonly instrument: number, readonly rules: QueueRules, readonly fill: FillHandler) {
    this.#top = { kind: "BookTop", instrument, bid: 0, bidQuantity: 0, ask: 0, askQuantity: 0, time: 0 };
  }

  /** The events of one message happen at once: first the trades and the book, then what follows from the new book. */
  onRecorded(message: Recorded): void {
    const { time, events } = message;
    this.heard = time;
    if (this.status === "stale") this.#become("live", "the recording goes on", time);
    let changed = false;
    let resynced = false;
    for (const event of events) {
      changed = this.#apply(event, time) || changed;
      resynced = resynced || event.kind === "Snapshot";
    }
    if (!changed || this.status !== "live") return;
    if (this.book.crossed) {
      this.#lose("the recorded book is crossed: waiting for the next snapshot", time);
      return;
    }
    this.book.settle();
    for (const side of SIDES) this.#requeue(side, time, resynced);
    for (const side of SIDES) this.#meet(side);
    this.#publishTop(time);
  }

  /** Silence: the market is not to be trusted until it speaks again. */
  checkStale(time: Micros, staleAfter: Micros): boolean {
    if (this.status !== "live" || time - this.heard <= staleAfter) return false;
    this.#become("stale", `the recording is silent for more than ${Math.round(staleAfter / 1000)} ms`, time);
    return true;
  }

  /** Best prices as last published; zero before the first. */
  get top(): BookTop {
    return this.#top;
  }

  statusNow(time: Micros): MarketStatus {
    return { kind: "MarketStatus", instrument: this.instrument, status: this.status, detail: this.detail, time };
  }

  depth(levels: number): Depth {
    return {
      instrument: this.instrument,
      time: this.heard,
      bids: this.book.depth(0, levels),
      asks: this.book.depth(1, levels),
    };
  }

  /** Market data since the last call, oldest first. */
  takeEvents(): readonly MarketEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  takeStatuses(): readonly MarketStatus[] {
    const statuses = this.#statuses;
    if (statuses.length > 0) this.#statuses = [];
    return statuses;
  }

  /** Returns whether the book changed. */
  #apply(event: RecordedEvent, time: Micros): boolean {
    switch (event.kind) {
      case "Levels":
        if (this.status === "live") this.book.apply(event.changes);
        return this.status === "live";
      case "Top":
        return this.status === "live" && this.book.top(event.bid, event.bidQuantity, event.ask, event.askQuantity);
      case "Trade": {
        const { price, quantity, aggressor } = event;
        this.#events.push({ kind: "TradePrint", instrument: this.instrument, price, quantity, aggressor, time });
        if (this.status === "live") {
          this.queues[opposite(aggressor)].onTrade(price, quantity, time, this.rules, this.fill);
        }
        return false;
      }
      case "Snapshot":
        this.book.snapshot(event.bids, event.asks);
        this.#become("live", "the book is complete", time);
        return true;
      case "Gap":
        this.#lose(event.detail, time);
        return false;
      case "Ended":
        this.#become("ended", "the recording has ended", time);
        return false;
    }
  }

  #lose(detail: string, time: Micros): void {
    this.book.clear();
    this.#become("resyncing", detail, time);
  }

  #become(status: MarketStatus["status"], detail: string, time: Micros): void {
    if (this.status === status && this.detail === detail) return;
    this.status = status;
    this.detail = detail;
    this.#statuses.push(this.statusNow(time));
  }

  /** Tells our queues what is displayed at their prices now. */
  #requeue(side: SideCode, time: Micros, resynced: boolean): void {
    for (const level of this.queues[side].levels) {
      const displayed = this.book.displayed(side, level.price);
      if (resynced) level.onResync(displayed, time, this.rules);
      else if (displayed !== level.displayed) level.onDisplayed(displayed, time, this.rules);
    }
  }

  /** The other side of the book has come to our price: it meets us before it can stand there. */
  #meet(side: SideCode): void {
    const queue = this.queues[side];
    const facing = opposite(side);
    let price = queue.levels.length > 0 ? this.book.best(facing) : 0;
    for (const level of queue.levels) {
      while (price !== 0 && !queue.better(price, level.price)) {
        this.#meetAt(level, facing, price);
        if (level.orders.length === 0) break;
        price = this.book.behind(facing, price);
      }
      if (price === 0 || queue.better(price, level.price)) break;
    }
    queue.prune();
  }

  #meetAt(level: QueueLevel, facing: SideCode, price: number): void {
    const available = this.book.available(facing, price);
    const filled = available > 0 ? level.onCross(available, this.fill) : 0;
    if (filled > 0) this.book.take(facing, price, filled);
  }

  #publishTop(time: Micros): void {
    const { book, instrument } = this;
    const bid = book.best(0);
    const ask = book.best(1);
    const bidQuantity = bid === 0 ? 0 : book.displayed(0, bid);
    const askQuantity = ask === 0 ? 0 : book.displayed(1, ask);
    const before = this.#top;
    if (
      before.bid === bid && before.ask === ask && before.bidQuantity === bidQuantity &&
      before.askQuantity === askQuantity && before.time !== 0
    ) return;
    this.#top = { kind: "BookTop", instrument, bid, bidQuantity, ask, askQuantity, time };
    this.#events.push(this.#top);
  }

  /** Puts an order at the end of the queue at its price. */
  rest(order: QueuedOrder, time: Micros): void {
    this.queues[order.side].join(order, this.book.displayed(order.side, order.price), time);
  }
}
