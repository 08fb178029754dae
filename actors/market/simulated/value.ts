/**
 * The value that informed traders know and nobody else: a geometric random walk with stochastic volatility.
 *
 *     dV/V = σ·dW        σ = volatility·e^(x − Var x)        dx = −κ·x·dt + η·dB
 *
 * x is an Ornstein–Uhlenbeck process (Scott 1987) drawn from its stationary law N(0, η²/2κ) at the start and moved
 * exactly; the constant makes `volatility` the root mean square of σ, whatever κ and η are. Within a step σ stands still.
 */
import type { Random } from "../../../runtime/mod.ts";
import type { FundamentalOptions } from "./options.ts";

/** Ticks. Below this there is no room for a bid and an ask around the value. */
const LOWEST = 2;

export class HiddenValue {
  readonly #options: FundamentalOptions;
  readonly #random: Random;
  readonly #variance: number;
  #x: number;
  #ticks: number;

  /** `start` in ticks. */
  constructor(start: number, options: FundamentalOptions, random: Random) {
    const { volatilityReversion, volatilityOfVolatility } = options;
    this.#options = options;
    this.#random = random;
    this.#variance = volatilityOfVolatility ** 2 / (2 * volatilityReversion);
    this.#x = Math.sqrt(this.#variance) * random.normal();
    this.#ticks = Math.max(LOWEST, start);
  }

  get ticks(): number {
    return this.#ticks;
  }

  /** Fraction per square root of a second, now. */
  get volatility(): number {
    return this.#options.volatility * Math.exp(this.#x - this.#variance);
  }

  advance(seconds: number): void {
    const stays = Math.exp(-this.#options.volatilityReversion * seconds);
    this.#x = this.#x * stays + Math.sqrt(this.#variance * (1 - stays * stays)) * this.#random.normal();
    const spread = this.volatility * Math.sqrt(seconds);
    this.#ticks = Math.max(LOWEST, this.#ticks * Math.exp(spread * this.#random.normal() - spread * spread / 2));
  }
}
