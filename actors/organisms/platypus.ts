/**
 * Platypus: feels weak order flow before it becomes a price.
 *
 * Order-flow imbalance (OFI) counts what every change of the best quotes adds to demand and takes from supply. Over one
 * interval the mid moves by about β·OFI/D, D being the depth at the touch: R. Cont, A. Kukanov and S. Stoikov, "The
 * price impact of order book events", Journal of Financial Econometrics 12 (2014). That law explains the same interval
 * and cannot be traded; what may be traded is a slope of the *next* move on this interval's flow. Both are fitted
 * on-line; only the second ever leads to an order, only while its t-statistic says that it is there, and only when the
 * predicted move pays the spread and the fees with a margin. Otherwise it says that it has no skill, and waits.
 */
import { z } from "zod";
import {
  type BookTop,
  BUY,
  type Instrument,
  MICROS_PER_MS,
  type OrganismContext,
  type OrganismDefinition,
  SELL,
  TAKER_DISCIPLINE,
} from "./organism.ts";

type Touch = Pick<BookTop, "bid" | "bidQuantity" | "ask" | "askQuantity">;

/**
 * Contribution of one change of the best quotes (Cont–Kukanov–Stoikov eq. 2.2), in lots: a bid that rises or grows adds,
 * one that falls or shrinks takes away, the ask mirrored. A price move counts the whole queue that came or went.
 */
export function flowOf(before: Touch, after: Touch): number {
  let flow = 0;
  if (after.bid >= before.bid) flow += after.bidQuantity;
  if (after.bid <= before.bid) flow -= before.bidQuantity;
  if (after.ask <= before.ask) flow -= after.askQuantity;
  if (after.ask >= before.ask) flow += before.askQuantity;
  return flow;
}

/**
 * Recursive least squares of y = α + βx with forgetting: an observation n steps old weighs `forgetting`^n. Kept as
 * weighted moments about the running means (the same minimiser, without the gain matrix). With `forgetting` 1 it is
 * ordinary least squares, and `tStatistic` the textbook one; otherwise the standard error counts the effective number
 * of observations (Σw)²/Σw².
 */
export class Slope {
  #weight = 0;
  #squaredWeight = 0;
  #meanX = 0;
  #meanY = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;
  count = 0;
  constructor(readonly forgetting: number) {}

