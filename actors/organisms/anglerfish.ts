/**
 * Anglerfish: honest two-sided market making.
 *
 * The lure is a firm quote on both sides that anyone may hit; the living is the spread less what better-informed takers
 * cost. Prices follow Avellaneda & Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8
 * (2008): quotes lie around a reservation price that leans against the inventory. The horizon recedes with the clock
 * (T − t is always `horizonSeconds`), because the market has no closing bell. Quotes are post-only, move only when the
 * target moved by `requoteTicks`, and rest at least `minimumRestingMs`.
 */
import { z } from "zod";
import {
  BUY,
  type Instrument,
  MICROS_PER_MS,
  MICROS_PER_SECOND,
  type OrganismContext,
  type OrganismDefinition,
  SELL,
  type SideCode,
  type TradePrint,
} from "./organism.ts";

/** Reservation price r = s − qγσ²(T−t): what a holder of q units with risk aversion γ would pay or take (A–S eq. 3.2). */
export function reservationPrice(mid: number, q: number, gamma: number, sigma: number, horizon: number): number {
  return mid - q * gamma * sigma * sigma * horizon;
}

/** Total width δᵃ + δᵇ = γσ²(T−t) + (2/γ)ln(1 + γ/k), for takers that reach depth δ at rate A·exp(−kδ) (A–S eq. 3.18). */
export function optimalSpread(gamma: number, sigma: number, horizon: number, k: number): number {
  return gamma * sigma * sigma * horizon + 2 / gamma * Math.log1p(gamma / k);
}

/** σ in ticks per √second from mids at least a second apart; recent ones count more, by half-life. */
export class MidVolatility {
  #squares = 0;
  #seconds = 0;
  #mid = 0;
  #time = 0;
  samples = 0;
  constructor(readonly halfLifeSeconds: number) {}

