/**
 * The crowd of one simulated instrument: participants who trade for reasons of their own, so that our organisms meet a
 * market that moves, clusters and informs, and not a coin.
 *
 * - zero intelligence (Farmer, Patelli & Zovko 2005): limit orders, cancels and market orders at constant rates give a
 *   realistic shape of book;
 * - Hawkes takers (Bacry, Mastromatteo & Muzy 2015): each market order makes the next one of its side more likely, so
 *   trade signs and activity cluster;
 * - informed traders (Glosten & Milgrom 1985): act on a value with stochastic volatility that others do not see;
 * - market makers (Avellaneda & Stoikov 2008 in spirit): several levels a side around an estimate, leaning against their
 *   inventory.
 *
 * Pure: chance, time and public prices are arguments; what it does is written to a CommandWriter. All volumes are in
 * lots, prices in ticks, rates per second of market time.
 */
import { BACKGROUND_OWNER, ExecType, type ExecutionView } from "../../../ffi/layout.gen.ts";
import type { Random } from "../../../runtime/mod.ts";
import { BUY, SELL, type SideCode } from "../../protocol/mod.ts";
import type { MarketOptions } from "./options.ts";
import type { CommandWriter } from "./writer.ts";

/** Owner numbers (above BACKGROUND_OWNER) of the kinds of participants; makers follow. */
const ZERO_INTELLIGENCE = 0;
const HAWKES = 1;
const INFORMED = 2;
const FIRST_MAKER = 3;

interface Resting {
  readonly id: number;
  readonly owner: number;
  readonly side: SideCode;
  readonly price: number;
  leaves: number;
}

interface Maker {
  readonly owner: number;
  inventory: number;
  /** Where its quotes stand: centre in ticks of the last review. */
  centre: number;
  nextReview: number;
}

export class Crowd {
  readonly #instrument: number;
  readonly #options: MarketOptions;
  readonly #random: Random;
  readonly #resting = new Map<number, Resting>();
  /** Ids of resting zero-intelligence orders, for uniform choice of the next cancel. */
  readonly #noiseIds: number[] = [];
  readonly #noiseSlot = new Map<number, number>();
  readonly #makers: Maker[];
  readonly #intensity: [buy: number, sell: number];
  #value: number;
  #logVolatility = 0;
  #bid = 0;
  #ask = 0;
  #estimate: number;
  #elapsed = 0;

