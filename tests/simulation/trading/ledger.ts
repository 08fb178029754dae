/**
 * What the audit log alone says: orders, positions and exposure, recomputed in the most naive way from its records. It
 * shares nothing with the gate but the layout of the records.
 */
import {
  CommandKind,
  ExecType,
  ExecutionView,
  GateDecisionView,
  OrderCommandView,
  RecordType,
} from "../../../ffi/layout.gen.ts";
import { type AuditRecord, decodeAudit } from "../../../ffi/mod.ts";

export interface LoggedOrder {
  readonly id: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  /** Record of the decision that let it in. */
  readonly index: number;
  total: number;
  leaves: number;
  /** Unanswered changes, oldest first: the total an amendment asks for, or null for a cancel. */
  readonly changes: (number | null)[];
  /** Reports about it, in order. */
  readonly reports: LoggedReport[];
  ended: boolean;
}

export interface LoggedReport {
  readonly index: number;
  readonly execType: number;
  readonly quantity: number;
  readonly leaves: number;
}

export interface LoggedDecision {
  readonly index: number;
  readonly sequence: number;
  readonly kind: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  readonly code: number;
  readonly orderId: number;
  readonly time: number;
  readonly mode: string;
  /** Position before it, and whether all that is open on its side, itself included, only takes away from that. */
  readonly reduces: boolean;
}

const key = (strategy: number, instrument: number): number => strategy * 1000 + instrument;
export const enters = (kind: number): boolean => kind === CommandKind.New || kind === CommandKind.Amend;

export class Ledger {
  readonly orders = new Map<number, LoggedOrder>();
  readonly decisions: LoggedDecision[] = [];
  readonly problems: string[] = [];
  readonly #positions = new Map<number, number>();
  readonly #byKey = new Map<number, LoggedOrder[]>();
  readonly #matches = new Set<string>();
  /** Where its last venue report stood. */
  #venueSequence = 0;
  mode = "FullPerformance";
  records = 0;
  executions = 0;
  trades = 0;
  /** Changes of mode. */
  modes = 0;
  /** Time of the last one. */
  modeSince = 0;

  constructor(private readonly limit: number) {}

  position(strategy: number, instrument: number): number {
    return this.#positions.get(key(strategy, instrument)) ?? 0;
  }

  read(record: AuditRecord): void {
    this.records++;
    if (record.type === RecordType.Decision) this.#decide(record);
    else if (record.type === RecordType.Execution) this.#execute(record);
    else if (record.type === RecordType.ModeChanged) {
      this.mode = (decodeAudit(record) as { readonly to: string }).to;
      this.modes++;
      this.modeSince = record.time;
    }
  }

