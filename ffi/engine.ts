/**
 * The matching engine: price-time-priority books of a simulated exchange.
 *
 * A call takes a batch of commands and writes execution reports and market ticks into the caller's buffers. What does
 * not fit waits, in order, and comes first with the next call or with `drain`; nothing is lost.
 */
import type { AuditLog } from "./audit.ts";
import { bytes, check, checkBatch, hex, NativeHandle, opened, plain } from "./handle.ts";
import {
  BookOrderView,
  DepthLevelView,
  ExecutionView,
  IndicativeView,
  MarketTickView,
  OrderCommandView,
  OrderStatusView,
  OwnerAccountView,
  SubmitCountsView,
} from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** Every owner, for `cancelAll`. */
export const EVERY_OWNER = 0xffffffff;
/** Every instrument, for `cancelAll`. */
export const EVERY_INSTRUMENT = 0xffff;

/** What the last call wrote, and what waits because a buffer was full. One object per engine, overwritten by each call. */
export interface SubmitCounts {
  readonly executions: number;
  readonly ticks: number;
  readonly waitingExecutions: number;
  readonly waitingTicks: number;
}

/** Where a crossed book would uncross now; all zero when it is not crossed. */
export interface Indicative {
  /** Ticks. */
  readonly price: number;
  /** Lots that would trade. */
  readonly volume: number;
  /** Lots left at that price: positive buyers, negative sellers. */
  readonly imbalance: number;
  /** Lots that would buy, and sell, at that price. */
  readonly buy: number;
  readonly sell: number;
}

/** One open order, resting or waiting, as the book has it. */
export interface OrderStatus {
  readonly orderId: number;
  /** Ticks: the limit; of a waiting stop its trigger. */
  readonly price: number;
  /** Ticks; 0 unless it waits for a trade. */
  readonly trigger: number;
  /** Lots entered, as amended and restated. */
  readonly total: number;
  /** Lots still open. */
  readonly leaves: number;
  /** Lots that stand in the queue. */
  readonly shown: number;
  readonly owner: number;
  /** Lots an iceberg shows at a time; 0 shows all. */
  readonly display: number;
  /** Seconds since the Unix epoch; 0 unless it is good till a time. */
  readonly expires: number;
  readonly side: number;
  readonly orderType: number;
  readonly tif: number;
  /** As in OrderCommand. */
  readonly flags: number;
  /** The book's own count of orders entered: smaller is older. */
  readonly sequence: number;
}

/** What a book remembers of an owner. */
export interface OwnerAccount {
  readonly owner: number;
  /** Lots, signed. */
  readonly position: number;
  readonly group: number;
  readonly openOrders: number;
}

export interface EngineOptions {
  /** Open as long as the engine works; the gate's own when both are used in one order path. */
  readonly audit?: AuditLog;
}

