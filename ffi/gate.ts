/**
 * The order gate: one call decides on a batch of commands, reserves exposure and records every decision.
 *
 * Batches are the caller's own buffers of native records (see `layout.gen.ts`); nothing is allocated per call.
 */
import type { AuditLog } from "./audit.ts";
import type { ControlPage } from "./control.ts";
import { bytes, check, checkBatch, failure, hex, NativeHandle, opened, plain } from "./handle.ts";
import {
  Code,
  CodeCountView,
  ExecutionView,
  ExposureView,
  GateCountersView,
  GateDecisionView,
  InstrumentRulesView,
  OrderCommandView,
  StrategyLimitsView,
} from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** Lots a strategy holds and has open in an instrument. */
export interface Exposure {
  readonly position: number;
  readonly openBuy: number;
  readonly openSell: number;
  readonly openOrders: number;
  readonly bought: number;
  readonly sold: number;
}

export interface GateCounters {
  readonly decisions: number;
  readonly accepted: number;
  /** Rejections by `Code`. */
  readonly rejected: Readonly<Record<number, number>>;
  readonly executions: number;
  /** Reports of orders the gate did not have open. */
  readonly unmatched: number;
  /** Reports whose venue sequence did not rise. */
  readonly repeated: number;
  /** Reports that disagree with the order they name. */
  readonly inconsistent: number;
  /** Reports that could not be recorded. */
  readonly unrecorded: number;
  readonly openOrders: number;
  /** Number of the last decision. */
  readonly sequence: number;
  /** Recording failed: the gate lets nothing through any more. */
  readonly shut: boolean;
}

/** More codes than any gate gives. */
const MOST_CODES = 64;

export class OrderGate extends NativeHandle {
  readonly #core: Core;
  readonly #out = new Uint8Array(MOST_CODES * CodeCountView.SIZE);
  readonly #exposure = new ExposureView(this.#out);
  readonly #counters = new GateCountersView(this.#out);
  readonly #count = new CodeCountView(this.#out);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_gate_close);
    this.#core = symbols;
  }

  /** A gate that records to `audit` and obeys `control`. It knows no strategy yet, and lets nothing in. */
  static create({ audit, control }: { readonly audit: AuditLog; readonly control: ControlPage }): OrderGate {
    const symbols = core();
    return new OrderGate(symbols, opened(symbols.cwts_gate_create(audit.handle, control.handle)));
  }

  /** Registers an instrument or changes its rules (one `InstrumentRules` record), and records them. */
  setInstrument(rules: Uint8Array, time = 0): void {
    checkBatch(rules, 1, InstrumentRulesView.SIZE);
    check(this.#core.cwts_gate_instrument(this.handle, bytes(rules), InstrumentRulesView.SIZE, time));
  }

  /** Registers a strategy in an instrument or changes its limits (one `StrategyLimits` record), and records them. */
  setLimits(limits: Uint8Array, time = 0): void {
    checkBatch(limits, 1, StrategyLimitsView.SIZE);
    check(this.#core.cwts_gate_limits(this.handle, bytes(limits), StrategyLimitsView.SIZE, time));
  }

  /** Best prices and last trade in ticks, 0 for none; `time` in microseconds. */
  setReference(instrument: number, bid: number, ask: number, last: number, time: number): void {
    const status = this.#core.cwts_gate_reference(this.handle, instrument, bid, ask, last, time);
    if (status < 0) check(status);
  }

  /**
   * Decides on `count` `OrderCommand` records and writes as many `GateDecision` records; returns how many passed. The
   * decisions are recorded as durably as the log is set to when this returns. A log that cannot record makes every
   * decision a refusal with `AuditFailed`; that is no error here.
   */
  submit(commands: Uint8Array, count: number, decisions: Uint8Array): number {
    checkBatch(commands, count, OrderCommandView.SIZE);
    checkBatch(decisions, count, GateDecisionView.SIZE);
    const status = this.#core.cwts_gate_submit(
      this.handle,
      bytes(commands),
      count,
      bytes(decisions),
      decisions.byteLength,
    );
    return status < 0 ? check(status) : status;
  }

  /**
   * Records and applies `count` `Execution` records of one venue's stream. Returns false when the log could not record
   * them: they are applied all the same, so that exposure stays true, and the gate is shut.
   */
  applyExecutions(records: Uint8Array, count: number, venue = 0): boolean {
    checkBatch(records, count, ExecutionView.SIZE);
    const status = this.#core.cwts_gate_executions(this.handle, venue, bytes(records), count);
    if (status >= 0) return true;
    if (status === -Code.AuditFailed) return false;
    throw failure(-status);
  }

  exposure(strategy: number, instrument: number): Exposure {
    check(this.#core.cwts_gate_exposure(this.handle, strategy, instrument, this.#out, this.#out.length));
    const { position, openBuy, openSell, openOrders, bought, sold } = this.#exposure;
    return { position, openBuy, openSell, openOrders, bought, sold };
  }

  counters(): GateCounters {
    const codes = check(this.#core.cwts_gate_rejected(this.handle, this.#out, this.#out.length));
    const rejected: Record<number, number> = {};
    for (let i = 0; i < codes; i++) rejected[this.#count.at(i).code] = this.#count.count;
    check(this.#core.cwts_gate_counters(this.handle, this.#out, this.#out.length));
    const { shut, ...totals } = plain(this.#counters);
    return { ...totals, shut: shut === 1, rejected };
  }

  /** SHA-256 over limits, exposure, orders, budgets and counters, hexadecimal: equal states, equal hashes. */
  stateHash(): string {
    check(this.#core.cwts_gate_state_hash(this.handle, this.#out, 32));
    return hex(this.#out.subarray(0, 32));
  }
}