  add(x: number, y: number): void {
    const keep = this.forgetting;
    this.#weight = keep * this.#weight + 1;
    this.#squaredWeight = keep * keep * this.#squaredWeight + 1;
    const [dx, dy] = [x - this.#meanX, y - this.#meanY];
    this.#meanX += dx / this.#weight;
    this.#meanY += dy / this.#weight;
    this.#xx = keep * this.#xx + dx * (x - this.#meanX);
    this.#xy = keep * this.#xy + dx * (y - this.#meanY);
    this.#yy = keep * this.#yy + dy * (y - this.#meanY);
    this.count++;
  }

  get beta(): number {
    return this.#xx > 0 ? this.#xy / this.#xx : 0;
  }

  get r2(): number {
    return this.#xx > 0 && this.#yy > 0 ? this.#xy * this.#xy / (this.#xx * this.#yy) : 0;
  }

  /** β over its standard error; 0 until it can be known. */
  get tStatistic(): number {
    const effective = this.#weight * this.#weight / this.#squaredWeight;
    if (!(effective > 3) || this.#xx <= 0) return 0;
    const residual = Math.max(0, this.#yy - this.beta * this.#xy) / this.#weight * effective / (effective - 2);
    const error = Math.sqrt(residual * this.#squaredWeight / (this.#weight * this.#xx));
    return error > 0 ? this.beta / error : 0;
  }
}

const parameters = z.strictObject({
  lots: z.int().positive().default(1).describe("Lots per trade; small, because a weak signal has little capacity."),
  intervalMs: z.int().positive().default(1_000).describe(
    "Milliseconds over which flow is summed and the next move taken.",
  ),
  forgetting: z.number().min(0.9).max(1).default(0.998).describe(
    "Weight kept per interval; 0.998 remembers about 500.",
  ),
  minimumIntervals: z.int().min(10).default(120).describe("Intervals to observe before any trade."),
  minimumT: z.number().positive().default(4).describe(
    "|t| of the predictive slope below which it declares no skill; 4, because it is looked at after every interval.",
  ),
  margin: z.number().min(1).default(1.5).describe(
    "Predicted move over round-trip cost (spread and two taker fees) to trade.",
  ),
  costBasis: z.enum(["spread and fees", "spread"]).default("spread and fees").describe(
    "What the forecast must beat; fees are charged all the same, so only a demonstration leaves them out.",
  ),
  holdIntervals: z.int().positive().default(1).describe(
    "Intervals a position is held: as long as the forecast reaches.",
  ),
});

type Parameters = z.infer<typeof parameters>;

export const platypus: OrganismDefinition<Parameters> = {
  species: "platypus",
  summary:
    "Takes liquidity when order flow at the best quotes predicts a move larger than its cost (OFI, fitted on-line).",
  parameters,
  discipline: () => TAKER_DISCIPLINE,
  create(context, parameters) {
    const bills = new Map(context.instruments.map((it) => [it.id, new Bill(context, it, parameters)]));
    return {
      onBook: (top) => bills.get(top.instrument)!.book(top),
      onTimer: (key) => bills.get(Number(key))!.intervalEnded(),
      onReport: (report) => bills.get(report.instrument)?.report(report.type),
      onStatus: (status) => bills.get(status.instrument)!.status(status.status === "live"),
      inspect: () => [...bills.values()].map((bill) => bill.inspect()),
    };
  },
};

/** Senses and trades one instrument. */
class Bill {
  readonly #context: OrganismContext;
  readonly #instrument: Instrument;
  readonly #parameters: Parameters;
  /** Move of the same interval on its flow: the law of the paper, shown and never traded. */
  readonly #impact: Slope;
  /** Move of the next interval on this one's flow. */
  readonly #forecast: Slope;
  #top: BookTop | null = null;
  #startMid = 0;
  #flow = 0;
  #depth = 0;
  #changes = 0;
  /** Flow over depth of the interval before; null when there was none. */
  #previous: number | null = null;
  #timing = false;
  #live = true;
  #heldIntervals = 0;
  #restIntervals = 0;
  #prediction = 0;

  constructor(context: OrganismContext, instrument: Instrument, parameters: Parameters) {
    this.#context = context;
    this.#instrument = instrument;
    this.#parameters = parameters;
    this.#impact = new Slope(parameters.forgetting);
    this.#forecast = new Slope(parameters.forgetting);
  }

  book(top: BookTop): void {
    if (top.bid <= 0 || top.ask <= 0) return this.#forget();
    if (this.#top === null) this.#startMid = (top.bid + top.ask) / 2;
    else this.#flow += flowOf(this.#top, top);
    this.#depth += (top.bidQuantity + top.askQuantity) / 2;
    this.#changes++;
    this.#top = top;
    if (!this.#timing) this.#time();
  }

  status(live: boolean): void {
    this.#live = live;
    // Across a gap neither flow nor moves are known.
    if (!live) this.#forget();
  }

  report(type: string): void {
    if (type === "rejected") this.#restIntervals = 10;
  }

  intervalEnded(): void {
    this.#timing = false;
    const holding = this.#context.position(this.#instrument.id) !== 0;
    // Silent without news, unless something is held: then the clock must bring it to its end.
    if (this.#changes > 0 || (holding && this.#live)) this.#time();
    const top = this.#top;
    if (top === null) return;
    const mid = (top.bid + top.ask) / 2;
    if (this.#changes > 0) {
      const move = mid - this.#startMid;
      const pressure = this.#flow / Math.max(1, this.#depth / this.#changes);
      this.#impact.add(pressure, move);
      if (this.#previous !== null) this.#forecast.add(this.#previous, move);
      this.#previous = pressure;
    } else this.#previous = null;
    [this.#startMid, this.#flow, this.#depth, this.#changes] = [mid, 0, 0, 0];
    this.#act(top, mid);
  }

  #act(top: BookTop, mid: number): void {
    const { lots, margin, costBasis, holdIntervals, minimumIntervals } = this.#parameters;
    const instrument = this.#instrument.id;
    this.#prediction = this.#previous === null || !this.#skilled ? 0 : this.#forecast.beta * this.#previous;
    if (this.#restIntervals > 0) this.#restIntervals--;
    if (!this.#live || this.#restIntervals > 0 || this.#context.openOrders(instrument).length > 0) return;
    const position = this.#context.position(instrument);
    const fees = costBasis === "spread" ? 0 : 2 * Math.max(0, this.#instrument.takerFee) * mid / 1e6;
    const cost = top.ask - top.bid + fees;
    const worth = Math.abs(this.#prediction) > margin * cost && this.#forecast.count >= minimumIntervals;
    const side = this.#prediction > 0 ? BUY : SELL;
    if (position === 0) {
      this.#heldIntervals = 0;
      if (worth) this.#take(side, Math.min(lots, side === BUY ? top.askQuantity : top.bidQuantity), top, false);
      return;
    }
    this.#heldIntervals++;
    const again = worth && (side === BUY) === (position > 0);
    if (again) this.#heldIntervals = 0;
    else if (this.#heldIntervals >= holdIntervals) this.#take(position > 0 ? SELL : BUY, Math.abs(position), top, true);
  }

  #take(side: 0 | 1, quantity: number, top: BookTop, reduceOnly: boolean): void {
    if (quantity <= 0) return;
    const price = side === BUY ? top.ask : top.bid;
    this.#context.submit({ instrument: this.#instrument.id, side, price, quantity, tif: "ioc", reduceOnly });
  }

  get #skilled(): boolean {
    return Math.abs(this.#forecast.tStatistic) >= this.#parameters.minimumT;
  }

  #time(): void {
    this.#timing = true;
    this.#context.setTimer(String(this.#instrument.id), this.#parameters.intervalMs * MICROS_PER_MS);
  }

  #forget(): void {
    [this.#top, this.#previous, this.#flow, this.#depth, this.#changes] = [null, null, 0, 0, 0];
  }

  inspect(): unknown {
    const [impact, forecast] = [this.#impact, this.#forecast];
    return {
      instrument: this.#instrument.symbol,
      skill: this.#skilled && forecast.count >= this.#parameters.minimumIntervals ? "forecast" : "none",
      impact: { beta: impact.beta, t: impact.tStatistic, r2: impact.r2, intervals: impact.count },
      forecast: { beta: forecast.beta, t: forecast.tStatistic, r2: forecast.r2, intervals: forecast.count },
      prediction: this.#prediction,
    };
  }
}
