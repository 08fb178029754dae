import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DecimalError,
  fromLots,
  fromMoney,
  fromTicks,
  nearestTicks,
  parseDecimal,
  toLots,
  toTicks,
  unitsPerTickLot,
} from "../../actors/protocol/mod.ts";

const of = (tick: string, lot = "1") => ({ symbol: "ALPHA", tick, lot });

function fault(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof DecimalError, `threw ${error}`);
    return error.code;
  }
  assert.fail("accepted");
}

Deno.test("a price is a whole number of ticks, exactly, where binary fractions would drift", () => {
  const cases: [price: string, tick: string, ticks: number][] = [
    ["0.3", "0.1", 3],
    ["0.7", "0.1", 7],
    ["1.15", "0.05", 23],
    ["60000.10", "0.10", 600_001],
    ["-2.50", "0.25", -10],
    ["0", "0.01", 0],
    ["1e-8", "0.00000001", 1],
    ["1.5e3", "0.5", 3_000],
    ["9007199254740991", "1", Number.MAX_SAFE_INTEGER],
  ];
  for (const [price, tick, ticks] of cases) assert.equal(toTicks(of(tick), price), ticks, `${price} in ${tick}`);
  assert.equal(toLots(of("1", "0.001"), "12.345"), 12_345);
});

Deno.test("what is not a whole number of steps, or no number, is refused with its kind and a sentence", () => {
  assert.equal(fault(() => toTicks(of("0.05"), "1.17")), "off-tick");
  assert.equal(fault(() => toLots(of("1", "0.001"), "0.0005")), "off-lot");
  for (const text of ["", "NaN", "Infinity", "abc", "1,5", "1.", ".5", "0x10", "1e9999", "--1", "1 2", "１"]) {
    assert.equal(fault(() => toTicks(of("0.01"), text)), "malformed", JSON.stringify(text));
  }
  assert.equal(fault(() => toTicks(of("0.01"), "9".repeat(80))), "malformed");
  assert.equal(fault(() => toTicks(of("1"), "9007199254740992")), "out-of-range");
  for (const tick of ["0", "-0.01", "x"]) assert.equal(fault(() => toTicks(of(tick), "1")), "malformed", tick);
  assert.throws(() => toTicks(of("0.05"), "1.17"), /ALPHA: the price 1\.17 is not a multiple of 0\.05/);
});

Deno.test("ticks become the decimal they came from", () => {
  const steps = fc.constantFrom("0.01", "0.05", "0.1", "0.10", "1", "25", "0.00000001", "0.125");
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), steps, (ticks, tick) => {
      const text = fromTicks(of(tick), ticks);
      assert.equal(toTicks(of(tick), text), ticks);
      assert.equal(text.split(".")[1]?.length ?? 0, tick.split(".")[1]?.length ?? 0, "as many decimals as the tick");
    }),
    { seed: 3, numRuns: 1_000 },
  );
  assert.equal(fromTicks(of("0.01"), -5), "-0.05");
  assert.equal(fromLots(of("1", "0.001"), 1), "0.001");
  assert.equal(fromMoney(-150_000_000), "-1.50000000");
  assert.equal(fault(() => fromTicks(of("0.01"), 0.5)), "out-of-range");
});

Deno.test("recorded prices go to the nearest tick, half away from zero, scaled exactly if asked", () => {
  assert.equal(nearestTicks(of("0.01"), "1438.359985"), 143_836);
  assert.equal(nearestTicks(of("0.01"), "0.005"), 1);
  assert.equal(nearestTicks(of("0.01"), "-0.005"), -1);
  assert.equal(nearestTicks(of("0.01"), "0.004999"), 0);
  const third = { numerator: parseDecimal("1"), denominator: parseDecimal("3") };
  assert.equal(nearestTicks(of("0.01"), "1", third), 33);
  assert.equal(fault(() => nearestTicks(of("0.01"), "1", { ...third, denominator: parseDecimal("0") })), "malformed");
});

Deno.test("a tick of a lot is a whole number of money units, or the pair is refused", () => {
  assert.equal(unitsPerTickLot("0.01", "1"), 1_000_000);
  assert.equal(unitsPerTickLot("0.10", "0.001"), 10_000);
  assert.equal(unitsPerTickLot("0.01", "0.00001"), 10);
  assert.equal(unitsPerTickLot("0.0001", "0.0001"), 1);
  assert.throws(() => unitsPerTickLot("0.0001", "0.00001"), /choose a larger lot/);
});
