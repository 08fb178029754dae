/**
 * What a person who writes an organism (a trading strategy) needs, and nothing else.
 *
 * An organism is a definition with a `create` that returns callbacks. It sees market data, its own reports, its own
 * clock and its own chance; it may submit, amend and cancel its own orders. It never sees a venue, another organism, the
 * network or the machine's clock. Its identity and order ids are given by the host. A thrown error means "crash me": the
 * host's supervisor withdraws its orders and starts it again from clean state.
 *
 * Start from a copy of `anglerfish.ts`, `platypus.ts` or `tardigrade.ts`; docs/organisms.md walks through one.
 */
import type { z } from "zod";
import type { Micros, Random } from "../../runtime/mod.ts";
import type {
  Bar,
  BookTop,
  ExecutionReport,
  Instrument,
  MarketStatus,
  OrderId,
  ScopeStateName,
  SideCode,
  TradePrint,
  TradingHalted,
  TradingResumed,
} from "../protocol/mod.ts";

export { BUY, SELL } from "../protocol/mod.ts";
export { MICROS_PER_MS, MICROS_PER_SECOND } from "../../runtime/mod.ts";
export type { Bar, BookTop, ExecutionReport, Instrument, MarketStatus, Micros, OrderId, Random, SideCode, TradePrint };
export type { ScopeStateName, TradingHalted, TradingResumed };

/**
 * How an organism may use the market, declared and then held by the host.
 *
 * A quote is an offer: it stays for `minimumRestingMs` after the venue took it, and only a kill, a stop or the
 * organism's own crash withdraws it earlier. New orders and amendments beyond the message budget, or beyond the ratio of
 * messages to fills, come back as rejected; cancels always go.
 */
export interface Discipline {
  /** Milliseconds a resting order stays before it may be cancelled or amended. */
  readonly minimumRestingMs: number;
  /** New orders and amendments per second, on average. */
  readonly messagesPerSecond: number;
  /** New orders and amendments that may come at once. */
  readonly messageBurst: number;
  /** Most messages (new, amend, cancel) per fill, counted once `messageAllowance` messages have been used. */
  readonly maximumMessagesPerFill: number;
  readonly messageAllowance: number;
}

/** For an organism that only takes liquidity, now and then: nothing of its rests, and it has little to say. */
export const TAKER_DISCIPLINE: Discipline = {
  minimumRestingMs: 0,
  messagesPerSecond: 5,
  messageBurst: 5,
  maximumMessagesPerFill: 20,
  messageAllowance: 200,
};

export interface OrganismDefinition<P> {
  /** Name in configuration and on the console, for example "anglerfish". */
  readonly species: string;
  /** One sentence: what it does. */
  readonly summary: string;
  /** A strict zod object: every parameter with a default, and its unit and reason in `.describe()`. */
  readonly parameters: z.ZodType<P>;
  discipline(parameters: P): Discipline;
  create(context: OrganismContext, parameters: P): Organism;
}

/** Callbacks of one living organism; all optional. They run one at a time and must return quickly. */
export interface Organism {
  /** Best prices changed. */
  onBook?(top: BookTop): void;
  onTrade?(print: TradePrint): void;
  /** A bar ended. */
  onBar?(bar: Bar): void;
  /** What became of one of its own orders. `position` and `openOrders` already count it. */
  onReport?(report: ExecutionReport): void;
  onTimer?(key: string): void;
  /** The market of an instrument is not to be trusted, or is again. */
  onStatus?(status: MarketStatus): void;
  /**
   * Less than everything passes the gate now, in one of its instruments: `state`, whose word it is and why. REDUCE_ONLY
   * passes what reduces. When nothing but cancels passes, or people close its positions (`flattening`), it has to be
   * still: orders and amendments come back as rejected, its timers stop when that goes for all its instruments, and market
   * data keeps coming so that it knows the market when it resumes. Give up what you had under way.
   */
  onHalt?(halt: TradingHalted): void;
  /** Everything passes again in that instrument; timers that were due or set in the meantime are due now. */
  onResume?(resumed: TradingResumed): void;
  /** What the console may show of its state: cheap, JSON, measured. */
  inspect?(): unknown;
}