export class MatchingEngine extends NativeHandle {
  readonly #core: Core;
  readonly #out = new Uint8Array(SubmitCountsView.SIZE);
  readonly #counts = new SubmitCountsView(this.#out);
  readonly #hash = new Uint8Array(8);
  readonly #record = new Uint8Array(OrderStatusView.SIZE);
  readonly #indicative = new IndicativeView(this.#record);
  readonly #status = new OrderStatusView(this.#record);
  readonly #account = new OwnerAccountView(this.#record);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_engine_close);
    this.#core = symbols;
  }

  /** An engine that lists these instruments; with a log it records what goes into its books, which can be recovered then. */
  static create(instruments: readonly number[] = [], { audit }: EngineOptions = {}): MatchingEngine {
    const symbols = core();
    const engine = new MatchingEngine(symbols, opened(symbols.cwts_engine_create()));
    if (audit !== undefined) check(symbols.cwts_engine_record(engine.handle, audit.handle));
    for (const instrument of instruments) engine.addInstrument(instrument);
    return engine;
  }

  /** Lists an instrument; again does nothing. */
  addInstrument(instrument: number): void {
    check(this.#core.cwts_engine_add_instrument(this.handle, instrument));
  }

  /** Carries out `count` `OrderCommand` records and fills `executions` and `ticks` with whole records. */
  submit(commands: Uint8Array, count: number, executions: Uint8Array, ticks: Uint8Array): SubmitCounts {
    checkBatch(commands, count, OrderCommandView.SIZE);
    const status = this.#core.cwts_engine_submit(
      this.handle,
      bytes(commands),
      count,
      bytes(executions),
      executions.byteLength,
      bytes(ticks),
      ticks.byteLength,
      this.#out,
      this.#out.length,
    );
    if (status < 0) check(status);
    return this.#counts;
  }

  /** Fills the buffers with what still waits. */
  drain(executions: Uint8Array, ticks: Uint8Array): SubmitCounts {
    check(
      this.#core.cwts_engine_drain(
        this.handle,
        bytes(executions),
        executions.byteLength,
        bytes(ticks),
        ticks.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /** Cancels what rests of an owner in an instrument (or `EVERY_OWNER`, `EVERY_INSTRUMENT`); `time` in microseconds. */
  cancelAll(
    owner: number,
    instrument: number,
    time: number,
    executions: Uint8Array,
    ticks: Uint8Array,
  ): SubmitCounts {
    check(
      this.#core.cwts_engine_cancel_all(
        this.handle,
        owner,
        instrument,
        time,
        bytes(executions),
        executions.byteLength,
        bytes(ticks),
        ticks.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /** Cancels every open order of a self-trade group's owners, in all instruments. */
  cancelGroup(group: number, time: number, executions: Uint8Array, ticks: Uint8Array): SubmitCounts {
    check(
      this.#core.cwts_engine_cancel_group(
        this.handle,
        group,
        time,
        bytes(executions),
        executions.byteLength,
        bytes(ticks),
        ticks.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /**
   * Changes the trading state (`TradingState`) of an instrument, or of all with `EVERY_INSTRUMENT`, with everything that
   * follows: a crossed book uncrosses when trading becomes continuous, orders for the day end when it closes.
   */
  setState(
    instrument: number,
    state: number,
    time: number,
    executions: Uint8Array,
    ticks: Uint8Array,
  ): SubmitCounts {
    check(
      this.#core.cwts_engine_set_state(
        this.handle,
        instrument,
        state,
        time,
        bytes(executions),
        executions.byteLength,
        bytes(ticks),
        ticks.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /** Ends what is due at `time`, in every book. A command does so too, at its own time. */
  advance(time: number, executions: Uint8Array, ticks: Uint8Array): SubmitCounts {
    check(
      this.#core.cwts_engine_advance(
        this.handle,
        time,
        bytes(executions),
        executions.byteLength,
        bytes(ticks),
        ticks.byteLength,
        this.#out,
        this.#out.length,
      ),
    );
    return this.#counts;
  }

  /** `TradingState` of an instrument. */
  state(instrument: number): number {
    return check(this.#core.cwts_engine_state(this.handle, instrument));
  }

  /** Ticks; 0 before the first trade. */
  lastTrade(instrument: number): number {
    return check(this.#core.cwts_engine_last_trade(this.handle, instrument));
  }

  indicative(instrument: number): Indicative {
    check(this.#core.cwts_engine_indicative(this.handle, instrument, this.#record, IndicativeView.SIZE));
    return plain(this.#indicative);
  }

  /** Puts an owner into a self-trade group, in every instrument, also in those listed later. */
  setGroup(owner: number, group: number): void {
    check(this.#core.cwts_engine_set_group(this.handle, owner, group));
  }

  /** Tells a book of a position that was not traded in it: reduce-only orders go by it. Lots, signed. */
  setPosition(instrument: number, owner: number, lots: number): void {
    check(this.#core.cwts_engine_set_position(this.handle, instrument, owner, lots));
  }

  /** What an instrument's book knows of an owner. */
  account(instrument: number, owner: number): OwnerAccount {
    check(this.#core.cwts_engine_account(this.handle, instrument, owner, this.#record, OwnerAccountView.SIZE));
    return plain(this.#account);
  }

  /** Writes the first orders of a side as `BookOrder` records, in matching order, as many as fit; returns how many. */
  orders(instrument: number, side: number, orders: Uint8Array): number {
    const size = orders.byteLength - orders.byteLength % BookOrderView.SIZE;
    return check(this.#core.cwts_engine_orders(this.handle, instrument, side, bytes(orders), size));
  }

  /** The open order of that id, or null. */
  find(instrument: number, orderId: number): OrderStatus | null {
    const found = this.#core.cwts_engine_find(
      this.handle,
      instrument,
      orderId,
      this.#record,
      OrderStatusView.SIZE,
    );
    return check(found) === 1 ? plain(this.#status) : null;
  }

  /** Writes the best levels of a side as `DepthLevel` records, best first, as many as fit; returns how many. */
  depth(instrument: number, side: number, levels: Uint8Array): number {
    const size = levels.byteLength - levels.byteLength % DepthLevelView.SIZE;
    return check(this.#core.cwts_engine_depth(this.handle, instrument, side, bytes(levels), size));
  }

  /** Orders open in all books, resting or waiting. */
  get openOrders(): number {
    return check(this.#core.cwts_engine_open_orders(this.handle));
  }

  /** Hash over the books and their counters, hexadecimal: equal books, equal hashes. */
  stateHash(): string {
    check(this.#core.cwts_engine_state_hash(this.handle, this.#hash, this.#hash.length));
    return hex(this.#hash);
  }
}

/** Bytes for `n` execution reports or `n` ticks. */
export const executionBytes = (n: number): number => n * ExecutionView.SIZE;
export const tickBytes = (n: number): number => n * MarketTickView.SIZE;
