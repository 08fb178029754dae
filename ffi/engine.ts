/**
 * The matching engine: price-time-priority books of a simulated exchange.
 *
 * A call takes a batch of commands and writes execution reports and market ticks into the caller's buffers. What does
 * not fit waits, in order, and comes first with the next call or with `drain`; nothing is lost.
 */
import { bytes, check, checkBatch, hex, NativeHandle, opened } from "./handle.ts";
import { DepthLevelView, ExecutionView, MarketTickView, OrderCommandView, SubmitCountsView } from "./layout.gen.ts";
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

export class MatchingEngine extends NativeHandle {
  readonly #core: Core;
  readonly #out = new Uint8Array(SubmitCountsView.SIZE);
  readonly #counts = new SubmitCountsView(this.#out);
  readonly #hash = new Uint8Array(8);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_engine_close);
    this.#core = symbols;
  }

  /** An engine that lists these instruments. */
  static create(instruments: readonly number[] = []): MatchingEngine {
    const symbols = core();
    const engine = new MatchingEngine(symbols, opened(symbols.cwts_engine_create()));
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

  /** Writes the best levels of a side as `DepthLevel` records, best first, as many as fit; returns how many. */
  depth(instrument: number, side: number, levels: Uint8Array): number {
    const size = levels.byteLength - levels.byteLength % DepthLevelView.SIZE;
    return check(this.#core.cwts_engine_depth(this.handle, instrument, side, bytes(levels), size));
  }

  /** Orders resting in all books. */
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
