/**
 * The bar venue: our orders against daily bars, of which only open, high, low, close and volume are known.
 *
 * A plain object that the node owns, so that it survives a crash of its actor. What fills, and what does not:
 *
 * - *Never before, never by looking ahead.* An order may fill only in a bar that opened after the order came in. A bar
 *   opens `opensAfter` its predecessor ended; what comes in later than that waits for the bar after. Until then every
 *   order waits, whatever its time in force. Bars are looked at once, when they have ended; fills carry that time.
 * - *Market orders* fill at the open, half a spread worse.
 * - *Limit orders* fill if the bar trades through them: low below a buy, high above a sell. To touch is not enough. If
 *   the open, half a spread worse, is within the limit, they take at that price; else they make at the limit.
 * - *Immediate or cancel, fill or kill* look at the open only: within the limit, or cancelled (Ioc, Unfillable).
 * - *For the day* means for one bar, the first in which the order may fill; what is left of it then ends (Expired). *Good
 *   till a time* means up to that time: an order fills in no bar that ends then or later, because nobody knows when in the bar.
 * - *Stops and icebergs* are refused (VenueMalformed): bars say too little.
 * - *Post-only* orders are refused (WouldCross) at or through the quotes of the last close, and always make at their
 *   limit, even where the bar opened beyond it.
 * - *Participation.* All our fills in one bar together are at most `participation` of its volume, in the order in which
 *   the orders came in. What is left of a market order is cancelled (NoLiquidity), of a limit order waits on.
 * - *No impact.* Our orders never change a bar and never meet one another.
 *
 * Quotes do not exist in bars. The ones published after each bar are its close plus and minus half a spread, with what
 * the participation rule would have allowed as quantity: a reference for collars and marks, not an observation.
 *
 * Reports follow the contract of the native matching engine: New, then trades, then Canceled with a reason for what may
 * not stay; `venueSequence` without gaps.
 */
import { Code, CommandKind, ExecType, OrderCommandView, OrderType, Side, TimeInForce } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type {
  ApprovedBatch,
  Bar,
  BarBatch,
  BookTop,
  Depth,
  Instrument,
  MarketEvent,
  MarketStatus,
  SideCode,
} from "../protocol/mod.ts";
import { barFill, type BarOrder, crosses, isPostOnly, isReadable } from "./bar_fills.ts";
import { GuardianLink } from "./guardian_link.ts";
import { type Reports, ReportWriter } from "./report_writer.ts";
import { Subscribers } from "./subscribers.ts";

export interface BarVenueOptions {
  readonly instruments: readonly Instrument[];
  readonly isApproved: (batch: ApprovedBatch) => boolean;
  /** Whether an order of `owner` in `instrument` may still enter: asked at the last moment. */
  readonly doorOpen: (owner: number, instrument: number) => boolean;
  /** Ticks from the open or close to each quote, at least 1; default DEFAULT_HALF_SPREAD_TICKS. */
  readonly halfSpreadTicks?: number;
  /** Fraction of a bar's volume that our fills may be, 0 to 1; default DEFAULT_PARTICIPATION. */
  readonly participation?: number;
  /** From the end of a bar to the open of the next; default DEFAULT_OPENS_AFTER. */
  readonly opensAfter?: Micros;
}

/** A tenth of an index point at a tick of 0.01: about one basis point over the two decades of the embedded history. */
export const DEFAULT_HALF_SPREAD_TICKS = 10;
/** What a careful participant takes without moving the open much; above 10 % the fills would be fiction. */
export const DEFAULT_PARTICIPATION = 0.01;
/** Daily bars end hours before the next opens; an hour leaves room for a restart and none for intraday news. */
export const DEFAULT_OPENS_AFTER: Micros = 3_600 * MICROS_PER_SECOND;

const EVERY_INSTRUMENT = 0xffff;

interface Listing {
  readonly instrument: Instrument;
  readonly lotSize: number;
  last: Bar | null;
  top: BookTop | undefined;
  ended: boolean;
  readonly events: MarketEvent[];
}

