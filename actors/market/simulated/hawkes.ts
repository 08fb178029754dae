/**
 * Market orders that set off further market orders: a bivariate Hawkes process (Hawkes 1971; Bacry, Mastromatteo &
 * Muzy 2015) with exponential kernels, one component per side.
 *
 *     λ_side(t) = base + Σ_{own events} α_self·β·e^(−β(t−tᵢ)) + Σ_{events of the other side} α_cross·β·e^(−β(t−tᵢ))
 *
 * α is the mean number of orders that one order sets off directly, n = α_self + α_cross the branching ratio; the mean rate
 * of a side is base / (1 − n). Events are drawn by thinning (Ogata 1981): between two events the intensity only falls, so
 * its value now bounds it. Exact for any length of step.
 */
import type { Random } from "../../../runtime/mod.ts";
import { BUY, SELL, type SideCode } from "../../protocol/mod.ts";
import type { HawkesOptions } from "./options.ts";

export class ExcitedFlow {
  readonly #options: HawkesOptions;
  readonly #random: Random;
  /** Intensity above the base rate, per second, by side. */
  readonly #excited: [buy: number, sell: number] = [0, 0];

  constructor(options: HawkesOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Orders per second expected now on a side. */
  intensity(side: SideCode): number {
    return this.#options.baseRate + this.#excited[side];
  }

  /** Lets `seconds` pass and calls `onOrder` for every order that falls into them, in their order. */
  advance(seconds: number, onOrder: (side: SideCode) => void): void {
    const { selfExcitation, crossExcitation, decay } = this.#options;
    const excited = this.#excited;
    for (let left = seconds;;) {
      const bound = this.intensity(BUY) + this.intensity(SELL);
      // A process without memory: a wait that reaches beyond the step is drawn anew in the next one.
      const wait = bound > 0 ? this.#random.exponential(bound) : Infinity;
      this.#fade(Math.min(wait, left));
      if (wait >= left) return;
      left -= wait;
      const mark = this.#random.next() * bound;
      const buys = this.intensity(BUY);
      if (mark >= buys + this.intensity(SELL)) continue;
      const side = mark < buys ? BUY : SELL;
      excited[side] += decay * selfExcitation;
      excited[side === BUY ? SELL : BUY] += decay * crossExcitation;
      onOrder(side);
    }
  }

  #fade(seconds: number): void {
    const fade = Math.exp(-this.#options.decay * seconds);
    this.#excited[BUY] *= fade;
    this.#excited[SELL] *= fade;
  }
}
