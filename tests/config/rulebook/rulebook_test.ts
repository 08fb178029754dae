/** The rule book: every constant has a day, a source and a test per regime. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CENT,
  datedRule,
  DOLLAR,
  inForce,
  isDay,
  LULD,
  luldBands,
  mayShort,
  quoteRules,
  QUOTES,
  ROUND_LOTS,
  roundLot,
  SHORT_SALES,
  TICK_SIZES,
  tickSize,
  wouldTrip,
} from "../../../config/rulebook/mod.ts";

const dollars = (amount: number) => Math.round(amount * DOLLAR);
const at = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const regime = { from: "2020-01-01", until: null, source: "a source", evidence: "read", rule: 1 } as const;

Deno.test("every regime of every rule says where it was read", () => {
  for (const { name, regimes } of [ROUND_LOTS, TICK_SIZES, LULD, SHORT_SALES, QUOTES]) {
    for (const { source } of regimes) assert.ok(source.length > 20, `${name}: "${source}"`);
  }
});

Deno.test("a rule holds from its first day to the day before its successor", () => {
  const rule = datedRule("example", [
    { ...regime, from: "2020-01-01", until: "2024-02-29", rule: "old" },
    { ...regime, from: "2024-02-29", until: null, rule: "new" },
  ]);
  const ruleOn = (day: string) => inForce(rule, day)?.rule ?? null;
  assert.deepEqual(
    ["2019-12-31", "2020-01-01", "2024-02-28", "2024-02-29", "2099-12-31"].map(ruleOn),
    [null, "old", "old", "new", "new"],
  );
});

Deno.test("what is no day has no rule", () => {
  for (const day of ["2023-02-29", "2024-13-01", "2024-1-1", "", "today", "2024-06-31"]) {
    assert.equal(isDay(day), false, day);
    assert.equal(inForce(QUOTES, day), null);
  }
});

Deno.test("a series with a gap, an overlap, a backward span or no day is refused with its name", () => {
  const refused = (...spans: [string, string | null][]) =>
    assert.throws(() => datedRule("example", spans.map(([from, until]) => ({ ...regime, from, until }))), /"example"/);
  refused();
  refused(["2020-01-01", "2021-01-01"], ["2021-01-02", null]);
  refused(["2020-01-01", "2021-01-01"], ["2020-12-31", null]);
  refused(["2020-01-01", null], ["2021-01-01", null]);
  refused(["2020-01-01", "2020-01-01"]);
  refused(["2020-01-01", "2019-01-01"]);
  refused(["2020-02-30", null]);
});

Deno.test("a round lot is a hundred shares until November 2025", () => {
  for (const close of [1, 250, 1_000, 9_999, 500_000]) assert.equal(roundLot(dollars(close), "2025-11-02"), 100);
});

Deno.test("since November 2025 a round lot follows the price, each step to its last cent", () => {
  const closes = [250, 250.01, 1_000, 1_000.01, 10_000, 10_000.01];
  assert.deepEqual(closes.map((close) => roundLot(dollars(close), "2025-11-03")), [100, 40, 40, 10, 10, 1]);
  assert.equal(roundLot(250 * DOLLAR + 1, "2026-11-30"), 40, "an average between two cents belongs above");
});

Deno.test("a tick is a cent, and a hundredth of one below a dollar", () => {
  assert.deepEqual([0.9999, 1, 75].map((amount) => tickSize(dollars(amount), dollars(0.01), "2026-11-01")), [
    100,
    CENT,
    CENT,
  ]);
});

Deno.test("since November 2026 stocks quoted within a cent and a half have half-cent ticks", () => {
  const tick = (spread: number | null, amount = 20) =>
    tickSize(dollars(amount), spread === null ? null : dollars(spread), "2026-11-02");
  assert.deepEqual([0.0149, 0.015, 0.015001, 0.02].map((spread) => tick(spread)), [5_000, 5_000, CENT, CENT]);
  assert.equal(tick(null), CENT, "a spread that is not known keeps the wider step");
  assert.equal(tick(0.01, 0.5), 100);
});

Deno.test("bands follow tier, price and hour since doubling at the open ended", () => {
  const bands = (tier: 1 | 2, reference: number, time: string) => {
    const { lower, upper } =
      luldBands({ tier, reference: dollars(reference), minute: at(time), day: "2026-11-30" })!.exact;
    return [lower / DOLLAR, upper / DOLLAR];
  };
  assert.deepEqual(bands(1, 100, "09:35"), [95, 105]);
  assert.deepEqual(bands(1, 100, "15:40"), [90, 110]);
  assert.deepEqual(bands(2, 100, "15:40"), [90, 110]);
  assert.deepEqual(bands(2, 2, "10:00"), [1.6, 2.4]);
  assert.deepEqual(bands(2, 0.5, "10:00"), [0.35, 0.65]);
  assert.deepEqual(bands(2, 0.1, "10:00"), [0.025, 0.175]);
  assert.deepEqual(bands(2, 2, "15:35"), [1.2, 2.8]);
  assert.deepEqual(bands(2, 0.1, "15:59"), [0, 0.25], "no lower than zero");
});

Deno.test("in the pilot bands were doubled in the first quarter of an hour, and for Tier 2 at the close", () => {
  const lower = (tier: 1 | 2, time: string, day: string) =>
    luldBands({ tier, reference: dollars(100), minute: at(time), day })!.exact.lower / DOLLAR;
  assert.deepEqual([lower(1, "09:44", "2019-04-10"), lower(1, "09:45", "2019-04-10")], [90, 95]);
  assert.deepEqual([lower(2, "15:34", "2019-04-10"), lower(2, "15:35", "2019-04-10")], [90, 80]);
  assert.deepEqual([lower(1, "09:44", "2019-04-11"), lower(2, "15:35", "2019-04-11")], [95, 90]);
});

Deno.test("the close of the day before decides the percentage, the reference the amount", () => {
  const bands = luldBands({
    tier: 1,
    reference: dollars(2.9),
    previousClose: dollars(3.01),
    minute: at("11:00"),
    day: "2026-11-30",
  })!;
  assert.deepEqual(bands.exact, { lower: dollars(2.755), upper: dollars(3.045) });
  assert.deepEqual(bands.rounded, { lower: dollars(2.76), upper: dollars(3.05) });
  const edge = { tier: 1, reference: dollars(3), minute: at("11:00"), day: "2026-11-30" } as const;
  assert.equal(luldBands({ ...edge, previousClose: dollars(3) })!.exact.lower, dollars(2.4));
  assert.equal(luldBands({ ...edge, previousClose: dollars(0.75) })!.exact.lower, dollars(2.4));
  assert.equal(luldBands({ ...edge, previousClose: dollars(0.7499) })!.exact.lower, dollars(2.85));
});

Deno.test("there are no bands outside regular hours or before the plan", () => {
  const bands = (time: string, day = "2026-11-30") => luldBands({ tier: 1, reference: DOLLAR, minute: at(time), day });
  assert.deepEqual([bands("09:29"), bands("16:00"), bands("11:00", "2013-04-05")], [null, null, null]);
  assert.notEqual(bands("09:30"), null);
  assert.notEqual(bands("15:59"), null);
});

Deno.test("bands lie around their reference, and the rounded ones within half a cent of the exact ones", () => {
  fc.assert(fc.property(
    fc.constantFrom<1 | 2>(1, 2),
    fc.integer({ min: 100, max: 5_000 * DOLLAR }),
    fc.integer({ min: 570, max: 959 }),
    (tier, reference, minute) => {
      const { exact, rounded } = luldBands({ tier, reference, minute, day: "2026-11-30" })!;
      assert.ok(exact.lower < reference && reference < exact.upper);
      assert.ok(exact.upper - reference >= reference - exact.lower);
      assert.equal(rounded.lower % CENT + rounded.upper % CENT, 0);
      assert.ok(Math.abs(rounded.lower - exact.lower) <= CENT / 2);
      assert.ok(Math.abs(rounded.upper - exact.upper) <= CENT / 2);
    },
  ));
});

Deno.test("a fall of exactly a tenth trips the short-sale breaker", () => {
  const trips = (last: number) => wouldTrip(dollars(last), dollars(50), "2026-11-30");
  assert.deepEqual([45.01, 45, 44.99].map(trips), [false, true, true]);
  assert.equal(wouldTrip(1, DOLLAR, "2011-02-27"), null);
});

Deno.test("while the breaker is on a short sale stands above the best bid or is marked exempt", () => {
  const short = (price: number, bid: number | null, exempt = false) =>
    mayShort(dollars(price), bid === null ? null : dollars(bid), exempt, "2026-11-30");
  assert.deepEqual([short(44.99, 45), short(45, 45), short(45.01, 45)], [false, false, true]);
  assert.equal(short(44, 45, true), true);
  assert.equal(short(45, null), false, "without a bid nothing says that it is above one");
  assert.equal(mayShort(DOLLAR, null, true, "2010-01-01"), null);
});

Deno.test("trade-through and lock rules hold while their rescission is only proposed", () => {
  assert.deepEqual(quoteRules("2026-11-30"), { tradeThrough: true, lockOrCross: true });
  assert.equal(quoteRules("2007-10-05"), null);
});

Deno.test("what is no price is refused", () => {
  for (const wrong of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => roundLot(wrong, "2026-11-30"), /not a price in millionths/);
  }
});