export interface NewOrder {
  readonly instrument: number;
  readonly side: SideCode;
  /** Default "limit". A stop waits for its trigger, then is a market order; a stop-limit, then a limit order. */
  readonly type?: "limit" | "market" | "stop" | "stop-limit";
  /** Good till cancelled (default), immediate or cancel, fill or kill, for the day, till `expires`. */
  readonly tif?: "gtc" | "ioc" | "fok" | "day" | "gtd";
  /** Ticks; for an order with a limit only. */
  readonly price?: number;
  /** Ticks; for stops only: a trade at this price or beyond (above for a buy, below for a sell) wakes the order. */
  readonly trigger?: number;
  /** For "gtd" only: when the order ends; a whole second. */
  readonly expires?: Micros;
  /** Lots of a resting limit order that are shown at a time (an iceberg); absent: all. */
  readonly display?: number;
  /** What happens when the order meets another of its owner's group; default "none": they trade. */
  readonly selfTrade?: "none" | "cancel-newest" | "cancel-oldest" | "cancel-both" | "decrement";
  /** Lots. */
  readonly quantity: number;
  /** Refuse rather than take liquidity. Resting limit orders only. */
  readonly postOnly?: boolean;
  /** Refuse rather than enlarge the position. */
  readonly reduceOnly?: boolean;
}

/** One of the organism's own orders that may still trade. */
export interface OpenOrder {
  readonly orderId: OrderId;
  readonly instrument: number;
  readonly side: SideCode;
  /** Ticks; 0 without a limit. */
  readonly price: number;
  /** Lots still open. */
  readonly quantity: number;
  /** False until the venue has taken it. */
  readonly resting: boolean;
  /** A cancel or amend is on its way, or waits for the minimum resting time. */
  readonly changing: boolean;
  /** From when on a cancel or amend is sent at once; Infinity while the venue has not answered. */
  readonly mayChangeAt: Micros;
}

export interface OrganismContext {
  /** Name of this instance, for example "anglerfish-1". */
  readonly id: string;
  /** The instruments it was given, and the only ones it may trade. */
  readonly instruments: readonly Instrument[];
  now(): Micros;
  /** Its own stream of chance: same seed, same draws. */
  readonly random: Random;
  /** Lots, signed. */
  position(instrument: number): number;
  /** What passes the gate in the instrument, as far as it was told: see `onHalt`. */
  state(instrument: number): ScopeStateName;
  /** Oldest first. A snapshot: later reports do not change it. */
  openOrders(instrument: number): readonly OpenOrder[];
  /**
   * Sends an order to the gate; what becomes of it arrives at `onReport`. Throws (and so crashes the organism) on an
   * order that no correct program would write: a quantity or price that is not a whole number above zero, an instrument
   * that is not its own, a post-only market order, a stop without a trigger. A venue that cannot simulate what an order
   * asks for rejects it (VenueMalformed).
   */
  submit(order: NewOrder): OrderId;
  /** Asks for the withdrawal of an open order; waits out the minimum resting time. Unknown or closed orders: no effect. */
  cancel(orderId: OrderId): void;
  /**
   * New price (ticks; of a stop its trigger) and quantity that is to remain (lots) of an open order; waits as `cancel`
   * does. Lots that trade before the venue has answered count against what was to remain. Throws as `submit`.
   */
  amend(orderId: OrderId, price: number, quantity: number): void;
  /** Calls `onTimer(key)` after `delay` microseconds; setting a key again replaces its timer. */
  setTimer(key: string, delay: Micros): void;
  /** Keeps one line for the console. */
  log(text: string): void;
}
