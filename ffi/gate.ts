/**
 * The order gate: one call decides on a batch of commands, reserves exposure and records every decision.
 *
 * Batches are the caller's own buffers of native records (see `layout.gen.ts`); nothing is allocated per call.
 */
import type { AuditLog } from "./audit.ts";
import type { ControlPage } from "./control.ts";
import { EVERY_INSTRUMENT } from "./engine.ts";
import { NativeError } from "./errors.ts";
import { encodeFact, type GateFact } from "./gate_facts.ts";
import { bytes, check, checkBatch, failure, hex, NativeHandle, NONE, opened, plain, text } from "./handle.ts";
import {
  Code,
  CodeCountView,
  ExecutionView,
  ExposureView,
  GateCountersView,
  GateDecisionView,
  GateOrderView,
  GateScopeView,
  InstrumentRulesView,
  OrderCommandView,
  ParentOrderView,
  ScopeKind,
  ScopeLimitsView,
  ScopeUsageView,
  StrategyLimitsView,
} from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** A node to be put into the tree, below one of the level above. */
export type ScopeNode =
  | { readonly kind: "customer" | "account"; readonly parent: number }
  | { readonly kind: "strategy"; readonly parent: number; readonly strategy: number };

/** An order that is worked in parts. */
export interface ParentOrder {
  /** Id, used once; 0 is none. */
  readonly parent: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  /** Lots its children may add up to. */
  readonly quantity: number;
}

/** A verdict of the gate, by the field names of its record. */
export type GateVerdict = ReturnType<typeof plain<GateDecisionView>>;

export type ScopeKindName = "firm" | ScopeNode["kind"];

/** Limits of a node in one instrument; what is left out is no limit. */
export interface ScopeInstrumentLimits {
  /** Largest worst-case position, filled and open, lots. */
  readonly maxPosition?: number;
  readonly maxOpenOrders?: number;
}

/** Limits of a node over all instruments; what is left out is no limit. */
export interface ScopeTotalLimits {
  readonly maxOpenOrders?: number;
  /** Largest sum of worst-case positions by value, each strategy in each instrument for itself, money units. */
  readonly maxGross?: number;
  /** Largest worst-case net value, long or short, money units. */
  readonly maxNet?: number;
}

/** What a node uses over all instruments, beside its limits. Values in money units. */
export interface ScopeUsage {
  readonly node: number;
  readonly parent: number;
  readonly kind: ScopeKindName;
  /** Of a node of that kind. */
  readonly strategy?: number;
  readonly openOrders: number;
  readonly gross: number;
  /** If every open order to buy fills and none to sell, and the other way round. */
  readonly netLong: number;
  readonly netShort: number;
  readonly limits: ScopeTotalLimits;
}

/** Bits of `ScopeLimits.set`. */
const SET = { maxPosition: 1, maxOpenOrders: 2, maxGross: 4, maxNet: 8 } as const;
const KINDS: readonly ScopeKindName[] = ["firm", "customer", "account", "strategy"];
export interface GateParts {
  readonly audit: AuditLog;
  readonly control: ControlPage;
  /**
   * Pairs of node and instrument the gate can count, of which a strategy in an instrument needs up to four (its own, its
   * account's, its customer's, the firm's). Default 65 536, in 8 MiB.
   */
  readonly pairs?: number;
}

/** Lots a strategy, or everybody below a node, holds and has open in an instrument. */
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

/** An open order as the gate has it, by the field names of its record. */
export type GateOrder = ReturnType<typeof plain<GateOrderView>>;

/** Open orders that are fetched with one call. */
const ORDERS_AT_ONCE = 1_024;
/** More codes than any gate gives. */
const MOST_CODES = 64;
/** Bytes of the names of all checks, with room for many more. */
const MOST_NAMES = 4_096;
/** The core has no room for more. */
const MOST_PAIRS = 2 ** 24;
const MOST_ORDERS = 2 ** 32 - 1;
/** The largest number below 2^63. */
const MOST_UNITS = 2 ** 63 - 1024;

