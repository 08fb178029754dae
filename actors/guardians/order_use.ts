/**
 * What single orders use of the limits that the gate holds each of them to: sizes, values, rates, distances, ages. The gate
 * counts none of it, because it has nothing to add up; people who change such a limit want to know. A read model.
 *
 * Sizes, values, distances and ages are of orders that passed; rates are of whatever the gate decided on, but for what it
 * refused for its rate.
 */
import { Code, OrderType } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { BUY, type ExecutionReport, type OrderIntent, type StrategyId } from "../protocol/mod.ts";
import { type BoardRow, MarketBoard } from "./market_board.ts";

/** The latest, and the most since the node started; of `duplicate_window_ms` the shortest. */
export interface OrderFigure {
  readonly used: number;
  readonly peak: number;
}

class Figure {
  used = 0;
  peak = 0;

  note(value: number): void {
    this.used = value;
    if (value > this.peak) this.peak = value;
  }
}

/** Repeats that are remembered of a strategy; of more, all are forgotten. */
const REMEMBERED = 4_096;
const BPS = 10_000;

class OfStrategy {
  readonly maxQuantity = new Figure();
  /** Money units. */
  readonly maxNotional = new Figure();
  readonly ratePerSecond = new Figure();
  readonly rateBurst = new Figure();
  repeat: { used: number; peak: number } | null = null;
  /** Times of messages of the last second, oldest at `first`. */
  times: Micros[] = [];
  first = 0;
  level = 0;
  levelAt: Micros = 0;
  readonly seen = new Map<string, Micros>();
}

class OfInstrument {
  readonly maxQuantity = new Figure();
  readonly collarBps = new Figure();
  readonly collarTicks = new Figure();
  readonly referenceMaxAgeMs = new Figure();
  readonly marketBufferBps = new Figure();
}

export class OrderUse {
  readonly #strategies = new Map<StrategyId, OfStrategy>();
  readonly #instruments: OfInstrument[] = [];
  /** Far touch when a market order was decided on, by order. */
  readonly #touches = new Map<number, number>();
  /** Messages per second that a strategy may send, for what a burst is beyond them. */
  rateOf: (strategy: StrategyId) => number = () => Infinity;

  /** The gate decided on `intent`; `row` is its instrument's. */
  decided(intent: OrderIntent, code: number, row: BoardRow | undefined, time: Micros): void {
    if (intent.kind !== "SubmitOrder" && intent.kind !== "AmendOrder") return;
    const of = this.#of(intent.strategy);
    if (code !== Code.MessageRate && code !== Code.RateTripped) this.#message(of, intent.strategy, time);
    if (code !== Code.Accepted || row === undefined) return;
    const here = this.#instruments[intent.instrument] ??= new OfInstrument();
    const market = intent.kind === "SubmitOrder" && intent.orderType === OrderType.Market;
    const touch = intent.side === BUY ? row.ask : row.bid;
    const mark = MarketBoard.mark(row);
    const price = market ? touch || mark : intent.price;
    of.maxQuantity.note(intent.quantity);
    here.maxQuantity.note(intent.quantity);
    of.maxNotional.note(price * intent.quantity * row.instrument.unitsPerTickLot);
    if (row.updated >= 0) here.referenceMaxAgeMs.note((time - row.updated) / MICROS_PER_MS);
    if (market) {
      if (touch > 0) this.#touches.set(intent.orderId, touch);
      return;
    }
    if (mark > 0 && price > 0) {
      const through = Math.max(0, intent.side === BUY ? price - mark : mark - price);
      here.collarTicks.note(through);
      here.collarBps.note(through / mark * BPS);
    }
    if (intent.kind === "SubmitOrder") this.#repeat(of, intent, time);
  }

  /** What became of an order. */
  reported({ type, orderId, instrument, side, price, leaves }: ExecutionReport): void {
    const touch = this.#touches.get(orderId);
    if (touch === undefined) return;
    if (type === "trade") {
      const beyond = Math.max(0, side === BUY ? price - touch : touch - price);
      this.#instruments[instrument]?.marketBufferBps.note(beyond / touch * BPS);
    }
    if (leaves === 0) this.#touches.delete(orderId);
  }

  /** Of an organism's limit, by its key in a file; null where nothing was seen. Values in money units. */
  ofStrategy(strategy: StrategyId, limit: string): OrderFigure | null {
    const of = this.#strategies.get(strategy);
    if (of === undefined) return null;
    switch (limit) {
      case "max_quantity":
        return of.maxQuantity;
      case "max_notional":
        return of.maxNotional;
      case "rate_per_second":
        return of.ratePerSecond;
      case "rate_burst":
        return of.rateBurst;
      case "duplicate_window_ms":
        return of.repeat;
      default:
        return null;
    }
  }

  /** Of an instrument's limit, likewise. */
  ofInstrument(instrument: number, limit: string): OrderFigure | null {
    const of = this.#instruments[instrument];
    if (of === undefined) return null;
    switch (limit) {
      case "max_quantity":
        return of.maxQuantity;
      case "collar_bps":
        return of.collarBps;
      case "collar_ticks":
        return of.collarTicks;
      case "reference_max_age_ms":
        return of.referenceMaxAgeMs;
      case "market_buffer_bps":
        return of.marketBufferBps;
      default:
        return null;
    }
  }

  #of(strategy: StrategyId): OfStrategy {
    let of = this.#strategies.get(strategy);
    if (of === undefined) this.#strategies.set(strategy, of = new OfStrategy());
    return of;
  }

  #message(of: OfStrategy, strategy: StrategyId, time: Micros): void {
    of.times.push(time);
    while (of.times[of.first] <= time - MICROS_PER_SECOND) of.first++;
    of.ratePerSecond.note(of.times.length - of.first);
    if (of.first > 1_024) {
      of.times = of.times.slice(of.first);
      of.first = 0;
    }
    // What a bucket of the strategy's rate would have to hold so that none of this is refused.
    const rate = this.rateOf(strategy);
    const drained = rate === Infinity ? of.level : (time - of.levelAt) / MICROS_PER_SECOND * rate;
    of.level = Math.max(0, of.level - drained) + 1;
    of.levelAt = time;
    of.rateBurst.note(of.level);
  }

  #repeat(of: OfStrategy, order: Extract<OrderIntent, { kind: "SubmitOrder" }>, time: Micros): void {
    const key = `${order.instrument} ${order.side} ${order.price} ${order.quantity}`;
    const before = of.seen.get(key);
    if (of.seen.size >= REMEMBERED) of.seen.clear();
    of.seen.set(key, time);
    if (before === undefined) return;
    const used = (time - before) / MICROS_PER_MS;
    of.repeat = { used, peak: Math.min(used, of.repeat?.peak ?? Infinity) };
  }
}
