/**
 * What a record of a market shows: the facts that Cont (2001, "Empirical properties of asset returns: stylized facts and
 * statistical issues") lists, as far as one instrument and one day can show them.
 */
import { type MarketEvent, SELL, type SideCode } from "../../actors/protocol/mod.ts";
import type { Micros } from "../../runtime/mod.ts";

/** Fourth standardised moment; 3 for a normal distribution. */
export function kurtosis(values: readonly number[]): number {
  const mean = average(values);
  let second = 0, fourth = 0;
  for (const value of values) {
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  return (fourth * values.length) / (second * second);
}

/** Autocorrelation at a lag, with the variance over the whole series. For independent values it is 0 ± 1/√n. */
export function autocorrelation(values: readonly number[], lag: number): number {
  const mean = average(values);
  let variance = 0, covariance = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i] - mean;
    variance += deviation * deviation;
    if (i >= lag) covariance += deviation * (values[i - lag] - mean);
  }
  return covariance / variance;
}

export function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Slope of a least-squares line. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const meanX = average(x), meanY = average(y);
  let covariance = 0, variance = 0;
  for (let i = 0; i < x.length; i++) {
    covariance += (x[i] - meanX) * (y[i] - meanY);
    variance += (x[i] - meanX) ** 2;
  }
  return covariance / variance;
}

/** Differences of logarithms over `step` samples, without overlap. */
export function logReturns(prices: readonly number[], step: number): number[] {
  const returns: number[] = [];
  for (let i = step; i < prices.length; i += step) returns.push(Math.log(prices[i] / prices[i - step]));
  return returns;
}

/** Takes down the public events of one instrument: the middle and the spread at fixed times, the sides of the takers. */
export class MarketRecord {
  /** At each sampling time with two best prices, ticks. */
  readonly mids: number[] = [];
  readonly spreads: number[] = [];
  /** +1 a buyer took, −1 a seller; the prints of one moment and side are one. */
  readonly signs: number[] = [];
  prints = 0;
  lots = 0;
  /** Samples that found a side empty. */
  oneSided = 0;
  readonly #every: Micros;
  #next: Micros;
  #bid = 0;
  #ask = 0;
  #printTime: Micros = -1;
  #printSide: SideCode = SELL;

  /** Samples at `start + every`, `start + 2·every` … */
  constructor(start: Micros, every: Micros) {
    this.#every = every;
    this.#next = start + every;
  }

  /** Events in the order of time. */
  take(event: MarketEvent): void {
    this.passTo(event.time);
    if (event.kind === "BookTop") {
      this.#bid = event.bid;
      this.#ask = event.ask;
    } else if (event.kind === "TradePrint") {
      this.prints++;
      this.lots += event.quantity;
      if (event.time === this.#printTime && event.aggressor === this.#printSide) return;
      this.#printTime = event.time;
      this.#printSide = event.aggressor;
      this.signs.push(event.aggressor === SELL ? -1 : 1);
    }
  }

  /** Takes the samples that lie before `time`. */
  passTo(time: Micros): void {
    for (; this.#next < time; this.#next += this.#every) {
      if (this.#bid === 0 || this.#ask === 0) {
        this.oneSided++;
        continue;
      }
      this.mids.push((this.#bid + this.#ask) / 2);
      this.spreads.push(this.#ask - this.#bid);
    }
  }
}