/** Names of all checks, in the order in which they are made: a decision's `check` is a place in this list. */
export function gateChecks(): readonly string[] {
  const out = new Uint8Array(MOST_NAMES);
  return text(out, core().cwts_gate_checks(out, out.length)).split("\n");
}

export class OrderGate extends NativeHandle {
  readonly #core: Core;
  readonly #out = new Uint8Array(MOST_CODES * CodeCountView.SIZE);
  readonly #exposure = new ExposureView(this.#out);
  readonly #counters = new GateCountersView(this.#out);
  readonly #count = new CodeCountView(this.#out);
  readonly #usage = new ScopeUsageView(this.#out);
  readonly #verdict = new GateDecisionView(this.#out);

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_gate_close);
    this.#core = symbols;
  }

  /**
   * A gate that records to `audit` and obeys `control`. It knows no strategy yet, and lets nothing in. Its tree is the
   * firm (node 0), one customer (1) and one account (2), where strategies go that are given no place of their own.
   */
  static create({ audit, control, pairs = 0 }: GateParts): OrderGate {
    if (!Number.isInteger(pairs) || pairs < 0 || pairs > MOST_PAIRS) {
      throw NativeError.of(Code.BadArgument, `${pairs} pairs are not a whole number up to ${MOST_PAIRS}`);
    }
    const symbols = core();
    return new OrderGate(symbols, opened(symbols.cwts_gate_create(audit.handle, control.handle, pairs)));
  }

  /**
   * Puts a node into the tree, records it, and returns its number. A strategy gets its place before its first limits, and
   * keeps it.
   */
  addScope(scope: ScopeNode, time = 0): number {
    const record = new Uint8Array(GateScopeView.SIZE);
    const view = new GateScopeView(record);
    view.kind = KINDS.indexOf(scope.kind);
    view.parent = scope.parent;
    if (scope.kind === "strategy") view.strategy = scope.strategy;
    return check(this.#core.cwts_gate_scope(this.handle, record, record.length, time));
  }

  /** Sets the limits of a node in one instrument in place of those set before, and records them. */
  setInstrumentLimits(node: number, instrument: number, limits: ScopeInstrumentLimits, time = 0): void {
    this.#setScopeLimits(node, instrument, limits, time);
  }

  /** Sets the limits of a node over all instruments together in place of those set before, and records them. */
  setTotalLimits(node: number, limits: ScopeTotalLimits, time = 0): void {
    this.#setScopeLimits(node, EVERY_INSTRUMENT, limits, time);
  }

  #setScopeLimits(node: number, instrument: number, limits: ScopeInstrumentLimits & ScopeTotalLimits, time: number) {
    const record = new Uint8Array(ScopeLimitsView.SIZE);
    const view = new ScopeLimitsView(record);
    view.node = node;
    view.instrument = instrument;
    for (const name of Object.keys(SET) as (keyof typeof SET)[]) {
      const value = limits[name];
      if (value === undefined) continue;
      const most = name === "maxOpenOrders" ? MOST_ORDERS : MOST_UNITS;
      if (!Number.isInteger(value) || value < 0 || value > most) {
        throw NativeError.of(Code.BadArgument, `${name} of ${value} is not a whole number from 0 to ${most}`);
      }
      view.set |= SET[name];
      view[name] = value;
    }
    check(this.#core.cwts_gate_scope_limits(this.handle, record, record.length, time));
  }

  /** Registers an instrument or changes its rules (one `InstrumentRules` record), and records them. */
  setInstrument(rules: Uint8Array, time = 0): void {
    checkBatch(rules, 1, InstrumentRulesView.SIZE);
    check(this.#core.cwts_gate_instrument(this.handle, bytes(rules), InstrumentRulesView.SIZE, time));
  }

  /**
   * Registers a strategy in an instrument, or with instrument 65535 in every one in which it has no limits of its own, or
   * changes its limits (one `StrategyLimits` record), and records them.
   */
  setLimits(limits: Uint8Array, time = 0): void {
    checkBatch(limits, 1, StrategyLimitsView.SIZE);
    check(this.#core.cwts_gate_limits(this.handle, bytes(limits), StrategyLimitsView.SIZE, time));
  }

  /**
   * Tells the gate one fact in place of the one before it of the same kind and name, and records it. Times in
   * microseconds.
   */
  tell(fact: GateFact, time = 0): void {
    const { kind, record } = encodeFact(fact);
    check(this.#core.cwts_gate_tell(this.handle, kind, record, record.length, time));
  }

  /**
   * Opens parent orders as one basket, all or none, and records the verdict: `code` 0, or why, with the parent it is about
   * in `orderId` (0 when the basket as a whole is too large). Children name their parent in `targetId`.
   */
  openParents(parents: readonly ParentOrder[], time = 0): GateVerdict {
    const records = new Uint8Array(parents.length * ParentOrderView.SIZE);
    const view = new ParentOrderView(records);
    for (const [at, parent] of parents.entries()) Object.assign(view.at(at), parent);
    const status = this.#core.cwts_gate_parents(
      this.handle,
      records,
      parents.length,
      this.#out,
      this.#out.length,
      time,
    );
    check(status);
    return plain(this.#verdict);
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

  /** What everybody below a node holds and has open in an instrument. */
  scopeExposure(node: number, instrument: number): Exposure {
    check(this.#core.cwts_gate_scope_exposure(this.handle, node, instrument, this.#out, this.#out.length));
    const { position, openBuy, openSell, openOrders, bought, sold } = this.#exposure;
    return { position, openBuy, openSell, openOrders, bought, sold };
  }

  scopeUsage(node: number): ScopeUsage {
    check(this.#core.cwts_gate_scope_usage(this.handle, node, this.#out, this.#out.length));
    const { parent, kind, strategy, openOrders, gross, netLong, netShort, set, ...limits } = plain(this.#usage);
    const { maxOpenOrders, maxGross, maxNet } = limits;
    return {
      node,
      parent,
      kind: KINDS[kind],
      ...(kind === ScopeKind.Strategy ? { strategy } : {}),
      openOrders,
      gross,
      netLong,
      netShort,
      limits: {
        ...(set & SET.maxOpenOrders ? { maxOpenOrders } : {}),
        ...(set & SET.maxGross ? { maxGross } : {}),
        ...(set & SET.maxNet ? { maxNet } : {}),
      },
    };
  }

  /** The node of a strategy, if it has a place in the tree. */
  nodeOf(strategy: number): number | undefined {
    const node = this.#core.cwts_gate_node_of(this.handle, strategy);
    return node === NONE ? undefined : check(node);
  }

  counters(): GateCounters {
    const codes = check(this.#core.cwts_gate_rejected(this.handle, this.#out, this.#out.length));
    const rejected: Record<number, number> = {};
    for (let i = 0; i < codes; i++) rejected[this.#count.at(i).code] = this.#count.count;
    check(this.#core.cwts_gate_counters(this.handle, this.#out, this.#out.length));
    const { shut, ...totals } = plain(this.#counters);
    return { ...totals, shut: shut === 1, rejected };
  }

  /** Every open order, by id. */
  openOrders(): GateOrder[] {
    const out = new Uint8Array(ORDERS_AT_ONCE * GateOrderView.SIZE);
    const view = new GateOrderView(out);
    const orders: GateOrder[] = [];
    for (let written = ORDERS_AT_ONCE; written === ORDERS_AT_ONCE;) {
      const after = orders.at(-1)?.orderId ?? 0;
      written = check(this.#core.cwts_gate_orders(this.handle, after, out, out.length));
      for (let i = 0; i < written; i++) orders.push(plain(view.at(i)));
    }
    return orders;
  }

  /** SHA-256 over limits, exposure, orders, budgets and counters, hexadecimal: equal states, equal hashes. */
  stateHash(): string {
    check(this.#core.cwts_gate_state_hash(this.handle, this.#out, 32));
    return hex(this.#out.subarray(0, 32));
  }
}
