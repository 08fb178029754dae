/**
 * The volatility target on twenty years of the S&P 500, without look-ahead: the weight of a day is
 * min(1, 0.12 / (sd of the 21 returns before it · √252)), its result log(1 + weight · return), from the 22nd return on.
 */
import assert from "node:assert/strict";
import { embeddedBarsPath, readBars } from "../../../actors/market/bars/mod.ts";
import { createCryptobiosis, RollingVolatility, targetExposure } from "../../../actors/organisms/tardigrade.ts";

const closes = readBars(embeddedBarsPath(), { instrument: { id: 0, symbol: "SPX", tick: "0.01" } })
  .map((bar) => bar.close);
const returns = closes.slice(1).map((close, i) => close / closes[i] - 1);

interface Figures {
  readonly volatility: number;
  readonly sharpe: number;
  readonly drawdown: number;
}

/** Annualised deviation and Sharpe ratio of daily log results, and the deepest loss from a peak. */
function figures(results: readonly number[]): Figures {
  const mean = results.reduce((sum, r) => sum + r, 0) / results.length;
  const variance = results.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (results.length - 1);
  let [level, peak, drawdown] = [0, 0, 0];
  for (const result of results) {
    level += result;
    peak = Math.max(peak, level);
    drawdown = Math.max(drawdown, 1 - Math.exp(level - peak));
  }
  const volatility = Math.sqrt(variance * 252);
  return { volatility, sharpe: mean * 252 / volatility, drawdown };
}

function play(weightOf: (volatility: number) => number): Figures {
  const rolling = new RollingVolatility(21);
  const results: number[] = [];
  for (const value of returns) {
    if (rolling.ready) results.push(Math.log1p(weightOf(rolling.sd * Math.sqrt(252)) * value));
    rolling.add(value);
  }
  return figures(results);
}

function near(what: string, measured: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(measured - expected) <= tolerance,
    `${what}: ${measured.toFixed(4)} is not ${expected} ± ${tolerance}`,
  );
}

Deno.test("held without a rule the index has 19.9 % volatility and lost 56.8 % from its peak", () => {
  const { volatility, sharpe, drawdown } = play(() => 1);
  near("volatility", volatility, 0.199, 0.002);
  near("Sharpe", sharpe, 0.18, 0.01);
  near("drawdown", drawdown, 0.568, 0.002);
});

Deno.test("at a target of 12 % it has 11.6 % volatility and lost 40.7 %", () => {
  const { volatility, sharpe, drawdown } = play((volatility) => targetExposure(volatility, 0.12));
  near("volatility", volatility, 0.116, 0.002);
  near("Sharpe", sharpe, 0.29, 0.01);
  near("drawdown", drawdown, 0.407, 0.002);
});

Deno.test("cryptobiosis caps what one stretch awake can lose on the same history", () => {
  const limit = 0.2;
  const state = createCryptobiosis({
    targetVolatility: 0.12,
    enterVolatility: 0.3,
    reviveVolatility: 0.18,
    enterDrawdown: limit,
    calmUpdates: 10,
    revivalSteps: 4,
  });
  const rolling = new RollingVolatility(21);
  const results: number[] = [];
  let [level, worst, exposure] = [0, 0, 0];
  let [peak, awake] = [0, false];
  for (const value of returns) {
    if (rolling.ready) {
      const update = state.update(Math.exp(level), rolling.sd * Math.sqrt(252));
      if (update.state === "tun") awake = false;
      else if (!awake) [awake, peak] = [true, level];
      exposure = update.exposure;
      const result = Math.log1p(exposure * value);
      level += result;
      results.push(result);
      peak = Math.max(peak, level);
      if (awake) worst = Math.max(worst, 1 - Math.exp(level - peak));
    }
    rolling.add(value);
  }
  const { drawdown } = figures(results);
  // One day can carry it past the limit, by at most what exposure allows; the whole run can lose more than one stretch.
  assert.ok(worst < limit + 0.05, `a stretch lost ${worst}`);
  assert.ok(drawdown < 0.407, `drawdown ${drawdown}`);
  assert.ok(state.inspect().tuns >= 4, `only ${state.inspect().tuns} crises in twenty years`);
});
