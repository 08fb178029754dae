/**
 * Published vectors of price bands, round lots and market falls, against the rule book and the gate. They lie beside the
 * repository; without them these tests are skipped and counted.
 */
import assert from "node:assert/strict";
import { DOLLAR, luldBands, roundLot, type Tier } from "../../config/rulebook/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { Code, FactorMeasure, FIRM_NODE, MarketPhase, Side } from "../../ffi/mod.ts";
import { Floor } from "./floor.ts";

ensureCore();

interface Vector {
  readonly id: string;
  // deno-lint-ignore no-explicit-any -- each vector has fields of its own
  readonly input: any;
  // deno-lint-ignore no-explicit-any -- as above
  readonly expected: any;
  readonly tolerance: number;
}

function readVectors(): ReadonlyMap<string, Vector> | null {
  try {
    const text = Deno.readTextFileSync(new URL("../../../shared/reference/golden-values.json", import.meta.url));
    const { vectors } = JSON.parse(text) as { vectors: readonly Vector[] };
    return new Map(vectors.map((vector) => [vector.id, vector]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const vectors = readVectors();
const DAY = "2026-03-31";

function golden(name: string, id: string, check: (vector: Vector) => void): void {
  Deno.test({
    name: `${name}${vectors === null ? " [needs shared data]" : ""}`,
    ignore: vectors === null,
    fn: () => check(vectors!.get(id) ?? assert.fail(`there is no vector ${id}`)),
  });
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Codes of a purchase and a sale one tick inside and one tick outside the bands, in hundredths of a cent. */
function triedAt([lower, upper]: readonly [number, number]): number[] {
  using floor = new Floor({ listed: [{ price: (lower + upper) / 2 }], strategies: 1, tick: 0.0001 });
  const terms = { demands: ["PriceBands"] as const, statusMaxAgeMs: 60_000 };
  floor.gate.tell({ fact: "security", instrument: 0, ...terms }, floor.now);
  const bands = { lowerBand: floor.ticks(lower), upperBand: floor.ticks(upper) };
  const status = { phase: MarketPhase.Continuous, time: floor.now, ...bands };
  floor.gate.tell({ fact: "marketStatus", instrument: 0, ...status }, floor.now);
  const tick = 0.0001;
  return floor.send([
    { side: Side.Buy, quantity: 1, price: upper },
    { side: Side.Buy, quantity: 1, price: upper + tick },
    { side: Side.Sell, quantity: 1, price: lower },
    { side: Side.Sell, quantity: 1, price: lower - tick },
  ]);
}

golden("price bands are those published, and the gate keeps to them on both sides", "luld_bands", (vector) => {
  const { input: { cases }, expected: { bands }, tolerance } = vector;
  assert.ok(cases.length > 0);
  cases.forEach(([tier, reference, time]: [Tier, number, string], i: number) => {
    const given = { tier, reference: Math.round(reference * DOLLAR), minute: minuteOf(time), day: DAY };
    const { lower, upper } = luldBands(given)!.exact;
    const found = [lower / DOLLAR, upper / DOLLAR] as const;
    found.forEach((value, side) => assert.ok(Math.abs(value - bands[i][side]) <= tolerance, `${cases[i]}: ${found}`));
    assert.deepEqual(triedAt(found), [0, Code.PriceBand, 0, Code.PriceBand], String(cases[i]));
  });
});

golden("round lots are those published, each step to its last cent", "round_lots", ({ input, expected }) => {
  const lots = input.prices.map((price: number) => roundLot(Math.round(price * DOLLAR), DAY));
  assert.deepEqual(lots, expected.lot);
});

golden("the margin of a scope is the loss of its worst market fall of the past", "crash_returns", (vector) => {
  const { input: { close }, expected: { ret }, tolerance } = vector;
  const PRICE = 100, LOTS = 50, MARGIN = 1_000_000;
  const falls = close.map(([before, after]: [number, number]) => after / before - 1);
  falls.forEach((fall: number, i: number) => assert.ok(Math.abs(fall - ret[i]) <= tolerance));
  using floor = new Floor({ listed: [{ price: PRICE }], strategies: 1 });
  // A lot wins or loses so many cents in each scenario.
  const cents = falls.map((fall: number) => Math.round(fall * PRICE * 100));
  cents.forEach((weight: number, factor: number) => {
    floor.gate.tell({ fact: "factor", instrument: 0, factor, weight }, floor.now);
    const limit = { measure: FactorMeasure.Loss, active: 1, limit: MARGIN };
    floor.gate.tell({ fact: "factorLimit", node: FIRM_NODE, factor, ...limit }, floor.now);
  });
  const worst = -Math.min(...cents);
  assert.ok(worst > 0.2 * PRICE * 100, "the fall of 1987 is the worst of them");
  const most = Math.floor(MARGIN / worst);
  const buy = (quantity: number) => floor.send([{ side: Side.Buy, quantity, price: PRICE }])[0];
  assert.equal(buy(most - LOTS), 0);
  assert.equal(buy(LOTS + 1), Code.MarginLimit, "one lot above");
  assert.equal(buy(LOTS), 0, "what is open counts, to the lot");
  // A sale loses in none of them.
  assert.equal(floor.send([{ side: Side.Sell, quantity: 10 * most, price: PRICE }])[0], 0);
});
