/** Failures of the past, each stopped where it is said to be, beside what comes through without the control. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { SCENARIOS } from "./mod.ts";
import { dollars, resultOf, tableText } from "./table.ts";

ensureCore();

/** Code that stops it, number of the message, milliseconds, and thousands of dollars with and without the control. */
const STOPPED: Readonly<
  Record<string, readonly [code: RegExp, order: number, ms: number, through: number, not: number]>
> = {
  "KC-1": [/^1101 /, 1, 0, 0, 24_559],
  "KC-2": [/^1509 /, 2_121, 1_420, 3_515, 147_352],
  "KC-3": [/^1505 /, 1_207, 800, 2_000, 24_559],
  "KC-4": [/^1102 /, 1, 0, 0, 24_559],
  "KC-5": [/^1101 /, 1, 0, 0, 24_559],
  "GS-1": [/^1303 /, 1, 0, 0, 150_400],
  "GS-2": [/^1403 /, 38, 7_400, 348, 150_400],
  "GS-2b": [/^SAME_PERSON, then 1101 /, 1, 0, 0, 150_400],
  "GS-3": [/^1203 /, 1, 0, 0, 150_400],
  "MS-1": [/^1301 /, 1, 0, 0, 991_250],
  "MS-2": [/^SAME_PERSON, then 1505 /, 1, 0, 0, 500_000],
  "WB-1": [/^ROLE_FORBIDDEN, then 1505 /, 1, 0, 0, 10_000],
  "WB-2": [/^1206 /, 1, 0, 0, 20_000],
  "WB-3": [/^1206 /, 2, 0, 2, 3_074],
  "WB-4": [/^1208 /, 1, 0, 0, 10_000],
  "WB-4b": [/^1210 /, 41, 400, 400, 10_000],
  "WB-5": [/^1309 /, 1, 0, 0, 6_000],
  "WB-6": [/^1511 /, 101, 0, 200, 400],
  "WB-6b": [/^1101 /, 89, 164_000, 882, 6_612],
  "LT-1": [/^1309 /, 1, 0, 0, 6_000],
  "ML-1": [/^1311 /, 1, 0, 0, 30_000],
  "ML-2": [/^1311 /, 1, 0, 1, 14_001],
  "CT-1": [/^1302 /, 1, 0, 0, 443_990_000],
  "CT-2": [/^1508 /, 1, 0, 0, 189_000_419],
  "CT-3": [/^1508 /, 1, 0, 0, 58_607],
  "CT-4": [/^1101 /, 181, 180_000, 300_382, 1_401_784],
};

for (const scenario of SCENARIOS) {
  const { id, name, wrong, control } = scenario;
  if ("undone" in scenario) {
    Deno.test({ name: `${id} ${name}: ${wrong} [needs ${scenario.undone}]`, ignore: true, fn() {} });
    continue;
  }
  Deno.test(`${id} ${name}: ${wrong} is stopped by ${control}`, async () => {
    const { code, order, afterMs, through, without } = await scenario.run();
    const [wanted, ...numbers] = STOPPED[id];
    assert.match(code, wanted);
    const thousands = (amount: number) => Math.round(amount / 1_000);
    assert.deepEqual([order, afterMs, thousands(through), thousands(without)], numbers);
  });
}

Deno.test("every scenario of the catalogue has a row, and those that are not done say so", async () => {
  const catalogue = { KC: 5, GS: 3, MS: 2, WB: 6, LT: 1, ML: 2, CT: 4 };
  const ids = new Set(SCENARIOS.map(({ id }) => id));
  for (const [of, count] of Object.entries(catalogue)) {
    for (let number = 1; number <= count; number++) assert.ok(ids.has(`${of}-${number}`), `${of}-${number}`);
  }
  const undone = { id: "XX", name: "Nobody", year: 2026, wrong: "it", control: "none", undone: "what is not there" };
  const broken = { ...undone, id: "XX", run: () => Promise.reject(new Error("nothing was refused")) };
  delete (broken as { undone?: string }).undone;
  const lines = tableText([await resultOf(undone), await resultOf(broken)]);
  assert.match(lines[1], /NOT DONE/);
  assert.match(lines[3], /FAILED/);
  assert.match(lines[4], /failed: nothing was refused/);
  assert.equal(lines[5], "0 stopped, 1 failed, 1 not done");
  assert.deepEqual([0, 950, 1_999_850, 147_352_095, 444e9].map(dollars), [
    "$0",
    "$950",
    "$2.00 m",
    "$147 m",
    "$444 bn",
  ]);
});
