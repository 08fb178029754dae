/**
 * The kill procedure: what happens after a scope's word was stored.
 *
 * The store itself shuts the gate; it needs no message and no event loop (see the control page). Here the node notices
 * the request, cancels what still rests in the killed scopes, and confirms on the page once nothing is open there. An
 * approved order that was on its way is refused at the venue's door, so it ends too.
 */
import { Code, ExecType, type ExecutionView, ScopeState } from "../../ffi/layout.gen.ts";
import type { AuditLog, ControlPage, OrderGate } from "../../ffi/mod.ts";
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, RecordType } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import {
  type Incident,
  type KillReport,
  type OrderEnd,
  SCOPE_STATES,
  type ScopeStateName,
  type StrategyId,
} from "../protocol/mod.ts";
import type { OrderRow, OrderTable } from "./order_table.ts";

const EVERY_INSTRUMENT = 0xffff;
/** Times the cancels are repeated before the rest is declared unknown. */
const MAX_ATTEMPTS = 10;

export const scopeStateName = (state: number): ScopeStateName => SCOPE_STATES[state] ?? "KILLED";

export interface KillTarget {
  readonly strategy: StrategyId;
  /** Instrument id, or 65535 for all. */
  readonly instrument: number;
}

export interface KillOptions {
  readonly gate: OrderGate;
  readonly audit: AuditLog;
  readonly control: ControlPage;
  readonly strategies: readonly StrategyId[];
  /** Instrument ids. */
  readonly instruments: readonly number[];
  /** Slots of everybody who can be stopped; absent: the firm, the strategies and the instruments. */
  readonly scopes?: readonly number[];
  /** Wall nanoseconds; measures, decides nothing. */
  readonly stopwatch: () => number;
  /** A scope became looser: somebody re-armed it, from wherever. */
  readonly onOpened?: (scope: number) => void;
  /** A scope's word changed, to whatever; and, once, that all that changed has been told. */
  readonly onWord?: (scope: number, reason: string) => void;
  readonly onWords?: (time: Micros) => void;
  /** Blotter, for the record of a kill; absent: none is made. */
  readonly orders?: OrderTable;
  readonly onIncident?: (incident: Incident) => void;
  readonly onDone: (report: KillReport) => void;
}

export class KillProcedure {
  readonly #options: KillOptions;
  /** State words as last carried out, to record what changed. */
  readonly #known: number[];
  #epoch: number | null = null;
  #noticed = 0;
  #cancelled = 0;
  #attempts = 0;

  constructor(options: KillOptions) {
    this.#options = options;
    this.#known = this.#scopes().map((scope) => options.control.scope(scope));
  }

