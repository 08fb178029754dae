/**
 * Tardigrade: survives the drought.
 *
 * Holds a long position whose size answers to risk: exposure is target over measured volatility (A. Moreira and T. Muir,
 * "Volatility-Managed Portfolios", Journal of Finance 72, 2017), and in a crisis, a burst of volatility or a deep
 * drawdown (S. Grossman and Z. Zhou, "Optimal Investment Strategies for Controlling Drawdowns", Mathematical Finance 3,
 * 1993), it dries out: exposure 0 until the market has been calm for a while, then back in steps. Going in and coming
 * out have different thresholds, so that it cannot flicker. Trades on bars, or on mids sampled by the second.
 *
 * `createCryptobiosis` is the same state without a market: the portfolio's de-risking state.
 */
import { z } from "zod";
import type { Bar, BookTop, ExecutionReport, Instrument, OrganismContext, OrganismDefinition } from "./organism.ts";
import { BUY, MICROS_PER_MS, SELL, TAKER_DISCIPLINE } from "./organism.ts";

/** Sample standard deviation of the last `window` returns, as they are; annualise by √(returns per year). */
export class RollingVolatility {
  readonly #returns: number[] = [];
  #next = 0;
  constructor(readonly window: number) {}

  add(simpleReturn: number): void {
    this.#returns[this.#next] = simpleReturn;
    this.#next = (this.#next + 1) % this.window;
  }

