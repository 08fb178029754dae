/**
 * The crowd of one simulated instrument: participants who trade for reasons of their own, so that our organisms meet a
 * market that moves, clusters and informs, and not a coin.
 *
 * - zero intelligence (Farmer, Patelli & Zovko 2005): limit orders, cancels and market orders at constant rates give a
 *   realistic shape of book;
 * - excited takers (`hawkes.ts`): each market order makes the next one more likely, so signs and activity cluster;
 * - informed traders (Glosten & Milgrom 1985): take what is offered on the wrong side of a value that only they know
 *   (`value.ts`);
 * - market makers (`maker.ts`): quote around an estimate that learns from the trades (Kyle 1985), because some of those
 *   who trade know more.
 *
 * Pure: chance, time, public prices and trades are arguments; what it does is written to a CommandWriter. All volumes
 * are in lots, prices in ticks, rates per second of market time. What every number means: docs/simulated-market.md.
 */
import { BACKGROUND_OWNER, ExecType, type ExecutionView } from "../../../ffi/layout.gen.ts";
import type { Random } from "../../../runtime/mod.ts";
import { BUY, SELL, type SideCode } from "../../protocol/mod.ts";
import { ExcitedFlow } from "./hawkes.ts";
import { MarketMaker, type Touch } from "./maker.ts";
import type { MarketOptions } from "./options.ts";
import { type RestingOrder, RestingOrders } from "./resting.ts";
import { geometric, poisson } from "./samplers.ts";
import { HiddenValue } from "./value.ts";
import type { CommandWriter } from "./writer.ts";

/** Owner numbers (above BACKGROUND_OWNER) of the kinds of participants; makers follow. */
const ZERO_INTELLIGENCE = 0;
const EXCITED = 1;
const INFORMED = 2;
const FIRST_MAKER = 3;

/** Ticks. Below this the makers would have no room for a bid. */
const LOWEST_ESTIMATE = 2;

/** Net flow at which the concession of the informed is what the options say. */
const CONCESSION_LOTS = 1_000;

export class Crowd {
  readonly #instrument: number;
  readonly #options: MarketOptions;
  /** A stream each: what one participant draws does not depend on what the others did. */
  readonly #noise: Random;
  readonly #excitedSizes: Random;
  readonly #informed: Random;
  readonly #resting: RestingOrders;
  readonly #makers: readonly MarketMaker[];
  readonly #excited: ExcitedFlow;
  readonly #value: HiddenValue;
  readonly #touch: Touch = { bid: 0, ask: 0 };
  /** What the makers think the price is, ticks: what they have learned for good, and what will pass again. */
  #lasting: number;
  #passing = 0;
  /** Net lots that others than the informed took lately, bought less sold; what is older counts less and less. */
  #netFlow = 0;
  /** Seconds of market time since it began. */
  #elapsed = 0;
  /** Where `#takeExcited` writes to while the process runs. */
  #out: CommandWriter | null = null;

  /** `startPrice` in ticks. */
  constructor(instrument: number, startPrice: number, options: MarketOptions, random: Random) {
    this.#instrument = instrument;
    this.#options = options;
    this.#noise = random.fork("zero-intelligence");
    this.#excitedSizes = random.fork("excited-sizes");
    this.#informed = random.fork("informed");
    this.#lasting = Math.max(LOWEST_ESTIMATE, startPrice);
    this.#resting = new RestingOrders(FIRST_MAKER + options.maker.makers);
    this.#excited = new ExcitedFlow(options.hawkes, random.fork("excited"));
    this.#value = new HiddenValue(startPrice, options.fundamental, random.fork("value"));
    this.#makers = Array.from(
      { length: options.maker.makers },
      (_, i) => new MarketMaker(FIRST_MAKER + i, instrument, options.maker, this.#resting, random.fork(`maker-${i}`)),
    );
  }

  /** Best public prices in ticks; 0 for an empty side. */
  observe(bid: number, ask: number): void {
    this.#touch.bid = bid;
    this.#touch.ask = ask;
  }

  /**
   * A public trade. The makers do not know who took, and learn the same from everybody; but they know that takers excite
   * one another, so of what a trade teaches, the part that was only its echo to come passes again (Madhavan, Richardson
   * & Roomans 1997: prices answer to the unexpected part of the flow).
   */
  learn(aggressor: SideCode, lots: number): void {
    this.#netFlow += aggressor === BUY ? lots : -lots;
    const { maker, hawkes } = this.#options;
    const change = this.#lasting * Math.expm1((aggressor === BUY ? 1e-6 : -1e-6) * maker.learningBpPer100Lots * lots);
    const echo = Math.max(0, hawkes.selfExcitation - hawkes.crossExcitation);
    this.#passing += echo * change;
    this.#believe(this.#lasting + (1 - echo) * change);
  }

