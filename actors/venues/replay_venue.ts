/**
 * The replay exchange: our orders against a recorded market.
 *
 * A plain object that the node owns, so that it survives a crash of its actor. The rules of filling are written down in
 * `docs/replay-fills.md`; in short:
 *
 * - *No impact.* Our orders never change the recorded market, and never meet one another.
 * - *Latency.* A command takes effect `orderLatency` after it was submitted, by the venue's clock. A command that is due
 *   when a recorded message arrives comes before it.
 * - *Taking.* The marketable part of an order takes what is displayed, level by level, at the displayed prices, never
 *   more than is displayed and never what another order of ours took (`recorded_book.ts`).
 * - *Making.* The rest waits in the queue at its price (`queue_model.ts`). It is filled at its own price: by trades that
 *   reach it in the queue; by trades at a worse price, up to the traded quantity; and when the other side of the book
 *   comes to its price, up to what is available there.
 * - *Ends on time.* An order good till a time ends (Expired) at that time, before anything that happens then.
 * - *No data, no fills.* Before the first snapshot, between a gap and the next snapshot, after the end, and when the
 *   recording has been silent too long, new orders and amends are refused (NoMarketData) and resting ones wait.
 *
 * Reports follow the contract of the native matching engine (`ffi/core/src/book`): New, then trades, then Canceled with
 * a reason for what may not rest; `venueSequence` without gaps. Only our side of a trade is reported. What the venue cannot
 * simulate it refuses (VenueMalformed, see `replay_commands.ts`).
 */
import { Code, CommandKind, ExecType, OrderCommandView, OrderType, TimeInForce } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type {
  ApprovedBatch,
  BookTop,
  Depth,
  Instrument,
  MarketEvent,
  MarketStatus,
  Recorded,
  SideCode,
} from "../protocol/mod.ts";
import { type Command, isPrice, isQuantity, isReadable, readCommand } from "./replay_commands.ts";
import { type CancelModel, QueuedOrder, type QueueRules } from "./queue_model.ts";
import { GuardianLink } from "./guardian_link.ts";
import { RecordedMarket } from "./recorded_market.ts";
import { type Reported, type Reports, ReportWriter } from "./report_writer.ts";
import { Subscribers } from "./subscribers.ts";

export interface ReplayVenueOptions {
  readonly instruments: readonly Instrument[];
  readonly isApproved: (batch: ApprovedBatch) => boolean;
  /** Whether an order of `owner` in `instrument` may still enter: asked at the last moment. */
  readonly doorOpen: (owner: number, instrument: number) => boolean;
  /** From submission to effect; default DEFAULT_ORDER_LATENCY. */
  readonly orderLatency?: Micros;
  /** Default "risk-averse". */
  readonly cancelModel?: CancelModel;
  /** See `queue_model.ts`; default DEFAULT_REORDER_WINDOW. */
  readonly reorderWindow?: Micros;
  /** Silence of a recording after which it counts as no data; default DEFAULT_STALE_AFTER. */
  readonly staleAfter?: Micros;
}

/** A colocated client is faster, a home line slower; a replay should not flatter. */
export const DEFAULT_ORDER_LATENCY: Micros = 10 * MICROS_PER_MS;
/** Most trades come within this of the fall of the best quantity that they caused (measured: docs/replay-fills.md). */
export const DEFAULT_REORDER_WINDOW: Micros = 5 * MICROS_PER_MS;
export const DEFAULT_STALE_AFTER: Micros = 5 * MICROS_PER_SECOND;

/** Whose resting orders are meant; what is left out means all. */
export interface CancelScope {
  readonly owner?: number;
  readonly instrument?: number;
}

const EVERY_INSTRUMENT = 0xffff;
const SIDES = [0, 1] as const;

export class ReplayVenue {
  readonly subscribers = new Subscribers();
  readonly link = new GuardianLink("replay");
  readonly #options: ReplayVenueOptions;
  readonly #latency: Micros;
  readonly #staleAfter: Micros;
  readonly #markets = new Map<number, RecordedMarket>();
  readonly #orders = new Map<number, QueuedOrder>();
  readonly #out = new ReportWriter();
  /** Submitted and not yet due, oldest first from #head. */
  #pending: Command[] = [];
  #head = 0;
  /** When the next resting order ends, or would have if it had not traded or been cancelled; Infinity when none does. */
  #nextExpiry: Micros = Infinity;
  /** Time of what is being done. */
  #now: Micros = 0;

