/**
 * A run as it stood behind any record of its log: positions, profit, orders, limits and their use, kill states, mode,
 * alerts. Nothing but the log is asked. Fed record by record from the first, without a gap; what it holds can be saved as
 * text and taken up again.
 */
import { RecordType } from "../../../ffi/layout.gen.ts";
import { type AuditRecord, decodeAudit } from "../../../ffi/mod.ts";
import type { NamedScope } from "../limits.ts";
import { UsageLedger, type UsageState } from "../evidence/usage.ts";
import type { StartRecord } from "../start_record.ts";
import { type AlertRow, RunAlerts } from "./alerts.ts";
import { ControlFacts } from "./control_facts.ts";
import { type NamesState, RunNames } from "./names.ts";
import { type OrdersState, RunOrders } from "./orders.ts";
import { type Booked, type PositionsState, RunPositions } from "./positions.ts";
import type { Decided, ExecutionFields, Said } from "./records.ts";

/** A scope that is not ACTIVE. */
export interface StrictScope {
  readonly scope: string;
  readonly state: string;
  readonly reason: string;
  readonly who: string;
  /** Index of the record that says so. */
  readonly record: number;
}

interface SavedState {
  readonly records: number;
  readonly time: number;
  readonly names: NamesState;
  readonly orders: OrdersState;
  readonly positions: PositionsState;
  readonly alerts: readonly AlertRow[];
  readonly scopes: readonly StrictScope[];
  readonly mode: string;
  readonly ended: boolean;
  readonly usage: UsageState | null;
  readonly early: readonly EarlyLimit[];
  readonly facts: ReturnType<ControlFacts["save"]>;
}

/** A limit that was loaded before the scopes had names. */
type EarlyLimit = readonly [version: number, fields: Readonly<Record<string, number>>];

export class RunState {
  readonly names = new RunNames();
  readonly orders = new RunOrders(this.names);
  readonly positions = new RunPositions(this.names);
  readonly alerts = new RunAlerts();
  readonly facts = new ControlFacts();
  /** Null until the tree of scopes is on record. */
  usage: UsageLedger | null = null;
  mode = "FullPerformance";
  /** Whether the run came to an orderly end. */
  ended = false;
  /** Records taken. */
  records = 0;
  /** Of the last one, microseconds by the node's clock. */
  time = 0;
  readonly #strict = new Map<string, StrictScope>();
  readonly #early: EarlyLimit[] = [];

  /** Scopes that are not ACTIVE. */
  get strict(): readonly StrictScope[] {
    return [...this.#strict.values()];
  }

  /** Takes the next record; what it did to a position, if it was a report. Throws RangeError for any but the next one. */
  take(record: AuditRecord): Booked | null {
    const { index, time, type } = record;
    if (index !== this.records) throw new RangeError(`record ${index} is not the next one, ${this.records}`);
    this.records++;
    this.time = time;
    switch (type) {
      case RecordType.Decision: {
        const { command, decision } = decodeAudit(record) as Decided;
        this.orders.decided(index, time, command, decision);
        this.usage?.decided(command, decision);
        return null;
      }
      case RecordType.Execution: {
        const report = decodeAudit(record) as ExecutionFields;
        const booked = this.positions.executed(report);
        if (booked === null) return null;
        this.orders.executed(index, time, report);
        this.usage?.executed(report);
        return booked;
      }
      case RecordType.LimitsSet:
        this.#limit(record, decodeAudit(record) as Readonly<Record<string, number>>);
        return null;
      case RecordType.NodeStarted:
        this.#started(decodeAudit(record) as StartRecord);
        return null;
      case RecordType.NodeStopped:
        this.ended = true;
        return null;
      case RecordType.ScopeChanged:
        this.#scope(index, decodeAudit(record) as Said);
        return null;
      case RecordType.ModeChanged:
        this.mode = String((decodeAudit(record) as Said).to);
        return null;
      case RecordType.OperatorAction:
        this.alerts.acted(time, decodeAudit(record) as Said);
        return null;
      case RecordType.Note:
        this.#noted(index, time, decodeAudit(record) as Said);
        return null;
    }
    return null;
  }

  /** All of it as text. */
  save(): string {
    const saved: SavedState = {
      records: this.records,
      time: this.time,
      names: this.names.save(),
      orders: this.orders.save(),
      positions: this.positions.save(),
      alerts: this.alerts.save(),
      scopes: this.strict,
      mode: this.mode,
      ended: this.ended,
      usage: this.usage?.save() ?? null,
      early: this.#early,
      facts: this.facts.save(),
    };
    return JSON.stringify(saved);
  }

  static restore(text: string): RunState {
    const saved = JSON.parse(text) as SavedState;
    const state = new RunState();
    state.records = saved.records;
    state.time = saved.time;
    state.names.restore(saved.names);
    state.orders.restore(saved.orders);
    state.positions.started();
    state.positions.restore(saved.positions);
    state.alerts.restore(saved.alerts);
    for (const one of saved.scopes) state.#strict.set(one.scope, one);
    state.mode = saved.mode;
    state.ended = saved.ended;
    state.#early.push(...saved.early);
    state.facts.restore(saved.facts);
    if (saved.usage !== null) {
      state.usage = state.#ledger();
      state.usage.restore(saved.usage);
    }
    return state;
  }

  #started(start: StartRecord): void {
    this.names.started(start);
    this.positions.started();
    const states = start.states ?? start.killed.map((scope) => ({ scope, state: "KILLED" }));
    for (const { scope, state } of states) {
      this.#strict.set(scope, { scope, state, reason: "carried over from before the start", who: "node", record: 0 });
    }
  }

  #scope(record: number, { scope, to, reason, who }: Said): void {
    const name = String(scope);
    if (to === "ACTIVE") this.#strict.delete(name);
    else this.#strict.set(name, { scope: name, state: String(to), reason: String(reason), who: String(who), record });
  }

  #noted(index: number, time: number, said: Said): void {
    if (Array.isArray(said.scopes) && this.usage === null) {
      this.names.tree(said.scopes as NamedScope[]);
      this.usage = this.#ledger();
      for (const [version, fields] of this.#early.splice(0)) this.usage.limits(version, fields);
    } else if (Array.isArray(said.marks)) this.positions.marked(said.marks as number[]);
    else this.alerts.noted(index, time, said);
  }

  #limit({ index, time, version }: AuditRecord, fields: Readonly<Record<string, number>>): void {
    this.facts.take(index, time, version, fields);
    if (this.usage === null) this.#early.push([version, fields]);
    else this.usage.limits(version, fields);
  }

  #ledger(): UsageLedger {
    return new UsageLedger(this.names.scopes, this.names.symbols, this.names.organisms);
  }
}
