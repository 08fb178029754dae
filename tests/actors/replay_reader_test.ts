import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { UserError } from "../../config/errors.ts";
import { decode } from "../../actors/market/replay/decode.ts";
import { CaptureMessage, MessageKind } from "../../actors/market/replay/message.ts";
import { CaptureReader, firstTimestamp, inspectCapture } from "../../actors/market/replay/reader.ts";
import { scaleOf } from "../../actors/market/replay/scale.ts";
import { Scanner } from "../../actors/market/replay/scan.ts";
import type { Instrument } from "../../actors/protocol/mod.ts";
import {
  Captures,
  json,
  lines,
  meaning,
  perpetual,
  readMessages,
  spotCapture,
  START,
  usdmCapture,
} from "./replay_support.ts";

/** Reads the file and returns the error, which must be a UserError of that code whose sentence matches. */
async function refused(path: string, code: string, sentence: RegExp, instrument: Instrument = perpetual) {
  const reader = new CaptureReader({ files: [path], instrument });
  await assert.rejects(reader.readAll(() => {}), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, sentence);
    assert.ok(error.message.startsWith(path), "the sentence names the file");
    return true;
  });
}

Deno.test("every kind of message is read into ticks and lots", async () => {
  using captures = new Captures();
  const path = captures.messages(
    json.usdmDiff(10, 12, 9, [["100.10", "0.500"], ["99", "0.000"]], [["100.2", "1.25"]]),
    json.snapshot(12, [["100.00", "2"]], [["100.50", "3.001"]]),
    json.trade(77, "100.10", "0.007", true, "MARKET"),
    json.top(13, "100.10", "0.493", "100.20", "1.250"),
  );
  const [diff, snapshot, trade, top] = await readMessages({ files: [path], instrument: perpetual });
  assert.deepEqual(meaning(diff), {
    kind: MessageKind.Diff,
    line: 1,
    time: START,
    lastId: 12,
    eventTime: 1,
    firstId: 10,
    previousId: 9,
    bidCount: 2,
    levelCount: 3,
    prices: [1001, 990, 1002],
    quantities: [500, 0, 1250],
  });
  assert.equal(snapshot.kind, MessageKind.Snapshot);
  assert.deepEqual([...snapshot.prices], [1000, 1005]);
  assert.deepEqual([...snapshot.quantities], [2000, 3001]);
  assert.deepEqual([trade.price, trade.quantity, trade.aggressor, trade.time], [1001, 7, 1, START + 2000]);
  assert.deepEqual([top.bid, top.bidQuantity, top.ask, top.askQuantity], [1001, 493, 1002, 1250]);
});

Deno.test("a tick that is no power of ten is read exactly and off-tick prices are refused", async () => {
  using captures = new Captures();
  const quarter = { ...perpetual, tick: "0.25" };
  const good = captures.messages(json.trade(1, "100.75", "1", false));
  assert.equal((await readMessages({ files: [good], instrument: quarter }))[0].price, 403);
  await refused(captures.messages(json.trade(1, "100.80", "1", false)), "CAPTURE_OFF_TICK", /"100\.80"/, quarter);
});

Deno.test("an off-tick price names the line and the value", async () => {
  using captures = new Captures();
  const path = captures.messages(json.trade(1, "100.10", "1", true), json.trade(2, "100.15", "1", true));
  await refused(path, "CAPTURE_OFF_TICK", /line 2: the price "100\.15" is not a multiple .* tick of 0\.10/);
});

Deno.test("an off-lot quantity names the line, the value and a lot that would hold it", async () => {
  using captures = new Captures();
  const path = captures.messages(json.usdmDiff(1, 1, 0, [["100.10", "0.00250"]], []));
  await refused(path, "CAPTURE_OFF_LOT", /line 1: the quantity "0\.00250" .* lot of 0\.001\b.*0\.0001/);
});

Deno.test("numbers that are no plain decimals above zero are refused", async () => {
  using captures = new Captures();
  for (const price of ["-100.1", "0", "", "NaN", "1_000", "Infinity", "1e400"]) {
    await refused(captures.messages(json.trade(1, price, "1", true)), "CAPTURE_MESSAGE", /line 1: the price/);
  }
  await refused(captures.messages(json.trade(1, "1", "0", true)), "CAPTURE_MESSAGE", /quantity "0" is not above zero/);
  await refused(captures.messages(json.trade(1, "99999999999999999", "1", true)), "CAPTURE_MESSAGE", /not a usable/);
});

Deno.test("a truncated gzip is said to be truncated, wherever it was cut", async () => {
  using captures = new Captures();
  const whole = gzipSync(lines(Array.from({ length: 5000 }, (_, t) => json.trade(t, "100.10", "1", true))));
  for (const length of [0, 5, 20, 2000, whole.length - 4, whole.length - 1]) {
    await refused(captures.bytes(whole.subarray(0, length)), "CAPTURE_TRUNCATED", /ends in the middle/);
  }
});