  constructor(options: ReplayVenueOptions) {
    this.#options = options;
    this.#latency = options.orderLatency ?? DEFAULT_ORDER_LATENCY;
    this.#staleAfter = options.staleAfter ?? DEFAULT_STALE_AFTER;
    const rules: QueueRules = {
      cancelModel: options.cancelModel ?? "risk-averse",
      window: options.reorderWindow ?? DEFAULT_REORDER_WINDOW,
    };
    for (const { id } of options.instruments) this.#markets.set(id, new RecordedMarket(id, rules, this.#made));
  }

  isApproved(batch: ApprovedBatch): boolean {
    return this.#options.isApproved(batch);
  }

  /** Orders that rest. */
  get openOrders(): number {
    return this.#orders.size;
  }

  /** Commands submitted and not yet due. */
  get inFlight(): number {
    return this.#pending.length - this.#head;
  }

  /** When the next command is due, or the next order ends while a recording runs; null when nothing is. */
  get nextDue(): Micros | null {
    const due = Math.min(this.#pending[this.#head]?.due ?? Infinity, this.ended ? Infinity : this.#nextExpiry);
    return due === Infinity ? null : due;
  }

  /** Takes `count` OrderCommand records. Returns the reports written and not yet taken. */
  submit(records: Uint8Array, count: number, time: Micros): Reports {
    const view = new OrderCommandView(records);
    for (let i = 0; i < count; i++) this.#pending.push(readCommand(view.at(i), time + this.#latency));
    return this.advance(time);
  }

  /** As `submit`, for a batch. */
  enter({ records, count }: ApprovedBatch, time: Micros): Reports {
    return this.submit(records, count, time);
  }

  /** Carries out what is due at `time`. Returns the reports written and not yet taken. */
  advance(time: Micros): Reports {
    this.#runDue(time);
    return this.#out.take();
  }

  /** One recorded message. Returns the reports written and not yet taken; see `takeMarket` for the rest. */
  onRecorded(message: Recorded): Reports {
    const market = this.#markets.get(message.instrument);
    if (market === undefined) throw new Error(`replay venue: instrument ${message.instrument} is not listed`);
    this.#runDue(message.time);
    this.#now = Math.max(this.#now, message.time);
    market.onRecorded(message);
    return this.#out.take();
  }

  /** Looks for silent recordings; returns the instruments found, whose status is in `takeStatuses`. */
  checkStale(time: Micros): readonly number[] {
    const silent: number[] = [];
    for (const market of this.#markets.values()) {
      if (market.checkStale(time, this.#staleAfter)) silent.push(market.instrument);
    }
    return silent;
  }

  /** Whether every recording has come to its end. */
  get ended(): boolean {
    return [...this.#markets.values()].every(({ status }) => status === "ended");
  }

  /** Where each instrument stands, for people. */
  instruments(): readonly { readonly instrument: number; readonly status: string; readonly detail: string }[] {
    return [...this.#markets.values()].map(({ instrument, status, detail }) => ({ instrument, status, detail }));
  }

  /** Market data of one instrument since the last call, oldest first. */
  takeMarket(instrument: number): readonly MarketEvent[] {
    return this.#markets.get(instrument)?.takeEvents() ?? [];
  }

  takeStatuses(instrument: number): readonly MarketStatus[] {
    return this.#markets.get(instrument)?.takeStatuses() ?? [];
  }

  /**
   * Ends every resting order in the scope now, without latency, and refuses the new ones that are on their way there
   * (VenueKilled). For the kill switch. Returns the reports written and not yet taken.
   */
  cancelAll(scope: CancelScope, time: Micros): Reports {
    this.#now = Math.max(this.#now, time);
    const meant = (owner: number, instrument: number) =>
      (scope.owner === undefined || scope.owner === owner) &&
      (scope.instrument === undefined || scope.instrument === instrument);
    this.#cancelWhere(meant);
    const waiting = this.#pending.slice(this.#head);
    this.#head = 0;
    this.#pending = waiting.filter((command) => {
      if (command.kind !== CommandKind.New || !meant(command.owner, command.instrument)) return true;
      this.#reject(command, Code.VenueKilled);
      return false;
    });
    return this.#out.take();
  }

  /** The displayed book, best first; empty when the instrument is not listed or its book is not known. */
  depth(instrument: number, levels: number): Depth {
    return this.#markets.get(instrument)?.depth(levels) ?? { instrument, time: this.#now, bids: [], asks: [] };
  }

  /** Best prices as last published. */
  top(instrument: number): BookTop | undefined {
    return this.#markets.get(instrument)?.top;
  }

  status(instrument: number): MarketStatus | undefined {
    return this.#markets.get(instrument)?.statusNow(this.#now);
  }

  /** A resting order; for tests and views. */
  order(id: number): Readonly<QueuedOrder> | undefined {
    return this.#orders.get(id);
  }

  #runDue(time: Micros): void {
    while (this.#head < this.#pending.length && this.#pending[this.#head].due <= time) {
      const command = this.#pending[this.#head++];
      this.#expire(command.due);
      this.#now = Math.max(this.#now, command.due);
      this.#run(command);
    }
    this.#expire(time);
    if (this.#head === this.#pending.length) {
      this.#pending.length = 0;
      this.#head = 0;
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Ends the orders that end at `time` or before, by their time, then by age. */
  #expire(time: Micros): void {
    if (this.#nextExpiry > time) return;
    const ending = [...this.#orders.values()].filter(({ expires }) => expires <= time);
    ending.sort((a, b) => a.expires - b.expires);
    for (const order of ending) {
      this.#now = Math.max(this.#now, order.expires);
      this.#remove(order);
      this.#out.report(ExecType.Expired, Code.Expired, order, order.leaves, 0, this.#now);
    }
    this.#nextExpiry = Infinity;
    for (const { expires } of this.#orders.values()) this.#nextExpiry = Math.min(this.#nextExpiry, expires);
  }

  #run(command: Command): void {
    switch (command.kind) {
      case CommandKind.New:
        return this.#enter(command);
      case CommandKind.Cancel:
        return this.#cancel(command);
      case CommandKind.Amend:
        return this.#amend(command);
      case CommandKind.CancelOwner:
        return this.#cancelWhere((owner, instrument) =>
          owner === command.owner && (command.instrument === EVERY_INSTRUMENT || command.instrument === instrument)
        );
      default:
        return this.#reject(command, Code.VenueMalformed);
    }
  }

  #enter(command: Command): void {
    const market = this.#markets.get(command.instrument);
    const refusal = market === undefined ? Code.VenueUnknownInstrument : this.#refusal(command, market);
    if (refusal !== 0) return this.#reject(command, refusal);
    this.#out.report(ExecType.New, 0, command, command.quantity, command.quantity, this.#now);
    const left = this.#take(market!, command, command.limit, command.quantity);
    if (left === 0) return;
    const lasting = command.tif === TimeInForce.Gtc || command.tif === TimeInForce.Gtd;
    if (command.orderType === OrderType.Market || !lasting) {
      const reason = command.orderType === OrderType.Market ? Code.NoLiquidity : Code.Ioc;
      return this.#out.report(ExecType.Canceled, reason, command, left, 0, this.#now);
    }
    const { id, owner, instrument, side, price, postOnly } = command;
    const expires = command.tif === TimeInForce.Gtd ? command.expires : Infinity;
    const order = new QueuedOrder(id, owner, instrument, side, price, left, postOnly, expires);
    order.total = command.quantity;
    this.#nextExpiry = Math.min(this.#nextExpiry, expires);
    this.#orders.set(id, order);
    market!.rest(order, this.#now);
  }

  /** Why a new order is refused; 0 when it is not. */
  #refusal(command: Command, market: RecordedMarket): Code {
    if (!isReadable(command)) return Code.VenueMalformed;
    if (command.tif === TimeInForce.Gtd && command.expires <= this.#now) return Code.Expired;
    if (!this.#options.doorOpen(command.owner, command.instrument)) return Code.VenueKilled;
    if (this.#orders.has(command.id)) return Code.VenueDuplicateId;
    if (!this.#known(market)) return Code.NoMarketData;
    if (command.postOnly && this.#crosses(market, command.side, command.limit)) return Code.WouldCross;
    if (command.tif === TimeInForce.Fok) {
      const facing = opposite(command.side);
      if (market.book.reachable(facing, command.limit, command.quantity) < command.quantity) return Code.Unfillable;
    }
    return Code.Accepted;
  }

  #known(market: RecordedMarket): boolean {
    return market.status === "live" && this.#now - market.heard <= this.#staleAfter;
  }

  /** Whether an order would meet anything displayed, taken by us or not. */
  #crosses(market: RecordedMarket, side: SideCode, limit: number): boolean {
    const best = market.book.best(opposite(side));
    return best !== 0 && reaches(side, limit, best);
  }

  /** Takes what is displayed within the limit; returns what is left. */
  #take(market: RecordedMarket, order: Reported, limit: number, quantity: number): number {
    const { book } = market;
    const facing = opposite(order.side);
    let left = quantity;
    for (let price = book.best(facing); price !== 0 && left > 0; price = book.behind(facing, price)) {
      if (!reaches(order.side, limit, price)) break;
      const lots = Math.min(left, book.available(facing, price));
      if (lots === 0) continue;
      left -= lots;
      book.take(facing, price, lots);
      this.#out.trade(order, price, lots, left, false, this.#now);
    }
    return left;
  }

  /** A resting order got a fill at its own price. */
  readonly #made = (order: QueuedOrder, lots: number): void => {
    if (order.leaves === 0) this.#orders.delete(order.id);
    this.#out.trade(order, order.price, lots, order.leaves, true, this.#now);
  };

  #cancel(command: Command): void {
    if (command.target === 0) return this.#refuseChange(command, Code.VenueMalformed);
    const order = this.#find(command);
    if (order === undefined) return this.#refuseChange(command, Code.VenueUnknownOrder);
    this.#remove(order);
    this.#out.report(ExecType.Canceled, 0, order, order.leaves, 0, this.#now);
  }

  #amend(command: Command): void {
    if (command.target === 0 || !isQuantity(command.quantity) || !isPrice(command.limit)) {
      return this.#refuseChange(command, Code.VenueMalformed);
    }
    const order = this.#find(command);
    if (order === undefined) return this.#refuseChange(command, Code.VenueUnknownOrder);
    const market = this.#markets.get(order.instrument)!;
    const { limit: price, quantity: total } = command;
    const leaves = total - (order.total - order.leaves);
    const refusal = this.#amendRefusal(command, order, market, leaves);
    if (refusal !== 0) {
      return this.#out.report(ExecType.CancelRejected, refusal, order, total, order.leaves, this.#now);
    }
    if (leaves <= 0) {
      this.#remove(order);
      return this.#out.report(ExecType.Canceled, Code.BelowFilled, order, order.leaves, 0, this.#now);
    }
    order.postOnly ||= command.postOnly;
    const keepsPlace = price === order.price && leaves < order.leaves;
    if (!keepsPlace) market.queues[order.side].leave(order);
    order.price = price;
    order.total = total;
    order.leaves = leaves;
    this.#out.report(ExecType.Replaced, 0, order, total, leaves, this.#now);
    if (keepsPlace) return;
    order.leaves = this.#take(market, order, price, leaves);
    if (order.leaves === 0) this.#orders.delete(order.id);
    else market.rest(order, this.#now);
  }

  /** `leaves`: what would be left; what is not left crosses nothing. */
  #amendRefusal(command: Command, order: QueuedOrder, market: RecordedMarket, leaves: number): Code {
    if (!this.#options.doorOpen(order.owner, order.instrument)) return Code.VenueKilled;
    if (!this.#known(market)) return Code.NoMarketData;
    const postOnly = leaves > 0 && (order.postOnly || command.postOnly);
    return postOnly && this.#crosses(market, order.side, command.limit) ? Code.WouldCross : Code.Accepted;
  }

  /** Buys before sells, best price first, first in first out: as the native book does it. */
  #cancelWhere(meant: (owner: number, instrument: number) => boolean): void {
    for (const market of this.#markets.values()) {
      for (const side of SIDES) {
        const doomed = market.queues[side].levels.flatMap(({ orders }) =>
          orders.filter(({ owner, instrument }) => meant(owner, instrument))
        );
        for (const order of doomed) {
          this.#remove(order);
          this.#out.report(ExecType.Canceled, Code.OwnerCancel, order, order.leaves, 0, this.#now);
        }
      }
    }
  }

  #find(command: Command): QueuedOrder | undefined {
    const order = this.#orders.get(command.target);
    return order?.owner === command.owner && order.instrument === command.instrument ? order : undefined;
  }

  #remove(order: QueuedOrder): void {
    this.#orders.delete(order.id);
    this.#markets.get(order.instrument)!.queues[order.side].leave(order);
  }

  #reject(command: Command, code: Code): void {
    this.#out.report(ExecType.Rejected, code, command, command.quantity, 0, this.#now);
  }

  /** The report is about the order that was to change, so it bears that order's id. */
  #refuseChange(command: Command, code: Code): void {
    const { owner, instrument, side, limit: price, target: id } = command;
    this.#out.report(
      ExecType.CancelRejected,
      code,
      { id, owner, instrument, side, price },
      command.quantity,
      0,
      this.#now,
    );
  }
}

const opposite = (side: SideCode): SideCode => side === 0 ? 1 : 0;
const reaches = (side: SideCode, limit: number, price: number): boolean => side === 0 ? price <= limit : price >= limit;