  /** `startPrice` in ticks. */
  constructor(instrument: number, startPrice: number, options: MarketOptions, random: Random) {
    this.#instrument = instrument;
    this.#options = options;
    this.#random = random;
    this.#value = startPrice;
    this.#estimate = startPrice;
    this.#intensity = [0, 0];
    this.#makers = Array.from({ length: options.maker.makers }, (_, i) => ({
      owner: FIRST_MAKER + i,
      inventory: 0,
      centre: 0,
      nextReview: 0,
    }));
  }

  /** Best public prices in ticks; 0 for an empty side. */
  observe(bid: number, ask: number): void {
    this.#bid = bid;
    this.#ask = ask;
    if (bid > 0 && ask > 0) this.#estimate += 0.2 * ((bid + ask) / 2 - this.#estimate);
  }

  /** Withdraws everything, as after a restart: what rested before is not known any more. */
  withdraw(out: CommandWriter): void {
    for (let owner = 0; owner < FIRST_MAKER + this.#makers.length; owner++) out.cancelOwner(owner, this.#instrument);
    this.#resting.clear();
    this.#noiseIds.length = 0;
    this.#noiseSlot.clear();
  }

  /** Acts for `seconds` of market time. */
  step(seconds: number, out: CommandWriter): void {
    this.#elapsed += seconds;
    this.#moveValue(seconds);
    this.#makers.forEach((maker) => this.#quote(maker, out));
    this.#actAtRandom(seconds, out);
    this.#actExcited(seconds, out);
    this.#actInformed(seconds, out);
  }

  /** What became of a command of ours. */
  report(view: ExecutionView): void {
    const id = view.orderId;
    switch (view.execType) {
      case ExecType.New:
        this.#rest(view);
        return;
      case ExecType.Trade: {
        const maker = this.#makers[view.owner - BACKGROUND_OWNER - FIRST_MAKER];
        if (maker) maker.inventory += view.side === BUY ? view.quantity : -view.quantity;
        const order = this.#resting.get(id);
        if (order) order.leaves = view.leaves;
        if (view.leaves === 0) this.#forget(id);
        return;
      }
      case ExecType.Canceled:
      case ExecType.Rejected:
        this.#forget(id);
        return;
    }
  }

  get resting(): number {
    return this.#resting.size;
  }

  /** Value the informed believe in, ticks. */
  get value(): number {
    return this.#value;
  }

  #rest(view: ExecutionView): void {
    const owner = view.owner - BACKGROUND_OWNER;
    const order = { id: view.orderId, owner, side: view.side as SideCode, price: view.price, leaves: view.leaves };
    this.#resting.set(order.id, order);
    if (owner === ZERO_INTELLIGENCE) {
      this.#noiseSlot.set(order.id, this.#noiseIds.length);
      this.#noiseIds.push(order.id);
    }
  }

  #forget(id: number): void {
    if (!this.#resting.delete(id)) return;
    const slot = this.#noiseSlot.get(id);
    if (slot === undefined) return;
    this.#noiseSlot.delete(id);
    const last = this.#noiseIds.pop()!;
    if (last !== id) {
      this.#noiseIds[slot] = last;
      this.#noiseSlot.set(last, slot);
    }
  }

  /** Geometric random walk whose log-volatility is an Ornstein–Uhlenbeck process. */
  #moveValue(seconds: number): void {
    const { volatility, volatilityReversion, volatilityOfVolatility } = this.#options.fundamental;
    const root = Math.sqrt(seconds);
    this.#logVolatility += -volatilityReversion * this.#logVolatility * seconds +
      volatilityOfVolatility * root * this.#random.normal();
    const sigma = volatility * Math.exp(this.#logVolatility);
    this.#value = Math.max(
      2,
      this.#value * Math.exp(sigma * root * this.#random.normal() - sigma * sigma * seconds / 2),
    );
  }

  #actAtRandom(seconds: number, out: CommandWriter): void {
    const { limitsPerSecond, marketsPerSecond, cancelRate, meanDistanceTicks, meanLots } =
      this.#options.zeroIntelligence;
    for (let n = this.#poisson(limitsPerSecond * seconds); n > 0; n--) {
      const side = this.#side();
      const distance = this.#geometric(meanDistanceTicks);
      const price = side === BUY ? this.#askOr() - distance : this.#bidOr() + distance;
      if (price >= 1) out.limit(ZERO_INTELLIGENCE, this.#instrument, side, price, this.#geometric(meanLots), true);
    }
    for (let n = this.#poisson(marketsPerSecond * seconds); n > 0; n--) {
      out.market(ZERO_INTELLIGENCE, this.#instrument, this.#side(), this.#geometric(meanLots));
    }
    for (let n = this.#poisson(cancelRate * this.#noiseIds.length * seconds); n > 0 && this.#noiseIds.length > 0; n--) {
      const id = this.#noiseIds[this.#random.int(this.#noiseIds.length)];
      out.cancel(ZERO_INTELLIGENCE, this.#instrument, id);
      this.#forget(id);
    }
  }

  /** Bivariate Hawkes process with exponential kernels; the intensity is exact at the start of each step. */
  #actExcited(seconds: number, out: CommandWriter): void {
    const { baseRate, selfExcitation, crossExcitation, decay, meanLots } = this.#options.hawkes;
    const fade = Math.exp(-decay * seconds);
    const counts = this.#intensity.map((excited) => this.#poisson((baseRate + excited) * seconds));
    for (const side of [BUY, SELL]) {
      for (let n = counts[side]; n > 0; n--) {
        const lots = this.#geometric(meanLots);
        // Takes at the touch only: an excited crowd does not walk through a thin book.
        const price = side === BUY ? this.#askOr() : this.#bidOr();
        out.immediate(HAWKES, this.#instrument, side, price, lots);
      }
      const other = side === BUY ? SELL : BUY;
      this.#intensity[side] = this.#intensity[side] * fade +
        decay * (selfExcitation * counts[side] + crossExcitation * counts[other]);
    }
  }

  #actInformed(seconds: number, out: CommandWriter): void {
    const { looksPerSecond, thresholdTicks, meanLots } = this.#options.informed;
    for (let n = this.#poisson(looksPerSecond * seconds); n > 0; n--) {
      if (this.#ask > 0 && this.#value - this.#ask > thresholdTicks) {
        out.immediate(INFORMED, this.#instrument, BUY, this.#ask, this.#geometric(meanLots));
      } else if (this.#bid > 0 && this.#bid - this.#value > thresholdTicks) {
        out.immediate(INFORMED, this.#instrument, SELL, this.#bid, this.#geometric(meanLots));
      }
    }
  }

  /** Replaces a maker's quotes when their centre has moved by a tick or a level was used up. */
  #quote(maker: Maker, out: CommandWriter): void {
    if (this.#elapsed < maker.nextReview) return;
    const { levels, lotsPerLevel, halfSpreadTicks, reviewMs, skewTicksPer100Lots } = this.#options.maker;
    maker.nextReview = this.#elapsed + (reviewMs / 1000) * (0.75 + 0.5 * this.#random.next());
    const centre = Math.round(this.#estimate - (skewTicksPer100Lots * maker.inventory) / 100);
    const mine = [...this.#resting.values()].filter((order) => order.owner === maker.owner);
    if (centre === maker.centre && mine.length === 2 * levels) return;
    maker.centre = centre;
    for (const order of mine) {
      out.cancel(maker.owner, this.#instrument, order.id);
      this.#forget(order.id);
    }
    for (let level = 0; level < levels; level++) {
      const distance = halfSpreadTicks + level;
      if (centre - distance >= 1) {
        out.limit(maker.owner, this.#instrument, BUY, centre - distance, lotsPerLevel * (level + 1), true);
      }
      out.limit(maker.owner, this.#instrument, SELL, centre + distance, lotsPerLevel * (level + 1), true);
    }
  }

  /** Best ask, or where one would expect it when that side is empty. */
  #askOr(): number {
    return this.#ask > 0 ? this.#ask : Math.max(2, Math.round(this.#estimate) + 1);
  }

  #bidOr(): number {
    return this.#bid > 0 ? this.#bid : Math.max(1, Math.round(this.#estimate) - 1);
  }

  #side(): SideCode {
    return this.#random.next() < 0.5 ? BUY : SELL;
  }

  /** Geometric on 1, 2, 3 … with the given mean. */
  #geometric(mean: number): number {
    if (mean <= 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.#random.next()) / Math.log(1 - 1 / mean));
  }

  /** Knuth's method; the means here are small. */
  #poisson(mean: number): number {
    if (!(mean > 0)) return 0;
    const limit = Math.exp(-Math.min(mean, 500));
    let product = this.#random.next();
    let count = 0;
    while (product > limit) {
      product *= this.#random.next();
      count++;
    }
    return count;
  }
}