  get ready(): boolean {
    return this.#returns.length === this.window;
  }
  get sd(): number {
    const n = this.#returns.length;
    const mean = this.#returns.reduce((sum, value) => sum + value, 0) / n;
    return Math.sqrt(this.#returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  }
}

/** Fraction of capital to hold: min(cap, target / volatility); both volatilities in the same unit. */
export function targetExposure(volatility: number, target: number, cap = 1): number {
  return volatility > 0 ? Math.min(cap, target / volatility) : cap;
}

export interface CryptobiosisParameters {
  /** Volatility at which exposure is full; the unit of every volatility here. */
  readonly targetVolatility: number;
  /** At or above: dry out. */
  readonly enterVolatility: number;
  /** At or below counts as calm; less than `enterVolatility`. */
  readonly reviveVolatility: number;
  /** Fraction lost from the highest equity at which it dries out. */
  readonly enterDrawdown: number;
  /** Calm updates in a row before revival begins, and before each of its further steps. */
  readonly calmUpdates: number;
  /** Equal steps from 0 back to full exposure. */
  readonly revivalSteps: number;
}

export type CryptobiosisState = "active" | "tun" | "reviving";

export interface Cryptobiosis {
  /** Takes the present equity (any unit) and volatility. Throws RangeError on NaN, infinity or a negative volatility. */
  update(equity: number, volatility: number): { readonly exposure: number; readonly state: CryptobiosisState };
  /** As of the last update; `tuns` counts the times it has dried out. */
  inspect(): { readonly exposure: number; readonly state: CryptobiosisState; readonly tuns: number };
}

/**
 * active: exposure min(1, target/volatility). tun: 0. reviving: step/steps of the active exposure. A trigger leads from
 * either to tun; between the thresholds nothing advances. Who holds nothing cannot win back a drawdown, so the highest
 * equity counts anew from the start of a revival: each revival risks at most `enterDrawdown` of what is left.
 */
export function createCryptobiosis(parameters: CryptobiosisParameters): Cryptobiosis {
  const { targetVolatility, enterVolatility, reviveVolatility, enterDrawdown, calmUpdates, revivalSteps } = parameters;
  if (!(reviveVolatility < enterVolatility)) {
    throw new RangeError(`reviveVolatility ${reviveVolatility} must be below enterVolatility ${enterVolatility}`);
  }
  let state: CryptobiosisState = "active";
  let [exposure, peak, calm, step, tuns] = [0, -Infinity, 0, 0, 0];
  return {
    inspect: () => ({ state, exposure, tuns }),
    update(equity, volatility) {
      if (!Number.isFinite(equity) || !(volatility >= 0 && volatility < Infinity)) {
        throw new RangeError(`cannot judge an equity of ${equity} at a volatility of ${volatility}`);
      }
      peak = Math.max(peak, equity);
      calm = volatility <= reviveVolatility ? calm + 1 : 0;
      const drowning = equity <= 0 || equity <= peak * (1 - enterDrawdown);
      if (state !== "tun" && (volatility >= enterVolatility || drowning)) {
        [state, calm] = ["tun", 0];
        tuns++;
      } else if (state !== "active" && calm >= calmUpdates && equity > 0) {
        if (state === "tun") [state, step, peak] = ["reviving", 1, equity];
        else step++;
        calm = 0;
        if (step >= revivalSteps) state = "active";
      }
      const share = state === "tun" ? 0 : state === "active" ? 1 : step / revivalSteps;
      exposure = share * targetExposure(volatility, targetVolatility);
      return { exposure, state };
    },
  };
}

const parameters = z.strictObject({
  fullLots: z.int().positive().default(20).describe("Lots at exposure 1; their first value is the capital."),
  targetVolatility: z.union([z.enum(["auto", "typical"]), z.number().positive()]).default("auto").describe(
    'Per year, or "typical": what this market usually does; "auto" is 0.12 on bars and typical on mids.',
  ),
  enterMultiple: z.number().positive().default(2.5).describe("Volatility over target at which it dries out."),
  reviveMultiple: z.number().positive().default(1.5).describe("Volatility over target at or below which it is calm."),
  enterDrawdown: z.number().positive().max(1).default(0.2).describe("Fraction lost at which it dries out."),
  calmUpdates: z.int().positive().default(10).describe("Calm updates before revival, and before each step."),
  revivalSteps: z.int().positive().default(4).describe("Steps back to full exposure."),
  rebalanceBand: z.number().nonnegative().max(1).default(0.05).describe("Exposure error to tolerate: saves cost."),
  barWindow: z.int().min(2).default(21).describe("Bars in the volatility: a trading month."),
  barsPerYear: z.number().positive().default(252).describe("Bars per year, to annualise."),
  midSampleMs: z.int().positive().default(1_000).describe("Milliseconds between sampled mids where there are no bars."),
  midWindow: z.int().min(2).default(120).describe("Sampled mids in the volatility."),
}).refine((p) => p.reviveMultiple < p.enterMultiple, {
  path: ["reviveMultiple"],
  message: "must be below enterMultiple",
});

type Parameters = z.infer<typeof parameters>;

export const tardigrade: OrganismDefinition<Parameters> = {
  species: "tardigrade",
  summary: "A long position scaled to its volatility that dries out in a crisis and returns in steps.",
  parameters,
  discipline: () => TAKER_DISCIPLINE,
  create(context, parameters) {
    const bears = new Map(context.instruments.map((it) => [it.id, new Bear(context, it, parameters)]));
    return {
      onBar: (bar) => bears.get(bar.instrument)!.bar(bar),
      onBook: (top) => bears.get(top.instrument)!.book(top),
      onReport: (report) => bears.get(report.instrument)?.report(report),
      onStatus: (status) => bears.get(status.instrument)!.status(status.status === "live"),
      inspect: () => [...bears.values()].map((bear) => bear.inspect()),
    };
  },
};

const [YEAR_MS, SILENCE_AFTER_REFUSAL] = [365 * 86_400_000, 30_000 * MICROS_PER_MS];

/** Guards one instrument. Its memory of the peak begins anew with each incarnation. */
class Bear {
  #onBars = false;
  #volatility: RollingVolatility;
  #typical = 0; // Mean of the volatilities measured, over the last twenty windows or so.
  #judged = 0;
  #cryptobiosis: Cryptobiosis;
  #top: BookTop | null = null;
  #price = 0;
  #sampledAt = -Infinity;
  #cash = NaN; // Money units: capital less what was paid; NaN until there is a price.
  #due = false; // Observed and not yet decided on.
  #live = true;
  #silentUntil = 0;
  #measured = 0;

  constructor(readonly context: OrganismContext, readonly instrument: Instrument, readonly parameters: Parameters) {
    this.#volatility = new RollingVolatility(parameters.midWindow);
    this.#cryptobiosis = this.#awake();
  }

  /** Where there are bars, sampled mids say nothing more. */
  bar(bar: Bar): void {
    if (!this.#onBars) {
      [this.#onBars, this.#price, this.#judged] = [true, 0, 0];
      this.#volatility = new RollingVolatility(this.parameters.barWindow);
      this.#cryptobiosis = this.#awake();
    }
    this.#observe(bar.close);
  }

  book(top: BookTop): void {
    this.#top = top;
    if (this.#onBars || top.bid <= 0 || top.ask <= 0) return;
    if (top.time - this.#sampledAt < this.parameters.midSampleMs * MICROS_PER_MS) return;
    this.#sampledAt = top.time;
    this.#observe((top.bid + top.ask) / 2);
  }

  status(live: boolean): void {
    this.#live = live;
    // A return across a gap is not a return.
    if (!live) [this.#price, this.#due] = [0, false];
  }

  report(report: ExecutionReport): void {
    const signed = report.side === BUY ? report.quantity : -report.quantity;
    if (report.type === "trade") this.#cash -= report.price * signed * this.instrument.unitsPerTickLot + report.fee;
    if (report.type === "rejected") this.#silentUntil = this.context.now() + SILENCE_AFTER_REFUSAL;
    this.#decide();
  }

  #observe(price: number): void {
    const { unitsPerTickLot, id } = this.instrument;
    if (Number.isNaN(this.#cash)) {
      this.#cash = (this.parameters.fullLots - this.context.position(id)) * price * unitsPerTickLot;
    }
    if (this.#price > 0) this.#volatility.add(price / this.#price - 1);
    this.#price = price;
    this.#due = true;
    this.#decide();
  }

  /** Once per observation, and not before earlier orders have come to their end. */
  #decide(): void {
    const { fullLots, barsPerYear, midSampleMs, rebalanceBand } = this.parameters;
    const { id, unitsPerTickLot } = this.instrument;
    if (!this.#due || !this.#live || !this.#volatility.ready || this.context.openOrders(id).length > 0) return;
    this.#due = false;
    const perYear = this.#onBars ? barsPerYear : YEAR_MS / midSampleMs;
    this.#measured = this.#volatility.sd * Math.sqrt(perYear);
    this.#typical += (this.#measured - this.#typical) / Math.min(++this.#judged, 20 * this.#volatility.window);
    const held = this.context.position(id);
    const equity = this.#cash + held * this.#price * unitsPerTickLot;
    const { exposure } = this.#cryptobiosis.update(equity, this.#measured / this.#target());
    const wanted = Math.round(exposure * fullLots);
    const error = Math.abs(wanted - held);
    const small = error === 0 || (wanted > 0 && error < rebalanceBand * fullLots);
    if (!small && this.context.now() >= this.#silentUntil) this.#trade(wanted > held ? BUY : SELL, error);
  }

  #trade(side: 0 | 1, quantity: number): void {
    const order = { instrument: this.instrument.id, side, quantity, reduceOnly: side === SELL };
    const top = this.#top;
    if (this.#onBars) this.context.submit({ ...order, type: "market" });
    else if (top !== null) this.context.submit({ ...order, price: side === BUY ? top.ask : top.bid, tif: "ioc" });
  }

  /** Volatility at which exposure is 1, per year. */
  #target(): number {
    const { targetVolatility } = this.parameters;
    if (typeof targetVolatility === "number") return targetVolatility;
    return targetVolatility === "auto" && this.#onBars ? 0.12 : this.#typical || 1;
  }

  /** Volatility is handed over in multiples of the target. */
  #awake(): Cryptobiosis {
    const { enterMultiple, reviveMultiple } = this.parameters;
    const levels = { targetVolatility: 1, enterVolatility: enterMultiple, reviveVolatility: reviveMultiple };
    return createCryptobiosis({ ...this.parameters, ...levels });
  }

  inspect(): unknown {
    const seen = { source: this.#onBars ? "bars" : "mids", volatility: this.#measured };
    return { instrument: this.instrument.symbol, ...seen, ...this.#cryptobiosis.inspect() };
  }
}