  #decide({ payload, index }: AuditRecord): void {
    const command = new OrderCommandView(payload);
    const decision = new GateDecisionView(payload.subarray(OrderCommandView.SIZE));
    const { kind, owner: strategy, instrument, side, quantity, time } = command;
    const { sequence, code } = decision;
    const last = this.decisions.at(-1)?.sequence ?? 0;
    if (sequence !== last + 1) this.problems.push(`decision ${sequence} follows decision ${last} on the log`);
    const orderId = kind === CommandKind.Cancel || kind === CommandKind.Amend ? command.targetId : command.orderId;
    if (code === 0) this.#accept({ kind, strategy, instrument, side, quantity, orderId, index });
    const [long, short, reduces] = this.#worst(strategy, instrument, side);
    if (code === 0 && enters(kind)) {
      const worst = Math.max(Math.abs(long), Math.abs(short));
      if (worst > this.limit && !reduces) {
        this.problems.push(
          `decision ${sequence} let strategy ${strategy} come to ${worst} lots of ${instrument}, ${this.limit} are allowed`,
        );
      }
      if (worst !== decision.exposure) {
        this.problems.push(`decision ${sequence} says a worst case of ${decision.exposure}, the log says ${worst}`);
      }
    }
    const { mode } = this;
    this.decisions.push({ index, sequence, kind, strategy, instrument, side, code, orderId, time, mode, reduces });
  }

  #accept(
    { kind, strategy, instrument, side, quantity, orderId, index }: {
      readonly kind: number;
      readonly strategy: number;
      readonly instrument: number;
      readonly side: number;
      readonly quantity: number;
      readonly orderId: number;
      readonly index: number;
    },
  ): void {
    const order = this.orders.get(orderId);
    switch (kind) {
      case CommandKind.New: {
        if (order !== undefined) this.problems.push(`order ${orderId} was let in twice`);
        const fresh = {
          ...{ id: orderId, strategy, instrument, side, index, total: quantity, leaves: quantity },
          ...{ changes: [], reports: [], ended: false },
        };
        this.orders.set(orderId, fresh);
        const place = key(strategy, instrument);
        const open = this.#byKey.get(place);
        if (open === undefined) this.#byKey.set(place, [fresh]);
        else open.push(fresh);
        return;
      }
      case CommandKind.Amend:
      case CommandKind.Cancel:
        if (order === undefined) this.problems.push(`a change of order ${orderId} was let in, but not the order`);
        else order.changes.push(kind === CommandKind.Amend ? quantity : null);
    }
  }

  /** If everything open fills on one side: [long, short], and whether the side's orders only reduce the position. */
  #worst(strategy: number, instrument: number, side: number): readonly [number, number, boolean] {
    const position = this.position(strategy, instrument);
    let [buy, sell] = [0, 0];
    for (const order of this.#byKey.get(key(strategy, instrument)) ?? []) {
      const most = order.changes.reduce<number>((largest, change) => Math.max(largest, change ?? 0), order.total);
      const open = most - (order.total - order.leaves);
      if (order.side === 0) buy += open;
      else sell += open;
    }
    const reduces = side === 0 ? position < 0 && buy <= -position : position > 0 && sell <= position;
    return [position + buy, position - sell, reduces];
  }

  #execute({ payload, index }: AuditRecord): void {
    const { execType, owner, instrument, orderId, side, quantity, leaves, matchId, venueSequence } = new ExecutionView(
      payload,
    );
    this.executions++;
    if (venueSequence <= this.#venueSequence) {
      this.problems.push(`report ${venueSequence} of the venue is on the log after report ${this.#venueSequence}`);
    }
    this.#venueSequence = venueSequence;
    if (execType === ExecType.Trade) {
      this.trades++;
      const match = `${matchId}/${orderId}`;
      if (this.#matches.has(match)) this.problems.push(`match ${matchId} of order ${orderId} is on the log twice`);
      this.#matches.add(match);
      const place = key(owner, instrument);
      this.#positions.set(place, (this.#positions.get(place) ?? 0) + (side === 0 ? quantity : -quantity));
    }
    const order = this.orders.get(orderId);
    if (order === undefined) {
      // A refused change of an order that ended may name one that was never let in by us.
      if (execType !== ExecType.CancelRejected) {
        this.problems.push(`report ${venueSequence} is about order ${orderId}, which no decision let in`);
      }
      return;
    }
    order.reports.push({ index, execType, quantity, leaves });
    this.#apply(order, execType, quantity, leaves);
  }

  #apply(order: LoggedOrder, execType: number, quantity: number, leaves: number): void {
    switch (execType) {
      case ExecType.Replaced: {
        [order.total, order.leaves] = [quantity, leaves];
        const answered = order.changes.findIndex((change) => change !== null);
        if (answered >= 0) order.changes.splice(0, answered + 1);
        break;
      }
      case ExecType.CancelRejected:
        order.changes.shift();
        return;
      case ExecType.Restated:
        [order.total, order.leaves] = [Math.max(order.total - quantity, leaves), leaves];
        break;
      case ExecType.Trade:
        order.leaves = leaves;
        break;
      case ExecType.Canceled:
      case ExecType.Rejected:
      case ExecType.Expired:
        order.leaves = 0;
    }
    const ends = order.leaves === 0 && execType !== ExecType.New;
    if (!ends) return;
    if (order.ended) this.problems.push(`order ${order.id} ended twice`);
    order.ended = true;
    const open = this.#byKey.get(key(order.strategy, order.instrument))!;
    const at = open.indexOf(order);
    if (at >= 0) open.splice(at, 1);
  }
}
