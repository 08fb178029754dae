/**
 * The order desk of one organism: turns its wishes into intents for the guardian, holds them to the declared discipline
 * and keeps the picture of its open orders and positions from its reports.
 */
import { Code } from "../../ffi/layout.gen.ts";
import { type ActorContext, type ActorRef, type Micros, MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import {
  type ExecutionReport,
  type GuardianMessage,
  HOST_CAUSE,
  type Instrument,
  NO_CAUSE,
  type OrderId,
  type OrderIntent,
  type PositionSnapshot,
  type StrategyId,
} from "../protocol/mod.ts";
import type { Conduct } from "./conduct.ts";
import type { NewOrder, OpenOrder } from "./organism.ts";
import { checkOrder, checkPositive } from "./order_check.ts";
import { type Change, OwnOrder, OwnOrders } from "./own_orders.ts";

export type DeskMessage =
  | { readonly kind: "RestDue"; readonly orderId: OrderId }
  | { readonly kind: "RefusalsDue" };

/** Refusals by the budget come back this much later, so that an organism that insists cannot stop the clock. */
const REFUSAL_DELAY: Micros = MICROS_PER_MS;

const ORDER_TYPE = { limit: 0, market: 1, stop: 2, "stop-limit": 3 } as const;
const TIME_IN_FORCE = { gtc: 0, ioc: 1, fok: 2, day: 3, gtd: 4 } as const;
const SELF_TRADE = { none: 0, "cancel-newest": 1, "cancel-oldest": 2, "cancel-both": 3, decrement: 4 } as const;

export interface DeskOptions {
  readonly id: string;
  readonly strategy: StrategyId;
  readonly instruments: readonly Instrument[];
  readonly conduct: Conduct;
}

export class Desk {
  readonly #actor: ActorContext<DeskMessage>;
  readonly #options: DeskOptions;
  readonly #guardian: ActorRef<GuardianMessage>;
  readonly #orders = new OwnOrders();
  readonly #positions = new Map<number, number>();
  readonly #own = new Set<number>();
  /** Code by instrument that has to be still. */
  readonly #shut = new Map<number, number>();
  #refusals: ExecutionReport[] = [];
  #open = false;
  /** What the organism decides on just now; set by whoever calls it. */
  cause: number = NO_CAUSE;

  constructor(actor: ActorContext<DeskMessage>, guardian: ActorRef<GuardianMessage>, options: DeskOptions) {
    this.#actor = actor;
    this.#guardian = guardian;
    this.#options = options;
    for (const instrument of options.instruments) this.#own.add(instrument.id);
  }

  owns(instrument: number): boolean {
    return this.#own.has(instrument);
  }

  position(instrument: number): number {
    return this.#positions.get(instrument) ?? 0;
  }

  openOrders(instrument: number): readonly OpenOrder[] {
    return this.#orders.open(instrument);
  }

  /** Refuses orders and amendments in the instrument with `code`, without asking the gate, until it is 0; cancels go. */
  setShut(instrument: number, code: number): void {
    if (code === 0) this.#shut.delete(instrument);
    else this.#shut.set(instrument, code);
  }

  /** The starting position is known: orders may go. */
  begin(snapshot: PositionSnapshot): void {
    this.#positions.clear();
    for (const [instrument, lots] of snapshot.positions) this.#positions.set(instrument, lots);
    this.#open = true;
  }

  submit(order: NewOrder): OrderId {
    checkOrder(this.#options.id, this.#open, this.#own, order);
    const { strategy, conduct } = this.#options;
    const { instrument, side, quantity, type = "limit", tif = "gtc", expires } = order;
    const orderId = this.#actor.nextId();
    const price = order.price ?? 0;
    const rests = type !== "market" && tif !== "ioc" && tif !== "fok";
    const minimumRest = rests ? conduct.discipline.minimumRestingMs * MICROS_PER_MS : 0;
    this.#orders.add(new OwnOrder(orderId, instrument, side, price, quantity, minimumRest));
    const time = this.#actor.clock.now();
    const shut = this.#shut.get(instrument);
    if (shut !== undefined || !conduct.allows(time)) {
      this.#refuse("rejected", orderId, instrument, side, price, quantity, shut);
      return orderId;
    }
    conduct.submitted++;
    const sent = this.#send({
      kind: "SubmitOrder",
      orderId,
      strategy,
      instrument,
      side,
      orderType: ORDER_TYPE[type],
      tif: TIME_IN_FORCE[tif],
      price,
      quantity,
      postOnly: order.postOnly ?? false,
      reduceOnly: order.reduceOnly ?? false,
      trigger: order.trigger,
      expires: expires === undefined ? undefined : expires / MICROS_PER_SECOND,
      display: order.display,
      selfTrade: SELF_TRADE[order.selfTrade ?? "none"],
      time,
      stamp: this.#actor.stopwatch.now(),
      cause: this.cause,
    });
    if (!sent) this.#refuse("rejected", orderId, instrument, side, price, quantity, Code.NotDecided);
    return orderId;
  }

  cancel(orderId: OrderId): void {
    this.#change(orderId, { kind: "cancel" });
  }

  amend(orderId: OrderId, price: number, quantity: number): void {
    checkPositive(this.#options.id, "price", price);
    checkPositive(this.#options.id, "quantity", quantity);
    this.#change(orderId, { kind: "amend", price, quantity });
  }

  /** Withdraws everything the strategy has resting, at once: for the host's start and end only. */
  withdrawAll(): void {
    const { strategy } = this.#options;
    const time = this.#actor.clock.now();
    this.#guardian.tell({ kind: "CancelAll", strategy, time, stamp: this.#actor.stopwatch.now(), cause: HOST_CAUSE });
  }

  /** Books a report, then lets `then` react to it if the order is of this incarnation. */
  report(report: ExecutionReport, then: (report: ExecutionReport) => void): void {
    if (this.#own.has(report.instrument)) this.#positions.set(report.instrument, report.position);
    if (report.type === "trade") this.#options.conduct.fills++;
    const order = this.#orders.apply(report);
    if (order !== undefined) this.#hear(order, report, then);
  }

  /** The orders it believes to have open. What is under way now may be lost: `resume` says what became of it. */
  doubtAll(): readonly OrderId[] {
    const ids: OrderId[] = [];
    for (const order of this.#orders.all()) {
      order.doubted = order.sent === null ? 0 : order.changes;
      ids.push(order.orderId);
    }
    return ids;
  }

  /**
   * The answer of a guardian that had started again. Everything sent before the question has been decided on, or is lost:
   * a lost order comes back as rejected, a lost cancel is sent again, a lost amendment comes back as refused. What has been
   * decided on is answered by itself.
   */
  resume({ undecided = [], changes = [] }: PositionSnapshot, then: (report: ExecutionReport) => void): void {
    const { strategy } = this.#options;
    const outcome = { leaves: 0, liquidity: "none", code: Code.NotDecided, fee: 0 } as const;
    for (const orderId of undecided) {
      const order = this.#orders.get(orderId);
      if (order === undefined) continue;
      const { instrument, side, price, quantity } = order;
      const [time, position] = [this.#actor.clock.now(), this.position(instrument)];
      const lost = { kind: "ExecutionReport", type: "rejected", orderId, strategy, instrument } as const;
      this.report({ ...lost, side, price, quantity, ...outcome, time, position }, then);
    }
    const decided = new Map(changes);
    for (const order of [...this.#orders.all()]) {
      const { orderId, instrument, side, price, quantity, sent, doubted } = order;
      order.doubted = 0;
      // Answered since.
      if (doubted === 0 || sent === null || order.changes !== doubted) continue;
      const known = decided.get(orderId) ?? doubted - 1;
      if (known >= doubted) continue;
      order.changes = known;
      if (sent === "amend") {
        const [time, position] = [this.#actor.clock.now(), this.position(instrument)];
        const lost = { kind: "ExecutionReport", type: "cancel-rejected", orderId, strategy, instrument } as const;
        this.report({ ...lost, side, price, quantity, ...outcome, time, position }, then);
      } else {
        order.sent = null;
        order.wanted ??= { kind: "cancel" };
        this.#sendIfDue(order);
      }
    }
  }

  restDue(orderId: OrderId): void {
    this.#sendIfDue(this.#orders.get(orderId));
  }

  deliverRefusals(then: (report: ExecutionReport) => void): void {
    const refusals = this.#refusals;
    this.#refusals = [];
    for (const refusal of refusals) {
      const report = { ...refusal, position: this.position(refusal.instrument) };
      if (refusal.type === "rejected") {
        this.report(report, then);
        continue;
      }
      // It was never on its way: a cancel sent meanwhile is, and goes on.
      const order = this.#orders.get(refusal.orderId);
      if (order === undefined) continue;
      order.refused = null;
      this.#hear(order, report, then);
    }
  }

  /** What was refused here and has not come back yet was never open. */
  get openOrderCount(): number {
    return this.#orders.size - this.#refusals.filter(({ type }) => type === "rejected").length;
  }

  positions(): readonly (readonly [instrument: number, lots: number])[] {
    return [...this.#positions];
  }

  #hear(order: OwnOrder, report: ExecutionReport, then: (report: ExecutionReport) => void): void {
    this.#sendIfDue(order);
    this.cause = report.orderId;
    then(report);
    this.cause = NO_CAUSE;
  }

  #change(orderId: OrderId, change: Change): void {
    const order = this.#orders.get(orderId);
    if (order === undefined || [order.sent, order.refused, order.wanted?.kind].includes("cancel")) return;
    if (order.wanted === null && this.#actor.clock.now() < order.mayChangeAt) this.#options.conduct.deferred++;
    order.wanted = change;
    order.cause = this.cause;
    this.#sendIfDue(order);
  }

  /** Sends the change an order waits for, or comes back when it may. */
  #sendIfDue(order: OwnOrder | undefined): void {
    if (order === undefined || order.wanted === null || order.sent !== null || order.quantity <= 0) return;
    const time = this.#actor.clock.now();
    const { wanted, instrument, side, orderId: target, mayChangeAt } = order;
    // One answer after the other; a cancel waits for none.
    if (wanted.kind === "amend" && order.refused !== null) return;
    if (time < mayChangeAt) {
      // Infinity: the venue has not answered yet, and its answer comes through `report`.
      if (mayChangeAt < Infinity) {
        this.#actor.timers.once(`rest:${target}`, mayChangeAt - time, { kind: "RestDue", orderId: target });
      }
      return;
    }
    const { strategy, conduct } = this.#options;
    const stamp = this.#actor.stopwatch.now();
    const { cause } = order;
    order.wanted = null;
    const shut = this.#shut.get(instrument);
    if (wanted.kind === "amend" && (shut !== undefined || !conduct.allows(time))) {
      order.refused = wanted.kind;
      return this.#refuse("cancel-rejected", target, instrument, side, wanted.price, wanted.quantity, shut);
    }
    order.changes++;
    order.sent = wanted.kind;
    const common = { strategy, instrument, target, time, stamp, cause } as const;
    let sent: boolean;
    if (wanted.kind === "cancel") {
      conduct.cancelled++;
      sent = this.#send({ kind: "CancelOrder", ...common });
    } else {
      conduct.amended++;
      // The organism says what is to remain, the market hears the total: fills on their way take from what remains.
      const quantity = order.filled + wanted.quantity;
      sent = this.#send({ kind: "AmendOrder", ...common, side, price: wanted.price, quantity });
    }
    if (sent) return;
    order.changes--;
    order.sent = null;
    order.refused = wanted.kind;
    this.#refuse("cancel-rejected", target, instrument, side, order.price, order.quantity, Code.NotDecided);
  }

  /** False when the guardian is gone for good or has no room: nobody will answer. */
  #send(intent: OrderIntent): boolean {
    const result = this.#guardian.tell(intent);
    return result === "enqueued" || result === "diverted";
  }

  #refuse(
    type: "rejected" | "cancel-rejected",
    orderId: OrderId,
    instrument: number,
    side: 0 | 1,
    price: number,
    quantity: number,
    code: number = Code.MessageRate,
  ): void {
    if (this.#refusals.length === 0) this.#actor.timers.once("refusals", REFUSAL_DELAY, { kind: "RefusalsDue" });
    const { strategy } = this.#options;
    const time = this.#actor.clock.now();
    const order = { orderId, strategy, instrument, side, price, quantity } as const;
    const outcome = { leaves: 0, liquidity: "none", code, fee: 0, time, position: 0 } as const;
    this.#refusals.push({ kind: "ExecutionReport", type, ...order, ...outcome });
  }
}