export class BarVenue {
  readonly subscribers = new Subscribers();
  readonly link = new GuardianLink("bars");
  readonly #options: BarVenueOptions;
  readonly #halfSpread: number;
  readonly #participation: number;
  readonly #opensAfter: Micros;
  readonly #listings = new Map<number, Listing>();
  /** In the order in which they came in. */
  readonly #orders = new Map<number, BarOrder>();
  readonly #out = new ReportWriter();
  #now: Micros = 0;

  constructor(options: BarVenueOptions) {
    this.#options = options;
    this.#halfSpread = options.halfSpreadTicks ?? DEFAULT_HALF_SPREAD_TICKS;
    this.#participation = options.participation ?? DEFAULT_PARTICIPATION;
    this.#opensAfter = options.opensAfter ?? DEFAULT_OPENS_AFTER;
    if (!Number.isSafeInteger(this.#halfSpread) || this.#halfSpread < 1) {
      throw new RangeError(`a half-spread of ${this.#halfSpread} ticks is not a whole number of at least 1`);
    }
    if (!(this.#participation >= 0 && this.#participation <= 1)) {
      throw new RangeError(`a participation of ${this.#participation} is not between 0 and 1`);
    }
    for (const instrument of options.instruments) {
      const empty = { last: null, top: undefined, ended: false, events: [] };
      this.#listings.set(instrument.id, { instrument, lotSize: Number(instrument.lot), ...empty });
    }
  }

  isApproved(batch: ApprovedBatch): boolean {
    return this.#options.isApproved(batch);
  }

  get openOrders(): number {
    return this.#orders.size;
  }

  /** Takes `count` OrderCommand records. Returns the reports written and not yet taken. */
  submit(records: Uint8Array, count: number, time: Micros): Reports {
    this.#now = Math.max(this.#now, time);
    this.#expire();
    const view = new OrderCommandView(records);
    for (let i = 0; i < count; i++) this.#command(view.at(i));
    return this.#out.take();
  }

  /** As `submit`, for a batch. */
  enter({ records, count }: ApprovedBatch, time: Micros): Reports {
    return this.submit(records, count, time);
  }

  /**
   * Bars that ended together. Returns the reports written and not yet taken; `takeMarket` has what to publish. A bar that
   * does not follow the last one of its instrument was played before and is passed over.
   */
  onBars(batch: BarBatch): Reports {
    for (const bar of batch.bars) {
      const listing = this.#listings.get(bar.instrument);
      if (listing === undefined) throw new Error(`bar venue: instrument ${bar.instrument} is not listed`);
      if (listing.last !== null && bar.time <= listing.last.time) continue;
      this.#now = Math.max(this.#now, bar.time);
      this.#expire();
      this.#play(listing, bar);
    }
    return this.#out.take();
  }

  /** The recording of the instrument is over: orders wait for ever, new ones are refused (NoMarketData). */
  end(instrument: number, time: Micros): MarketStatus | undefined {
    const listing = this.#listings.get(instrument);
    if (listing === undefined || listing.ended) return undefined;
    this.#now = Math.max(this.#now, time);
    listing.ended = true;
    return this.status(instrument);
  }

  get ended(): boolean {
    return [...this.#listings.values()].every(({ ended }) => ended);
  }

  /** Ends every waiting order in the scope. Returns the reports written and not yet taken. */
  cancelAll(scope: { readonly owner?: number; readonly instrument?: number }, time: Micros): Reports {
    this.#now = Math.max(this.#now, time);
    this.#expire();
    for (const order of this.#orders.values()) {
      if (scope.owner !== undefined && scope.owner !== order.owner) continue;
      if (scope.instrument !== undefined && scope.instrument !== order.instrument) continue;
      this.#close(order, Code.OwnerCancel);
    }
    return this.#out.take();
  }

  /** What is published and not yet taken, oldest first. */
  takeMarket(instrument: number): readonly MarketEvent[] {
    return this.#listings.get(instrument)?.events.splice(0) ?? [];
  }

  /** Quotes made from the last close; undefined before the first bar. */
  top(instrument: number): BookTop | undefined {
    return this.#listings.get(instrument)?.top;
  }

  /** The one level a side that `top` gives. Our own orders are not part of it. */
  depth(instrument: number, levels: number): Depth {
    const top = this.top(instrument);
    if (top === undefined || levels < 1) return { instrument, time: this.#now, bids: [], asks: [] };
    return { instrument, time: top.time, bids: [[top.bid, top.bidQuantity]], asks: [[top.ask, top.askQuantity]] };
  }

  /** Undefined for an instrument that is not listed, or before its first bar. */
  status(instrument: number): MarketStatus | undefined {
    const listing = this.#listings.get(instrument);
    if (listing === undefined || (listing.last === null && !listing.ended)) return undefined;
    const status = listing.ended ? "ended" : "live";
    const detail = listing.ended ? "the last bar has been played" : "bars are arriving";
    return { kind: "MarketStatus", instrument, status, detail, time: this.#now };
  }

  #play(listing: Listing, bar: Bar): void {
    const opened = listing.last === null ? -Infinity : listing.last.time + this.#opensAfter;
    const allowed = this.#allowed(listing, bar);
    let left = allowed;
    for (const order of this.#orders.values()) {
      if (order.instrument !== bar.instrument || order.since > opened) continue;
      const fill = barFill(order, bar, this.#halfSpread);
      const whole = order.tif !== TimeInForce.Fok || left >= order.leaves;
      const lots = fill === null || !whole ? 0 : Math.min(order.leaves, left);
      if (fill !== null && lots > 0) {
        left -= lots;
        order.leaves -= lots;
        this.#out.trade(order, fill.price, lots, order.leaves, fill.maker, this.#now);
      }
      if (order.leaves === 0) this.#orders.delete(order.id);
      else if (order.orderType === OrderType.Market) this.#close(order, Code.NoLiquidity);
      else if (order.tif === TimeInForce.Ioc) this.#close(order, Code.Ioc);
      else if (order.tif === TimeInForce.Fok) this.#close(order, Code.Unfillable);
      else if (order.tif === TimeInForce.Day) this.#end(order);
    }
    listing.last = bar;
    listing.top = {
      kind: "BookTop",
      instrument: bar.instrument,
      bid: Math.max(1, bar.close - this.#halfSpread),
      bidQuantity: allowed,
      ask: bar.close + this.#halfSpread,
      askQuantity: allowed,
      time: bar.time,
    };
    // The quotes first: who decides on the bar should know the prices it decides at.
    listing.events.push(listing.top, bar);
  }

  /** Lots that the participation rule leaves us in a bar. */
  #allowed({ lotSize }: Listing, { volume }: Bar): number {
    return Math.min(Number.MAX_SAFE_INTEGER, Math.floor(volume * this.#participation / lotSize));
  }

  #command(command: OrderCommandView): void {
    switch (command.kind) {
      case CommandKind.New:
        return this.#enter(command);
      case CommandKind.Cancel:
        return this.#cancel(command);
      case CommandKind.Amend:
        return this.#amend(command);
      case CommandKind.CancelOwner:
        for (const order of this.#orders.values()) {
          const meant = command.instrument === EVERY_INSTRUMENT || command.instrument === order.instrument;
          if (meant && order.owner === command.owner) this.#close(order, Code.OwnerCancel);
        }
        return;
      default:
        return this.#refuse(ExecType.Rejected, command, Code.VenueMalformed);
    }
  }

  #enter(command: OrderCommandView): void {
    const { owner, instrument, orderType, tif, quantity } = command;
    const refusal = this.#refusal(command);
    if (refusal !== Code.Accepted) return this.#refuse(ExecType.Rejected, command, refusal);
    const order: BarOrder = {
      id: command.orderId,
      owner,
      instrument,
      side: command.side as SideCode,
      orderType,
      tif,
      postOnly: isPostOnly(command),
      price: orderType === OrderType.Market ? 0 : command.price,
      total: quantity,
      leaves: quantity,
      expires: tif === TimeInForce.Gtd ? command.expires * MICROS_PER_SECOND : Infinity,
      since: this.#now,
    };
    this.#orders.set(order.id, order);
    this.#out.report(ExecType.New, 0, order, quantity, quantity, this.#now);
  }

  #refusal(command: OrderCommandView): Code {
    const { owner, instrument, side, price } = command;
    if (!isReadable(command)) return Code.VenueMalformed;
    const listing = this.#listings.get(instrument);
    if (listing === undefined) return Code.VenueUnknownInstrument;
    if (command.tif === TimeInForce.Gtd && command.expires * MICROS_PER_SECOND <= this.#now) return Code.Expired;
    if (!this.#options.doorOpen(owner, instrument)) return Code.VenueKilled;
    if (this.#orders.has(command.orderId)) return Code.VenueDuplicateId;
    if (listing.ended || listing.top === undefined) return Code.NoMarketData;
    return isPostOnly(command) && crosses(side, price, listing.top) ? Code.WouldCross : Code.Accepted;
  }

  #cancel(command: OrderCommandView): void {
    const order = this.#orders.get(command.targetId);
    if (order === undefined || order.owner !== command.owner) {
      return this.#refuse(ExecType.CancelRejected, command, Code.VenueUnknownOrder);
    }
    this.#close(order, 0);
  }

  /** The quantity is the new total. What leaves no more than before at the same price keeps its place; anything else goes to the end, and waits anew for an open. */
  #amend(command: OrderCommandView): void {
    const order = this.#orders.get(command.targetId);
    const { price, quantity } = command;
    if (order === undefined || order.owner !== command.owner) {
      return this.#refuse(ExecType.CancelRejected, command, Code.VenueUnknownOrder);
    }
    const top = this.top(order.instrument);
    const leaves = quantity - (order.total - order.leaves);
    let refusal: Code = Code.Accepted;
    if (quantity <= 0 || (order.orderType === OrderType.Market ? price !== 0 : price <= 0)) {
      refusal = Code.VenueMalformed;
    } else if (!this.#options.doorOpen(order.owner, order.instrument)) refusal = Code.VenueKilled;
    else if (leaves > 0 && order.postOnly && top !== undefined && crosses(order.side, price, top)) {
      refusal = Code.WouldCross;
    }
    if (refusal !== Code.Accepted) return this.#refuse(ExecType.CancelRejected, command, refusal);
    if (leaves <= 0) return this.#close(order, Code.BelowFilled);
    if (price !== order.price || leaves > order.leaves) {
      this.#orders.delete(order.id);
      this.#orders.set(order.id, order);
      order.since = this.#now;
    }
    order.price = price;
    order.total = quantity;
    order.leaves = leaves;
    this.#out.report(ExecType.Replaced, 0, order, quantity, leaves, this.#now);
  }

  /** Ends what is due. */
  #expire(): void {
    for (const order of this.#orders.values()) if (order.expires <= this.#now) this.#end(order);
  }

  #end(order: BarOrder): void {
    this.#orders.delete(order.id);
    this.#out.report(ExecType.Expired, Code.Expired, order, order.leaves, 0, this.#now);
  }

  #close(order: BarOrder, reason: Code): void {
    this.#orders.delete(order.id);
    this.#out.report(ExecType.Canceled, reason, order, order.leaves, 0, this.#now);
  }

  /** A refused change reports the order it was about; its leaves are the order's, if there is one. */
  #refuse(type: ExecType, command: OrderCommandView, reason: Code): void {
    const { owner, instrument, price, quantity } = command;
    const side = (command.side <= Side.Sell ? command.side : Side.Buy) as SideCode;
    const id = type === ExecType.CancelRejected ? command.targetId : command.orderId;
    const order = this.#orders.get(command.targetId);
    const leaves = type === ExecType.CancelRejected && order?.owner === owner ? order.leaves : 0;
    this.#out.report(type, reason, { id, owner, instrument, side, price }, quantity, leaves, this.#now);
  }
}
