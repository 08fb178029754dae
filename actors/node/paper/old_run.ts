/**
 * The run before, taken up where its log ends: its gate is recovered from the log, and what the venue reports meanwhile goes
 * through that gate into that log, as it would have while the run lasted. Then the log is ended.
 */
import { ExecType, ExecutionView } from "../../../ffi/layout.gen.ts";
import {
  AuditLog,
  Code,
  ControlPage,
  decodeAudit,
  type GateOrder,
  OrderGate,
  readAudit,
  RecordType,
  recover,
} from "../../../ffi/mod.ts";
import type { Micros } from "../../../runtime/mod.ts";

/** Records that are read at a time to find the last execution. */
const WINDOW = 50_000;

export class OldRun implements Disposable {
  readonly audit: AuditLog;
  readonly gate: OrderGate;
  readonly #control = ControlPage.memory();
  readonly #open: Map<number, number>;
  /** Whether its last record said so. */
  readonly endedInOrder: boolean;
  /** Number of the venue's last execution on record; 0: none is. */
  readonly lastExecution: number;
  #applied = 0;

  /** Repairs the end of the log by rule. Throws NativeError when it cannot be recovered. */
  constructor(directory: string) {
    this.audit = AuditLog.open({ directory, durability: "batch" });
    this.gate = OrderGate.create({ audit: this.audit, control: this.#control });
    try {
      const { records } = recover({ directory, gate: this.gate });
      const { last, ended } = ending(directory, records);
      this.lastExecution = last;
      this.endedInOrder = ended;
      this.#open = new Map(this.gate.openOrders().map(({ orderId, leaves }) => [orderId, leaves]));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Executions that were put on record here. */
  get applied(): number {
    return this.#applied;
  }

  openOrders(): readonly GateOrder[] {
    return this.gate.openOrders();
  }

  position(strategy: number, instrument: number): number {
    try {
      return this.gate.exposure(strategy, instrument).position;
    } catch {
      return 0;
    }
  }

  /** Puts executions on record. Returns those of orders that were not open. Throws when the log cannot record. */
  apply(records: Uint8Array<ArrayBuffer>, count: number): number[] {
    const unknown: number[] = [];
    const view = new ExecutionView(records);
    for (let i = 0; i < count; i++) {
      const { orderId, execType, leaves } = view.at(i);
      const known = this.#open.has(orderId);
      if (!known && execType === ExecType.Trade) unknown.push(view.venueSequence);
      if (execType === ExecType.CancelRejected || !known) continue;
      if (leaves === 0 || execType === ExecType.Canceled || execType === ExecType.Expired) this.#open.delete(orderId);
      else this.#open.set(orderId, leaves);
    }
    if (!this.gate.applyExecutions(records, count)) throw new Error("the log of the run before takes nothing more");
    this.#applied += count;
    return unknown;
  }

  /** An order that the venue never had, and can no longer get, ends as refused. */
  neverArrived({ orderId, strategy, instrument, side, price, leaves }: GateOrder, time: Micros): void {
    const records = new Uint8Array(ExecutionView.SIZE);
    const view = new ExecutionView(records);
    view.execType = ExecType.Rejected;
    view.reason = Code.VenueUnknownOrder;
    Object.assign(view, { orderId, owner: strategy, instrument, side, price, quantity: leaves, leaves: 0, time });
    this.apply(records, 1);
  }

  /** Says in the log what was found, and that it is at its end. */
  end(found: Readonly<Record<string, unknown>>, time: Micros): void {
    const { decisions, accepted } = this.gate.counters();
    this.audit.appendJson(RecordType.Reconciled, time, found);
    this.audit.appendJson(RecordType.NodeStopped, time, { decisions, accepted, reconciled: true });
    this.audit.commit();
  }

  [Symbol.dispose](): void {
    this.gate.close();
    this.audit.close();
    this.#control.close();
  }
}

/** Reads back from the end until an execution of the venue is found: a log is long, and the last one is near. */
function ending(directory: string, records: number): { last: number; ended: boolean } {
  let ended = false;
  for (let to = records; to > 0; to -= WINDOW) {
    let last = 0;
    for (const record of readAudit(directory, Math.max(0, to - WINDOW))) {
      if (record.index >= to) break;
      if (record.index === records - 1) ended = record.type === RecordType.NodeStopped;
      if (record.type !== RecordType.Execution) continue;
      const { venueSequence } = decodeAudit(record) as { venueSequence: number };
      last = Math.max(last, venueSequence);
    }
    if (last > 0) return { last, ended };
  }
  return { last: 0, ended };
}
