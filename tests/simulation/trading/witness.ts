/**
 * Sees what goes by messages: intents on their way to the guardian, approved orders on their way to the exchange, reports
 * on their way to the organisms; and how long the log was at that moment.
 */
import { CommandKind, ExecType, ExecutionView, OrderCommandView } from "../../../ffi/layout.gen.ts";
import type { AuditLog } from "../../../ffi/mod.ts";
import type {
  ApprovedBatch,
  ExecutionBatch,
  ExecutionReport,
  ExecutionType,
  OrderIntent,
} from "../../../actors/protocol/mod.ts";
import { organismPath } from "../../../actors/node/tree.ts";
import type { SystemEvent } from "../../../runtime/mod.ts";

export const GUARDIAN_PATH = "/node/guard/guardian";
export const VENUE_PATH = "/node/venue/exchange";

/** By `ExecType`. */
const EXEC_TYPES: Readonly<Record<ExecutionType, number>> = {
  new: ExecType.New,
  trade: ExecType.Trade,
  canceled: ExecType.Canceled,
  replaced: ExecType.Replaced,
  rejected: ExecType.Rejected,
  "cancel-rejected": ExecType.CancelRejected,
  triggered: ExecType.Triggered,
  expired: ExecType.Expired,
  restated: ExecType.Restated,
};

export interface HeardReport {
  readonly execType: number;
  readonly quantity: number;
  readonly leaves: number;
  /** Records on the log when it was told. */
  readonly records: number;
}

export interface LiveOrder {
  readonly id: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
}

/** A word stored on the control page from outside. */
export interface ScopeWord {
  readonly scope: number;
  readonly state: number;
  /** Decision the gate was on. */
  readonly sequence: number;
}

type Intent = OrderIntent["kind"];

export class Witness {
  /** New orders asked for, by id. */
  readonly submitted = new Map<number, number>();
  readonly intents: Record<Intent, number> = { SubmitOrder: 0, CancelOrder: 0, AmendOrder: 0, CancelAll: 0 };
  /** Of those, the ones whose handler failed before it came to them, and dead letters of the guardian. */
  readonly lost: Record<Intent, number> = { SubmitOrder: 0, CancelOrder: 0, AmendOrder: 0, CancelAll: 0 };
  readonly lostOrders = new Set<number>();
  /** Orders on their way to the exchange or in it, as far as its reports say. */
  readonly live = new Map<number, LiveOrder>();
  /** [order, records on the log when it was sent to the exchange]. */
  readonly approved: (readonly [number, number])[] = [];
  /** Numbers of the reports about our orders, as the exchange told them. */
  readonly emitted: number[] = [];
  /** What organisms were told about each order, refusals of the gate excepted. */
  readonly heard = new Map<number, HeardReport[]>();
  readonly words: ScopeWord[] = [];
  readonly counts = { fills: 0, kills: 0, rearms: 0, restarts: 0 };
  /** False until the tree stands: its first start is not the adversary's. */
  watching = false;
  readonly #organisms: ReadonlySet<string>;

  constructor(private readonly audit: AuditLog, organisms: readonly string[]) {
    this.#organisms = new Set(organisms.map(organismPath));
  }

  sees(receiver: string, message: unknown): void {
    if (receiver === GUARDIAN_PATH) this.#toGuardian(message as OrderIntent | ExecutionBatch);
    else if (receiver === VENUE_PATH) this.#toVenue(message as ApprovedBatch);
    else if (this.#organisms.has(receiver)) this.#toOrganism(message as ExecutionReport);
  }

  notices(event: SystemEvent): void {
    if (event.kind === "restarted") this.counts.restarts++;
    // What is told to an actor that is gone is not seen on its way either.
    if (event.kind !== "dead-letter" || event.path !== GUARDIAN_PATH || event.reason === "stopped") return;
    if (event.message in this.lost) this.lost[event.message as Intent]++;
  }

  loses(path: string, messages: readonly unknown[]): void {
    if (path !== GUARDIAN_PATH) return;
    for (const message of messages as readonly OrderIntent[]) {
      if (!(message.kind in this.lost)) continue;
      this.lost[message.kind]++;
      if (message.kind === "SubmitOrder") this.lostOrders.add(message.orderId);
    }
  }

  #toGuardian(message: OrderIntent | ExecutionBatch): void {
    if (message.kind === "ExecutionBatch") return this.#emits(message);
    if (!(message.kind in this.intents)) return;
    this.intents[message.kind]++;
    if (message.kind !== "SubmitOrder") return;
    this.submitted.set(message.orderId, (this.submitted.get(message.orderId) ?? 0) + 1);
  }

  #emits({ records, count }: ExecutionBatch): void {
    const view = new ExecutionView(records);
    for (let i = 0; i < count; i++) {
      const { venueSequence, orderId, leaves, execType } = view.at(i);
      this.emitted.push(venueSequence);
      if (execType === ExecType.Trade) this.counts.fills++;
      const stays = execType === ExecType.New || execType === ExecType.CancelRejected || leaves > 0;
      if (!stays) this.live.delete(orderId);
    }
  }

  #toVenue(message: ApprovedBatch): void {
    if (message.kind !== "ApprovedBatch") return;
    const { records } = this.audit.head();
    const view = new OrderCommandView(message.records);
    for (let i = 0; i < message.count; i++) {
      const { kind, orderId, owner: strategy, instrument, side } = view.at(i);
      if (kind !== CommandKind.New) continue;
      this.approved.push([orderId, records]);
      this.live.set(orderId, { id: orderId, strategy, instrument, side });
    }
  }

  #toOrganism(message: ExecutionReport): void {
    if (message.kind !== "ExecutionReport") return;
    const { orderId, type, code, quantity, leaves } = message;
    if (code >= 1000 && code < 2000) return;
    const report = { execType: EXEC_TYPES[type], quantity, leaves, records: this.audit.head().records };
    const reports = this.heard.get(orderId);
    if (reports === undefined) this.heard.set(orderId, [report]);
    else reports.push(report);
  }
}