  /** Withdraws everything, as after a restart: what rested before is not known any more. */
  withdraw(out: CommandWriter): void {
    for (let owner = 0; owner < FIRST_MAKER + this.#makers.length; owner++) out.cancelOwner(owner, this.#instrument);
  }

  /** Acts for `seconds` of market time. */
  step(seconds: number, out: CommandWriter): void {
    this.#elapsed += seconds;
    this.#value.advance(seconds);
    this.#netFlow *= Math.exp(-seconds / this.#options.informed.concessionSeconds);
    this.#follow(seconds);
    const { estimate } = this;
    for (const maker of this.#makers) maker.review(this.#elapsed, estimate, this.#touch, out);
    this.#actAtRandom(seconds, out);
    this.#out = out;
    this.#excited.advance(seconds, this.#takeExcited);
    this.#actInformed(seconds, out);
  }

  /** What became of a command of ours. */
  report(view: ExecutionView): void {
    switch (view.execType) {
      case ExecType.Trade: {
        // They know that their own trades say nothing new.
        if (view.owner === BACKGROUND_OWNER + INFORMED) {
          this.#netFlow -= view.side === BUY ? view.quantity : -view.quantity;
        }
        this.#makers[view.owner - BACKGROUND_OWNER - FIRST_MAKER]?.filled(view.side as SideCode, view.quantity);
        const order = this.#resting.get(view.orderId);
        if (order === undefined) return;
        order.leaves = view.leaves;
        if (view.leaves === 0) this.#resting.remove(view.orderId);
        return;
      }
      case ExecType.Canceled:
      case ExecType.Rejected:
        this.#resting.remove(view.orderId);
        return;
    }
  }

  /** How many orders rest. */
  get resting(): number {
    return this.#resting.size;
  }

  /** What rests, as far as the crowd knows. */
  restingOrders(): Iterable<RestingOrder> {
    return this.#resting.all();
  }

  /** The hidden value, ticks. */
  get value(): number {
    return this.#value.ticks;
  }

  /**
   * The price that the informed think right, ticks: the value, moved by what they concede to the net flow of others, who
   * may know what they do not. The concession grows with the square root of the flow, as the impact of large orders does
   * on real markets (Tóth et al. 2011), so that a large order of ours is not carried by the informed for nothing.
   */
  get fairPrice(): number {
    const { concessionBp } = this.#options.informed;
    const root = Math.sign(this.#netFlow) * Math.sqrt(Math.abs(this.#netFlow) / CONCESSION_LOTS);
    return this.#value.ticks * Math.exp(1e-4 * concessionBp * root);
  }

  /** What the makers think the price is, ticks. */
  get estimate(): number {
    return Math.max(LOWEST_ESTIMATE, this.#lasting + this.#passing);
  }

  /** Inventories of the makers, lots. */
  get inventories(): readonly number[] {
    return this.#makers.map((maker) => maker.inventory);
  }

  /** However sure they are of their flow, makers do not leave a market that goes elsewhere. */
  #follow(seconds: number): void {
    const { maker, hawkes } = this.#options;
    this.#passing *= Math.exp(-hawkes.decay * seconds);
    const { bid, ask } = this.#touch;
    if (bid === 0 || ask === 0) return;
    const share = -Math.expm1(-seconds / maker.followSeconds);
    this.#believe(this.#lasting + share * ((bid + ask) / 2 - this.estimate));
  }

  #believe(lasting: number): void {
    this.#lasting = Math.max(LOWEST_ESTIMATE, lasting);
  }

  #actAtRandom(seconds: number, out: CommandWriter): void {
    const { limitsPerSecond, marketsPerSecond, cancelRate, meanDistanceTicks, meanLots } =
      this.#options.zeroIntelligence;
    const random = this.#noise;
    for (let n = poisson(random, limitsPerSecond * seconds); n > 0; n--) {
      const side = this.#side();
      const distance = geometric(random, meanDistanceTicks);
      const price = side === BUY ? this.#askOr() - distance : this.#bidOr() + distance;
      const lots = geometric(random, meanLots);
      if (price < 1) continue;
      const id = out.limit(ZERO_INTELLIGENCE, this.#instrument, side, price, lots, true);
      this.#resting.add(id, ZERO_INTELLIGENCE, side, price, lots);
    }
    for (let n = poisson(random, marketsPerSecond * seconds); n > 0; n--) {
      out.market(ZERO_INTELLIGENCE, this.#instrument, this.#side(), geometric(random, meanLots));
    }
    const mine = this.#resting.of(ZERO_INTELLIGENCE);
    for (let n = poisson(random, -Math.expm1(-cancelRate * seconds) * mine.length); n > 0 && mine.length > 0; n--) {
      const { id } = mine[random.int(mine.length)];
      out.cancel(ZERO_INTELLIGENCE, this.#instrument, id);
      this.#resting.remove(id);
    }
  }

  /** Takes at the touch only: an excited crowd does not walk through a thin book. */
  readonly #takeExcited = (side: SideCode): void => {
    const price = side === BUY ? this.#askOr() : this.#bidOr();
    this.#out!.immediate(
      EXCITED,
      this.#instrument,
      side,
      price,
      geometric(this.#excitedSizes, this.#options.hawkes.meanLots),
    );
  };

  /** Takes whatever is offered at prices that pay, up to the size of an order. */
  #actInformed(seconds: number, out: CommandWriter): void {
    const { looksPerSecond, thresholdTicks, meanLots } = this.#options.informed;
    const { bid, ask } = this.#touch;
    const fair = this.fairPrice;
    const highest = Math.ceil(fair - thresholdTicks) - 1;
    const lowest = Math.floor(fair + thresholdTicks) + 1;
    for (let n = poisson(this.#informed, looksPerSecond * seconds); n > 0; n--) {
      if (ask > 0 && ask <= highest) {
        out.immediate(INFORMED, this.#instrument, BUY, highest, geometric(this.#informed, meanLots));
      } else if (bid > 0 && bid >= lowest) {
        out.immediate(INFORMED, this.#instrument, SELL, lowest, geometric(this.#informed, meanLots));
      }
    }
  }

  /** Best ask, or where one would expect it when that side is empty. */
  #askOr(): number {
    return this.#touch.ask > 0 ? this.#touch.ask : Math.round(this.estimate) + 1;
  }

  #bidOr(): number {
    return this.#touch.bid > 0 ? this.#touch.bid : Math.round(this.estimate) - 1;
  }

  #side(): SideCode {
    return this.#noise.next() < 0.5 ? BUY : SELL;
  }
}