Deno.test("damaged gzip data is said to be damaged, also when only the checksum tells", async () => {
  using captures = new Captures();
  const damaged = gzipSync(lines([json.trade(1, "100.10", "1", true)]));
  damaged[damaged.length - 8] ^= 1;
  await refused(captures.bytes(damaged), "CAPTURE_CORRUPT", /damaged/);
  await refused(captures.bytes(new TextEncoder().encode("not gzip at all")), "CAPTURE_CORRUPT", /no gzip data/);
});

Deno.test("an absent file and a directory are named", async () => {
  using captures = new Captures();
  await refused(captures.absent(), "CAPTURE_MISSING", /no such file/);
  const path = captures.absent().replace("/absent.gz", "");
  await refused(path, "CAPTURE_MISSING", /directory/);
});

Deno.test("a line without a receive time is named", async () => {
  using captures = new Captures();
  const trade = json.trade(1, "100.10", "1", true);
  const good = `1723161255000000000 ${trade}\n`;
  for (const bad of [trade, `17231612550000000 ${trade}`, `1723161255000000000${trade}`, "", "1723161255000000001"]) {
    await refused(captures.text(`${good}${bad}\n`), "CAPTURE_LINE", /line 2: the line does not begin/);
  }
});

Deno.test("a receive time that goes backwards is named, by one nanosecond too", async () => {
  using captures = new Captures();
  const trade = json.trade(1, "100.10", "1", true);
  const path = captures.text(`1723161255000000009 ${trade}\n1723161255000000008 ${trade}\n`);
  await refused(path, "CAPTURE_TIME", /line 2: the receive time goes backwards/);
  const same = captures.text(`1723161255000000009 ${trade}\n1723161255000000009 ${trade}\n`);
  assert.equal((await readMessages({ files: [same], instrument: perpetual })).length, 2);
});

Deno.test("files given in the wrong order are refused", async () => {
  using captures = new Captures();
  const late = captures.text(`1723161256000000000 ${json.trade(1, "100.10", "1", true)}\n`);
  const early = captures.text(`1723161255000000000 ${json.trade(1, "100.10", "1", true)}\n`);
  const reader = new CaptureReader({ files: [late, early], instrument: perpetual });
  await assert.rejects(reader.readAll(() => {}), { code: "CAPTURE_TIME" });
});