  add(mid: number, time: number): void {
    const elapsed = (time - this.#time) / MICROS_PER_SECOND;
    if (this.#time > 0 && elapsed < 1) return;
    if (this.#time > 0) {
      const keep = 2 ** (-elapsed / this.halfLifeSeconds);
      this.#squares = keep * this.#squares + (mid - this.#mid) ** 2;
      this.#seconds = keep * this.#seconds + elapsed;
      this.samples++;
    }
    this.#mid = mid;
    this.#time = time;
  }

  get sigma(): number {
    return this.#seconds > 0 ? Math.sqrt(this.#squares / this.#seconds) : 0;
  }
}

/**
 * k per tick from how far takers reach beyond the touch. If P(reach ≥ n ticks) = exp(−kn), the reach is geometric and
 * the likelihood is largest at k = ln(1 + 1/mean). Prints of one taker at one time count once, by the deepest.
 */
export class TakerReach {
  #sum: number;
  #weight = PRIOR_TAKERS;
  #deepest = 0;
  #time = -1;
  #aggressor: SideCode = BUY;
  constructor(readonly memory: number, priorMeanTicks = 1) {
    this.#sum = PRIOR_TAKERS * priorMeanTicks;
  }

  add(print: Pick<TradePrint, "price" | "aggressor" | "time">, bid: number, ask: number): void {
    const reach = Math.max(0, print.aggressor === BUY ? print.price - ask : bid - print.price);
    if (print.time === this.#time && print.aggressor === this.#aggressor) {
      this.#deepest = Math.max(this.#deepest, reach);
      return;
    }
    if (this.#time >= 0) {
      const keep = 1 - 1 / this.memory;
      this.#sum = keep * this.#sum + this.#deepest;
      this.#weight = keep * this.#weight + 1;
    }
    [this.#deepest, this.#time, this.#aggressor] = [reach, print.time, print.aggressor];
  }

  get k(): number {
    // A mean below a hundredth of a tick is not measurable with any memory worth having.
    return Math.log1p(1 / Math.max(0.01, this.#sum / this.#weight));
  }
}
/** Weight of the prior reach, in takers. */
const PRIOR_TAKERS = 20;

const estimated = (unit: string) =>
  z.union([z.literal("estimate"), z.number().positive()]).default("estimate").describe(unit);

const parameters = z.strictObject({
  quoteLots: z.int().positive().default(1).describe("Lots per quote; also the unit in which inventory q is counted."),
  maximumLots: z.int().positive().default(10).describe("Lots of inventory beyond which that side is not quoted."),
  gamma: z.union([z.literal("scaled"), z.number().positive()]).default("scaled").describe(
    'Risk aversion γ per tick and quote; "scaled": riskAversion / (σ√horizon), so that one setting suits any tick size.',
  ),
  riskAversion: z.number().positive().max(10).default(0.05).describe("Scaled γ: shift per quote held, in σ√horizon."),
  horizonSeconds: z.number().positive().default(30).describe("Seconds ahead over which inventory risk counts (T − t)."),
  sigma: estimated('Ticks per √second, or "estimate": measured from mids a second apart.'),
  sigmaHalfLifeSeconds: z.number().positive().default(120).describe("Seconds after which a mid counts half in σ."),
  k: estimated('Decay of fills with distance, per tick, or "estimate": measured from how deep trades print.'),
  reachMemory: z.int().min(20).default(500).describe("Takers remembered in k: steady, yet able to follow."),
  warmupSamples: z.int().min(2).default(20).describe("Mids to see before the first quote when σ is estimated."),
  requoteTicks: z.int().positive().default(2).describe("Ticks the target must move before a quote follows it."),
  pauseMs: z.int().positive().default(500).describe("Milliseconds of silence after a refusal, doubling."),
  minimumRestingMs: z.int().nonnegative().default(500).describe("Milliseconds each quote stays firm."),
  messagesPerSecond: z.number().positive().default(20).describe("New orders per second, on average."),
  maximumMessagesPerFill: z.number().positive().default(250).describe("Messages per fill after 2000 (cf. RTS 9)."),
});

type Parameters = z.infer<typeof parameters>;

export const anglerfish: OrganismDefinition<Parameters> = {
  species: "anglerfish",
  summary: "Firm two-sided quotes around a reservation price that leans against the inventory (Avellaneda–Stoikov).",
  parameters,
  discipline: ({ minimumRestingMs, messagesPerSecond, maximumMessagesPerFill }) => ({
    minimumRestingMs,
    messagesPerSecond,
    messageBurst: Math.max(2, Math.ceil(messagesPerSecond)),
    maximumMessagesPerFill,
    messageAllowance: 2_000,
  }),
  create(context, parameters) {
    const quoters = new Map(context.instruments.map((it) => [it.id, new Quoter(context, it, parameters)]));
    return {
      onBook: (top) => quoters.get(top.instrument)!.book(top.bid, top.ask, top.time),
      onTrade: (print) => quoters.get(print.instrument)!.trade(print),
      onReport: (report) => quoters.get(report.instrument)?.report(report.type),
      onTimer: (key) => quoters.get(Number(key))!.refresh(),
      onStatus: (status) => quoters.get(status.instrument)!.status(status.status === "live"),
      inspect: () => [...quoters.values()].map((quoter) => quoter.inspect()),
    };
  },
};

/** Quotes one instrument. */
class Quoter {
  #bid = 0;
  #ask = 0;
  readonly #reach: TakerReach;
  readonly #volatility: MidVolatility;
  #live = true;
  #refusals = 0;
  #pausedUntil = 0;
  #wakeAt = 0;
  #shown: Record<string, number> = {};

  constructor(readonly context: OrganismContext, readonly instrument: Instrument, readonly parameters: Parameters) {
    this.#volatility = new MidVolatility(parameters.sigmaHalfLifeSeconds);
    this.#reach = new TakerReach(parameters.reachMemory);
  }

  book(bid: number, ask: number, time: number): void {
    [this.#bid, this.#ask] = [bid, ask];
    if (bid > 0 && ask > 0) this.#volatility.add((bid + ask) / 2, time);
    this.refresh();
  }

  trade(print: TradePrint): void {
    if (this.#bid > 0 && this.#ask > 0) this.#reach.add(print, this.#bid, this.#ask);
  }

  status(live: boolean): void {
    this.#live = live;
    this.refresh();
  }

  report(type: string): void {
    if (type === "rejected" || type === "cancel-rejected") {
      const pause = this.parameters.pauseMs * 2 ** Math.min(6, this.#refusals++);
      this.#pausedUntil = this.context.now() + pause * MICROS_PER_MS;
    } else this.#refusals = 0;
    this.refresh();
  }

  refresh(): void {
    const [bid, ask] = this.#targets();
    const { quoteLots, maximumLots } = this.parameters;
    const position = this.context.position(this.instrument.id);
    let [buying, selling] = [false, false];
    for (const order of this.context.openOrders(this.instrument.id)) {
      const target = order.side === BUY ? bid : ask;
      order.side === BUY ? buying = true : selling = true;
      if (order.changing || !order.resting) continue;
      if (target > 0 && Math.abs(order.price - target) < this.parameters.requoteTicks) continue;
      if (this.#mayAct(order.mayChangeAt)) this.context.cancel(order.orderId);
    }
    if (!buying && bid > 0) this.#quote(BUY, bid, Math.min(quoteLots, maximumLots - position));
    if (!selling && ask > 0) this.#quote(SELL, ask, Math.min(quoteLots, maximumLots + position));
  }

  #quote(side: SideCode, price: number, quantity: number): void {
    if (quantity <= 0 || !this.#mayAct(0)) return;
    this.context.submit({ instrument: this.instrument.id, side, price, quantity, postOnly: true });
  }

  /** Whether the time has come; if not, asks to be called then. */
  #mayAct(from: number): boolean {
    const now = this.context.now();
    const at = Math.max(from, this.#pausedUntil);
    if (now >= at) return true;
    if (this.#wakeAt <= now || at < this.#wakeAt) {
      this.#wakeAt = at;
      this.context.setTimer(String(this.instrument.id), at - now);
    }
    return false;
  }

  /** Prices to quote, in ticks; 0 where nothing should rest. */
  #targets(): readonly [bid: number, ask: number] {
    const { parameters, instrument } = this;
    const [bid, ask] = [this.#bid, this.#ask];
    if (!this.#live || bid <= 0 || ask <= 0) return [0, 0];
    const measured = parameters.sigma === "estimate";
    const sigma = parameters.sigma === "estimate" ? this.#volatility.sigma : parameters.sigma;
    if (sigma <= 0 || (measured && this.#volatility.samples < parameters.warmupSamples)) return [0, 0];
    const { horizonSeconds, riskAversion } = parameters;
    const gamma = parameters.gamma === "scaled" ? riskAversion / (sigma * Math.sqrt(horizonSeconds)) : parameters.gamma;
    const k = parameters.k === "estimate" ? this.#reach.k : parameters.k;
    const q = this.context.position(instrument.id) / parameters.quoteLots;
    const mid = (bid + ask) / 2;
    const reservation = reservationPrice(mid, q, gamma, sigma, horizonSeconds);
    // The model knows no fees: a quote must earn its own. A rebate narrows nothing.
    const fee = Math.max(0, instrument.makerFee) * mid / 1e6;
    const half = optimalSpread(gamma, sigma, horizonSeconds, k) / 2 + fee;
    this.#shown = { mid, sigma, k, gamma, q, reservation, halfSpread: half };
    // Rounded away from the reservation price, and never through the other side.
    const buy = Math.min(Math.floor(reservation - half), ask - 1);
    const sell = Math.max(Math.ceil(reservation + half), bid + 1);
    return [Math.max(0, buy), sell];
  }

  inspect(): unknown {
    return { instrument: this.instrument.symbol, live: this.#live, samples: this.#volatility.samples, ...this.#shown };
  }
}
