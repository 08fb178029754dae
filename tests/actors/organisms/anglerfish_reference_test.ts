/**
 * The published simulation of Avellaneda & Stoikov (2008, section 3.3), with the organism's own formulas: mid 100 moves
 * by ±σ√dt, takers reach a quote at distance δ with probability A·exp(−kδ)dt per step, profit is cash plus inventory at
 * the last mid. The figures are those of 200 000 paths.
 */
import assert from "node:assert/strict";
import { optimalSpread, reservationPrice } from "../../../actors/organisms/anglerfish.ts";
import { createRandom } from "../../../runtime/mod.ts";

const SET_UP = { mid: 100, horizon: 1, sigma: 2, dt: 0.005, k: 1.5, intensity: 140 };
const PATHS = 40_000;

interface Outcome {
  readonly profit: number;
  readonly profitSd: number;
  readonly inventory: number;
  readonly inventorySd: number;
}

/** "inventory" centres the quotes on the reservation price; "symmetric" centres the same average width on the mid. */
function simulate(strategy: "inventory" | "symmetric", gamma: number, seed: number): Outcome {
  const { mid, horizon, sigma, dt, k, intensity } = SET_UP;
  const steps = Math.round(horizon / dt);
  const random = createRandom(seed);
  let meanWidth = 0;
  for (let n = 0; n < steps; n++) meanWidth += optimalSpread(gamma, sigma, horizon - n * dt, k) / steps;
  let [profit, profit2, inventory, inventory2] = [0, 0, 0, 0];
  for (let path = 0; path < PATHS; path++) {
    let [s, q, cash] = [mid, 0, 0];
    for (let n = 0; n < steps; n++) {
      const left = horizon - n * dt;
      const centre = strategy === "inventory" ? reservationPrice(s, q, gamma, sigma, left) : s;
      const half = (strategy === "inventory" ? optimalSpread(gamma, sigma, left, k) : meanWidth) / 2;
      const [bid, ask] = [centre - half, centre + half];
      const sells = random.next() < intensity * Math.exp(-k * (ask - s)) * dt;
      const buys = random.next() < intensity * Math.exp(-k * (s - bid)) * dt;
      if (sells) [q, cash] = [q - 1, cash + ask];
      if (buys) [q, cash] = [q + 1, cash - bid];
      s += random.next() < 0.5 ? sigma * Math.sqrt(dt) : -sigma * Math.sqrt(dt);
    }
    const wealth = cash + q * s;
    profit += wealth / PATHS;
    profit2 += wealth * wealth / PATHS;
    inventory += q / PATHS;
    inventory2 += q * q / PATHS;
  }
  return {
    profit,
    profitSd: Math.sqrt(profit2 - profit * profit),
    inventory,
    inventorySd: Math.sqrt(inventory2 - inventory * inventory),
  };
}

function near(what: string, measured: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(measured - expected) <= tolerance,
    `${what}: ${measured.toFixed(3)} is not ${expected} ± ${tolerance}`,
  );
}

Deno.test("the inventory strategy earns 64.9 with a deviation of 6.5 and holds 2.93, as published", () => {
  const { profit, profitSd, inventory, inventorySd } = simulate("inventory", 0.1, 1);
  near("profit", profit, 64.9, 0.5);
  near("sd of profit", profitSd, 6.5, 0.3);
  near("final inventory", inventory, 0, 0.1);
  near("sd of final inventory", inventorySd, 2.93, 0.15);
});

Deno.test("the symmetric strategy earns 68.2 with a deviation of 13.4 and holds 8.4, as published", () => {
  const { profit, profitSd, inventory, inventorySd } = simulate("symmetric", 0.1, 1);
  near("profit", profit, 68.2, 0.5);
  near("sd of profit", profitSd, 13.4, 0.3);
  near("final inventory", inventory, 0, 0.2);
  near("sd of final inventory", inventorySd, 8.4, 0.15);
});

Deno.test("the spread of the set-up is 1.49 on average", () => {
  let sum = 0;
  for (let n = 0; n < 200; n++) sum += optimalSpread(0.1, 2, 1 - n * 0.005, 1.5) / 200;
  near("spread", sum, 1.49, 0.005);
});