Deno.test("bad JSON and messages of the wrong shape are named", async () => {
  using captures = new Captures();
  await refused(captures.messages('{"stream":"btcusdt@trade"'), "CAPTURE_JSON", /line 1: .*not JSON/);
  await refused(captures.messages("[]"), "CAPTURE_MESSAGE", /line 1/);
  await refused(
    captures.messages('{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT"}}'),
    "CAPTURE_MESSAGE",
    /line 1: the trade is not as Binance sends it \(t/,
  );
});

Deno.test("a symbol that is not the configured one is refused", async () => {
  using captures = new Captures();
  const path = captures.messages(json.trade(1, "100.10", "1", true).replace("BTCUSDT", "ETHUSDT"));
  await refused(path, "CAPTURE_SYMBOL", /about ETHUSDT, but the capture is configured as BTCUSDT/);
  const source = { files: [path], instrument: perpetual, symbol: "ETHUSDT" };
  assert.equal((await readMessages(source)).length, 1);
});

Deno.test("unknown streams are counted by name and passed over; off-book trades are counted", async () => {
  using captures = new Captures();
  const path = captures.messages(
    '{"stream":"btcusdt@markPrice","data":{"p":"1"}}',
    '{"stream":"btcusdt@depth20@100ms","data":{}}',
    '{"stream":"btcusdt@markPrice","data":{"p":"2"}}',
    '{"result":null,"id":1}',
    json.trade(1, "0", "0", true, "INSURANCE_FUND"),
    json.trade(2, "100.10", "1", true, "MARKET"),
  );
  const report = await inspectCapture({ files: [path], instrument: perpetual });
  assert.deepEqual([...report.unknown], [["btcusdt@markPrice", 2], ["btcusdt@depth20@100ms", 1], ["(no stream)", 1]]);
  assert.deepEqual([report.messages, report.trades, report.offBook], [6, 1, 1]);
});

Deno.test("lines longer than a chunk, carriage returns and a missing last newline are read", async () => {
  using captures = new Captures();
  const levels = Array.from({ length: 20_000 }, (_, n) => [`${(n + 1) / 10}`, "1.000"] as const);
  const long = json.usdmDiff(1, 2, 0, levels, []);
  const trade = json.trade(1, "100.10", "1", true);
  const path = captures.text(`1723161255000000000 ${long}\r\n1723161255000000001 ${trade}`);
  const [diff, last] = await readMessages({ files: [path], instrument: perpetual });
  assert.equal(diff.levelCount, 20_000);
  assert.equal(diff.prices[19_999], 20_000);
  assert.equal(last.kind, MessageKind.Trade);
});

Deno.test("the first timestamp is known without reading the rest", async () => {
  using captures = new Captures();
  assert.equal(await firstTimestamp(captures.messages(json.trade(1, "1", "1", true), "broken")), START);
  await assert.rejects(firstTimestamp(captures.text("")), { code: "CAPTURE_EMPTY" });
  await assert.rejects(firstTimestamp(captures.absent()), { code: "CAPTURE_MISSING" });
});

Deno.test("the scanner accepts nothing that the complete reader refuses", () => {
  const scanner = new Scanner("BTCUSDT", scaleOf("0.10"), scaleOf("0.001"));
  const sound = [
    json.usdmDiff(10, 12, 9, [["100.10", "0.500"]], [["100.2", "1.25"], ["101", "0"]]),
    json.spotDiff(10, 12, [["100.10", "0.500"]], []),
    json.trade(77, "100.10", "0.007", true, "MARKET"),
    json.top(13, "100.10", "0.493", "100.20", "1.250"),
  ];
  let accepted = 0;
  const compare = (text: string) => {
    const fast = new CaptureMessage();
    const bytes = new TextEncoder().encode(text);
    if (!scanner.scan(bytes, 0, bytes.length, fast)) return;
    accepted++;
    const slow = new CaptureMessage();
    decode(text, "BTCUSDT", perpetual, slow, () => text);
    assert.deepEqual(meaning(fast), meaning(slow), text);
  };
  for (const line of sound) {
    // Every single-character deletion and a set of single-character replacements.
    for (let at = 0; at < line.length; at++) {
      for (const put of ["", "0", "9", ".", '"', ",", "-", "}", "x", " ", "e"]) {
        compare(line.slice(0, at) + put + line.slice(at + 1));
      }
    }
    for (const end of ["}", "x", ",", " ", `\n${line}`]) compare(line + end);
    for (const zero of ["0", "0.0", "00.00"]) compare(line.replace('"100.10"', `"${zero}"`));
    // Every field left out, and every field twice.
    const { stream, data } = JSON.parse(line);
    for (const name of Object.keys(data)) {
      compare(JSON.stringify({ stream, data: { ...data, [name]: undefined } }));
      const field = JSON.stringify({ [name]: data[name] }).slice(1, -1);
      compare(line.replace(field, `${field},${field}`));
    }
  }
  assert.ok(accepted > 500, `only ${accepted} variants were accepted`);
});

for (
  const [name, source, expected] of [
    ["usdm", usdmCapture, { messages: 93_954, diffs: 6_551, tops: 66_089, trades: 21_313, snapshots: 1 }],
    ["spot", spotCapture, { messages: 99_574, diffs: 6_495, tops: 73_174, trades: 19_904, snapshots: 1 }],
  ] as const
) {
  Deno.test({
    name: `the recorded ${name} capture holds the documented number of messages of each kind`,
    ignore: source === null,
    fn: async () => {
      const report = await inspectCapture(source!);
      const { messages, diffs, tops, trades, snapshots, unknown, offBook, first, last } = report;
      assert.deepEqual({ messages, diffs, tops, trades, snapshots }, expected);
      assert.equal(report.levelUpdates, name === "usdm" ? 443_521 : 298_111);
      assert.equal(unknown.size + offBook, 0);
      assert.ok(first < last);
      assert.equal(await firstTimestamp(source!.files[0]), first);
    },
  });

  Deno.test({
    name: `scanner and complete reader agree on every line of the recorded ${name} capture`,
    ignore: source === null,
    fn: async () => {
      const { CaptureLines } = await import("../../actors/market/replay/lines.ts");
      const { instrument } = source!;
      const scanner = new Scanner(instrument.symbol, scaleOf(instrument.tick), scaleOf(instrument.lot));
      const fast = new CaptureMessage();
      const slow = new CaptureMessage();
      let scanned = 0;
      let total = 0;
      for (const path of source!.files) {
        const file = new CaptureLines(path);
        while (
          await file.read((line, _time, bytes, start, end) => {
            total++;
            const ok = scanner.scan(bytes, start, end, fast);
            decode(
              new TextDecoder().decode(bytes.subarray(start, end)),
              instrument.symbol,
              instrument,
              slow,
              () => `line ${line}`,
            );
            if (!ok) {
              assert.equal(slow.kind, MessageKind.Snapshot, `line ${line} is usual and was not scanned`);
              return;
            }
            scanned++;
            assert.deepEqual(meaning(fast), meaning(slow));
          })
        );
      }
      assert.equal(scanned, total - 1);
    },
  });
}