  /** Starts or repeats the pending request and returns whose orders are to be cancelled. */
  begin(time: Micros): readonly KillTarget[] {
    const { control, stopwatch } = this.#options;
    const epoch = control.pending();
    if (epoch === null) return [];
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#noticed = stopwatch();
      this.#cancelled = 0;
      this.#attempts = 0;
      this.#index = 0;
      this.#record(time);
      this.#time = time;
      this.#openThen = this.#listOpen();
    }
    this.#attempts++;
    return this.#targets();
  }

  /** Index of the record of the scope that the latest request changed; 0 when it changed none. */
  get record(): number {
    return this.#index;
  }

  /** Counts the cancels that the procedure caused. */
  observe(view: ExecutionView): void {
    if (this.#epoch === null) return;
    if (view.execType === ExecType.Canceled && view.reason === Code.OwnerCancel) this.#cancelled++;
  }

  /** Confirms on the control page once nothing is open in the killed scopes. */
  settle(): void {
    if (this.#epoch === null) return;
    const { control, stopwatch, onDone } = this.#options;
    const open = this.#open();
    if (open > 0 && this.#attempts < MAX_ATTEMPTS) return;
    const nanos = Math.round(stopwatch() - this.#noticed);
    const scope = this.#changed ?? FIRM_SCOPE;
    const report: KillReport = {
      scope: control.name(scope),
      state: scopeStateName(control.scope(scope)),
      epoch: this.#epoch,
      cancelled: this.#cancelled,
      unknown: open,
      gateShutNanos: 0,
      confirmedNanos: nanos,
      gateSequence: control.header().requestGateSequence,
    };
    this.#tellIncident(report);
    control.done(this.#epoch, this.#cancelled, open, nanos);
    this.#epoch = null;
    onDone(report);
  }

  #changed: number | null = null;
  #index = 0;
  #time: Micros = 0;
  #openThen: readonly Omit<OrderEnd, "filled" | "end">[] = [];

  /** What the blotter knows to be open, or on its way, in the killed scopes. */
  #listOpen(): Omit<OrderEnd, "filled" | "end">[] {
    const { orders } = this.#options;
    if (orders === undefined || this.#changed === null) return [];
    const targets = this.#targets();
    const killed = ({ strategy, instrument, status }: OrderRow) =>
      (status === "open" || status === "pending") &&
      targets.some((one) =>
        one.strategy === strategy && (one.instrument === EVERY_INSTRUMENT || one.instrument === instrument)
      );
    return orders.newest(Infinity, killed).reverse().map(({ id, strategy, instrument, quantity, filled }) => ({
      orderId: id,
      strategy,
      instrument,
      quantity,
      filledBefore: filled,
    }));
  }

  #tellIncident({ scope, state, epoch, cancelled, unknown, confirmedNanos, gateSequence }: KillReport): void {
    const { control, orders, onIncident } = this.#options;
    if (orders === undefined || onIncident === undefined || state !== "KILLED" || this.#changed === null) return;
    const { actor, reason, requestWall } = control.header();
    onIncident({
      scope,
      state,
      who: actor,
      reason,
      epoch,
      requestedWall: requestWall,
      noticed: this.#time,
      confirmedNanos,
      gateSequence,
      cancelled,
      unknown,
      orders: this.#openThen.map((one) => {
        const row = orders.find(one.orderId);
        const end = row === undefined || row.status === "open" || row.status === "pending" ? "unknown" : row.status;
        return { ...one, filled: row?.filled ?? one.filledBefore, end };
      }),
    });
    this.#changed = null;
  }

  #record(time: Micros): void {
    const { audit, control } = this.#options;
    this.#scopes().forEach((scope, i) => {
      const state = control.scope(scope);
      const before = this.#known[i];
      if (state === before) return;
      this.#known[i] = state;
      this.#changed = scope;
      if (state < before) this.#options.onOpened?.(scope);
      this.#options.onWord?.(scope, control.header().reason);
      // A log that failed has shut the gate by itself; the cancels must go out all the same.
      if (audit.failed) return;
      const header = control.header();
      this.#index = audit.appendJson(RecordType.ScopeChanged, time, {
        scope: control.name(scope),
        from: scopeStateName(before),
        to: scopeStateName(state),
        reason: header.reason,
        who: header.actor,
        lastDecisionBefore: header.requestGateSequence,
      });
    });
    if (!audit.failed) audit.commit();
    this.#options.onWords?.(time);
  }

  #targets(): KillTarget[] {
    const { control, strategies, instruments } = this.#options;
    return strategies.flatMap((strategy) => {
      // What the gate goes by: also where the word of the firm was taken back while the mode still demands the kill.
      const killed = instruments.filter((id) => control.effective(strategy, id) === ScopeState.Killed);
      if (killed.length > 0 && killed.length === instruments.length) {
        return [{ strategy, instrument: EVERY_INSTRUMENT }];
      }
      return killed.map((instrument) => ({ strategy, instrument }));
    });
  }

  /** Orders still open, resting or in flight, in the killed scopes. */
  #open(): number {
    const { gate, instruments } = this.#options;
    let open = 0;
    for (const target of this.#targets()) {
      for (const instrument of instruments) {
        if (target.instrument !== EVERY_INSTRUMENT && target.instrument !== instrument) continue;
        open += gate.exposure(target.strategy, instrument).openOrders;
      }
    }
    return open;
  }

  #scopes(): readonly number[] {
    const { scopes, strategies, instruments } = this.#options;
    return scopes ??
      [FIRM_SCOPE, ...strategies, ...instruments.map((instrument) => INSTRUMENT_SCOPE_BASE + instrument)];
  }
}
