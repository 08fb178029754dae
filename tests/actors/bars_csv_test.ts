import assert from "node:assert/strict";
import { BarTape, embeddedBarsPath, firstTimestamp, parseBars, readBars } from "../../actors/market/bars/mod.ts";
import { UserError } from "../../config/errors.ts";

const instrument = { id: 0, symbol: "SPX", tick: "0.01" };
const options = { instrument, source: "days.csv" };
const HEADER = "date,open,high,low,close,adjclose,volume\n";

function refusal(text: string, code: string): string {
  try {
    parseBars(text, options);
  } catch (error) {
    assert.ok(error instanceof UserError, `threw ${error}`);
    assert.equal(error.code, code);
    return error.message;
  }
  assert.fail(`accepted ${JSON.stringify(text)}`);
}

Deno.test("the embedded history is 5105 days of the S&P 500 in whole cents", () => {
  const bars = readBars(embeddedBarsPath(), { instrument });
  assert.equal(bars.length, 5105);
  assert.deepEqual(bars[0], {
    kind: "Bar",
    instrument: 0,
    open: 146925,
    high: 147800,
    low: 143836,
    close: 145522,
    volume: 931800000,
    time: Date.UTC(2000, 0, 3, 21) * 1000,
  });
  assert.equal(firstTimestamp(bars), bars[0].time);
  assert.equal(bars.at(-1)!.time, Date.UTC(2020, 3, 17, 21) * 1000);
  assert.ok(bars.every((bar) => [bar.open, bar.high, bar.low, bar.close].every(Number.isSafeInteger)));
});

Deno.test("an adjusted close scales all four prices exactly before they are rounded", () => {
  // 2:1 split: 3 cents become 1.5, which rounds away from zero to 2.
  const [bar] = parseBars(`${HEADER}2020-01-02,10.03,12.00,10.00,11.00,5.50,7\n`, options);
  assert.deepEqual([bar.open, bar.high, bar.low, bar.close], [502, 600, 500, 550]);
});

Deno.test("columns are found by name and an adjusted close is not required", () => {
  const [bar] = parseBars("Volume,Close,Low,High,Open,Date\n7,11,10,12,10.5,2020-01-02\n", {
    ...options,
    closeUtc: "20:30",
  });
  assert.deepEqual([bar.open, bar.high, bar.low, bar.close, bar.volume], [1050, 1200, 1000, 1100, 7]);
  assert.equal(bar.time, Date.UTC(2020, 0, 2, 20, 30) * 1000);
});

Deno.test("a bad file is one sentence that names the line and what is wrong", () => {
  const good = "2020-01-02,10,12,9,11,11,7\n";
  const rows: [string, RegExp][] = [
    [`${good}2020-01-02,10,12,9,11,11,7`, /days\.csv, line 3: the date 2020-01-02 does not follow the line above\./],
    [`${good}2020-01-01,10,12,9,11,11,7`, /line 3: the date 2020-01-01 does not follow/],
    ["2020-02-30,10,12,9,11,11,7", /line 2: "2020-02-30" is not a date/],
    ["02.01.2020,10,12,9,11,11,7", /line 2: "02\.01\.2020" is not a date/],
    ["2020-01-02,NaN,12,9,11,11,7", /line 2: the open "NaN" is not a price above zero/],
    ["2020-01-02,10,12,9,,11,7", /line 2: the close "" is not a price above zero/],
    ["2020-01-02,10,12,-9,11,11,7", /line 2: the low "-9" is not a price above zero/],
    ["2020-01-02,10,1e300,9,11,11,7", /line 2: .*does not fit in 53 bits/],
    ["2020-01-02,10,12,0.001,11,11,7", /line 2: the low of 0\.001 is less than one tick/],
    ["2020-01-02,10,10.5,9,11,11,7", /line 2: the high of 10\.5 is below another price/],
    ["2020-01-02,10,12,10.5,11,11,7", /line 2: the low of 10\.5 is above another price/],
    ["2020-01-02,10,12,9,11,11,", /line 2: the volume "" is not a number/],
    ["2020-01-02,10,12,9,11,11,-7", /line 2: the volume "-7" is not a number/],
    ["2020-01-02,10,12,9,11,11", /line 2: 6 fields where the header has 7/],
    [`${good}\n${good.replace("02", "03")}`, /line 3: 1 fields where the header has 7/],
  ];
  for (const [text, sentence] of rows) assert.match(refusal(HEADER + text, "BARS_ROW"), sentence);
  assert.match(refusal("date,open,high,low,close\n", "BARS_COLUMN"), /no column "volume"/);
  assert.match(refusal(HEADER, "BARS_EMPTY"), /no bars/);
  assert.throws(() => parseBars(HEADER + good, { ...options, closeUtc: "25:00" }), /"25:00" is not a time of day/);
});

Deno.test("an absent file is one sentence with the path", () => {
  assert.throws(() => readBars("/nowhere/days.csv", { instrument }), (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, "BARS_FILE");
    assert.match(error.message, /\/nowhere\/days\.csv does not exist/);
    return true;
  });
});

Deno.test("a tape groups the bars of several instruments by their end and plays each once", () => {
  const day = (id: number, date: string) =>
    parseBars(`${HEADER}${date},10,12,9,11,11,7`, { ...options, instrument: { ...instrument, id } });
  const tape = new BarTape([
    [...day(0, "2020-01-02"), ...day(0, "2020-01-03")],
    [...day(1, "2020-01-03"), ...day(1, "2020-01-06")],
  ]);
  assert.equal(tape.length, 3);
  assert.deepEqual(tape.instruments, [0, 1]);
  const played: number[][] = [];
  for (let batch = tape.peek(); batch !== undefined; batch = tape.peek()) {
    played.push(batch.bars.map((bar) => bar.instrument));
    tape.advance();
  }
  assert.deepEqual(played, [[0], [0, 1], [1]]);
  assert.equal(tape.played, 3);
});
