/**
 * A market maker: several levels a side around what the crowd's makers think the price is, shifted against its own
 * inventory (Ho & Stoll 1981; Avellaneda & Stoikov 2008), and nothing on the side that would take the inventory beyond its
 * limit.
 *
 *     centre = round(estimate − skew·inventory/100)
 *     bid of level l = centre − halfSpread − l        ask of level l = centre + halfSpread + l        l = 0, 1, …
 *
 * Level l offers (l + 1)·lotsPerLevel. Quotes are post-only, and step back to where they do not cross what is shown.
 */
import type { Random } from "../../../runtime/mod.ts";
import { BUY, SELL, type SideCode } from "../../protocol/mod.ts";
import type { MakerOptions } from "./options.ts";
import type { RestingOrders } from "./resting.ts";
import type { CommandWriter } from "./writer.ts";

/** Best public prices in ticks; 0 for an empty side. */
export interface Touch {
  bid: number;
  ask: number;
}

export class MarketMaker {
  readonly owner: number;
  readonly #instrument: number;
  readonly #options: MakerOptions;
  readonly #random: Random;
  readonly #resting: RestingOrders;
  #inventory = 0;
  /** Best prices of its last quotes, 0 for a side it does not quote. */
  #bid = 0;
  #ask = 0;
  #nextReview = 0;

  constructor(owner: number, instrument: number, options: MakerOptions, resting: RestingOrders, random: Random) {
    this.owner = owner;
    this.#instrument = instrument;
    this.#options = options;
    this.#resting = resting;
    this.#random = random;
  }

  /** Lots, signed. */
  get inventory(): number {
    return this.#inventory;
  }

  /** It traded. */
  filled(side: SideCode, lots: number): void {
    this.#inventory += side === BUY ? lots : -lots;
  }

  /** Looks at its quotes when that is due: moves a side whose best price has changed, fills up levels that were used. */
  review(now: number, estimate: number, touch: Touch, out: CommandWriter): void {
    if (now < this.#nextReview) return;
    const { reviewMs, skewTicksPer100Lots, halfSpreadTicks, maximumLots } = this.#options;
    // Makers do not look in step.
    this.#nextReview = now + (reviewMs / 1000) * (0.75 + 0.5 * this.#random.next());
    const centre = Math.round(estimate - (skewTicksPer100Lots * this.#inventory) / 100);
    let bid = centre - halfSpreadTicks;
    if (touch.ask > 0) bid = Math.min(bid, touch.ask - 1);
    if (this.#inventory >= maximumLots) bid = 0;
    let ask = Math.max(1, centre + halfSpreadTicks, touch.bid + 1);
    if (this.#inventory <= -maximumLots) ask = 0;
    this.#quote(BUY, Math.max(0, bid), this.#bid, out);
    this.#bid = Math.max(0, bid);
    this.#quote(SELL, ask, this.#ask, out);
    this.#ask = ask;
  }

  /** Best price 0: no quotes on this side. */
  #quote(side: SideCode, best: number, before: number, out: CommandWriter): void {
    const mine = this.#resting.of(this.owner);
    if (best !== before) {
      // Backwards, because a removal moves the last order into the gap.
      for (let i = mine.length - 1; i >= 0; i--) {
        if (mine[i].side !== side) continue;
        const { id } = mine[i];
        out.cancel(this.owner, this.#instrument, id);
        this.#resting.remove(id);
      }
    }
    if (best === 0) return;
    const step = side === BUY ? -1 : 1;
    for (let level = 0; level < this.#options.levels; level++) {
      const price = best + step * level;
      if (price < 1) return;
      if (mine.some((order) => order.side === side && order.price === price)) continue;
      const lots = this.#options.lotsPerLevel * (level + 1);
      const id = out.limit(this.owner, this.#instrument, side, price, lots, true);
      this.#resting.add(id, this.owner, side, price, lots);
    }
  }
}
