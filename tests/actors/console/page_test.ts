/** The page's pure parts: text of figures, rows of the tree, data of the charts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorView } from "../../../actors/protocol/mod.ts";
import * as format from "../../../actors/console/page/format.ts";
import { curveData } from "../../../actors/console/page/curve_data.ts";
import { cumulative, depthData } from "../../../actors/console/page/depth_data.ts";
import { bars, octaves, placeOf } from "../../../actors/console/page/histogram.ts";
import { EventParser } from "../../../actors/console/page/sse.ts";
import { ratesBetween } from "../../../actors/console/page/state.ts";
import { treeRows } from "../../../actors/console/page/tree_rows.ts";
import { createModelNode } from "./model.ts";

Deno.test("prices carry the decimals of their tick, quantities those of their lot", () => {
  assert.equal(format.price(10_012, "0.01"), "100.12");
  assert.equal(format.price(10_010, "0.010"), "100.10");
  assert.equal(format.price(4_401, "0.005"), "22.005");
  assert.equal(format.price(250_000, "0.1"), "25,000.0");
  assert.equal(format.price(7, "5"), "35");
  assert.equal(format.price(3, "1e-8"), "0.00000003");
  assert.equal(format.price(99.6, "0.01"), "1.00");
  assert.equal(format.quantity(-1_234_567, "0.001"), "−1,234.567");
});

Deno.test("every multiple of a decimal step is written exactly", () => {
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (ticks, decimals) => {
    const text = format.price(ticks, (10 ** -decimals).toFixed(decimals)).replaceAll(",", "").replace("−", "-");
    assert.equal(BigInt(text.replace(".", "")), BigInt(ticks));
  }));
});

Deno.test("money has two decimals, thousands apart, and a sign where asked for", () => {
  assert.equal(format.money(123_456_789_012), "1,234.57");
  assert.equal(format.money(-250_000_000), "−2.50");
  assert.equal(format.money(100_000_000, true), "+1.00");
  assert.equal(format.money(0, true), "0.00");
  assert.equal(format.money(-1), "0.00");
  assert.equal(format.money(1, true), "0.00");
  assert.equal(format.money(NaN), "–");
});

Deno.test("spans use the unit people would use", () => {
  assert.equal(format.span(3.251), "3.25 µs");
  assert.equal(format.span(42.5), "42.5 µs");
  assert.equal(format.span(812), "812 µs");
  assert.equal(format.span(1_500), "1.50 ms");
  assert.equal(format.span(2_500_000), "2.50 s");
  assert.equal(format.millis(12_400), "0.0124 ms");
  assert.equal(format.millis(3_210_000), "3.210 ms");
});

Deno.test("times are of the node's clock in UTC, and a time that is none is a dash", () => {
  assert.equal(format.dateTime(Date.UTC(2024, 7, 8, 9, 30, 1, 250) * 1000), "2024-08-08 09:30:01.2");
  assert.equal(format.timeOfDay(Date.UTC(2024, 7, 8, 9, 30, 1, 250) * 1000 + 999), "09:30:01.250");
  assert.equal(format.timeOfDay(NaN), "–");
  assert.equal(format.uptime(3_725.9), "01:02:05");
  assert.equal(format.uptime(90_061), "1 d 01:01:01");
});

Deno.test("counts and rates stay short", () => {
  assert.equal(format.count(9_999_999), "9,999,999");
  assert.equal(format.count(12_345_678), "12.3 M");
  assert.equal(format.counted(1, "restart"), "1 restart");
  assert.equal(format.counted(2, "restart"), "2 restarts");
  assert.deepEqual([0, 0.25, 12.4, 999.4, 1_500, 25_400, 1_250_000].map(format.rate), [
    "0",
    "0.3",
    "12",
    "999",
    "1.5k",
    "25k",
    "1.3M",
  ]);
});

const actor = (path: string, parent: string | null, mailbox = 0): ActorView => ({
  path,
  parent,
  mailbox,
  type: "t",
  state: "running",
  strategy: null,
  mailboxCapacity: 10,
  handled: 0,
  restarts: 0,
  lastExit: null,
});

Deno.test("tree rows come parent first, with depth and the row of the parent", () => {
  const rows = treeRows(createModelNode().snapshot().actors, new Set());
  assert.deepEqual(rows.map((row) => `${row.depth} ${row.actor.path} ${row.parentRow}`).slice(0, 5), [
    "0 /node -1",
    "1 /node/market 0",
    "2 /node/market/flow 1",
    "2 /node/market/venue 1",
    "1 /node/guardian 0",
  ]);
  assert.equal(rows[0].below, 9);
});

Deno.test("a folded actor hides those below it and says how many messages wait there", () => {
  const actors = [actor("/a", null, 1), actor("/a/b", "/a", 2), actor("/a/b/c", "/a/b", 3), actor("/d", null)];
  const rows = treeRows(actors, new Set(["/a"]));
  assert.deepEqual(rows.map((row) => row.actor.path), ["/a", "/d"]);
  assert.equal(rows[0].hiddenMailbox, 5);
  assert.equal(treeRows(actors, new Set(["/d"])).length, 4);
});

Deno.test("no actor disappears from the tree, whatever its parent says", () => {
  const paths = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 0, maxLength: 12 });
  fc.assert(fc.property(paths, fc.func(fc.option(fc.integer({ min: 0, max: 14 }))), (ids, parentOf) => {
    const actors = ids.map((id) => {
      const parent = parentOf(id);
      return actor(`/${id}`, parent === null ? null : `/${parent}`);
    });
    const rows = treeRows(actors, new Set());
    assert.deepEqual(rows.map((row) => row.actor.path).sort(), actors.map((one) => one.path).sort());
    for (const [index, row] of rows.entries()) assert.ok(row.parentRow < index);
  }));
});

Deno.test("depth is cumulative from the best price outwards, prices ascending", () => {
  const depth = { instrument: 0, time: 0, bids: [[99, 2], [98, 3]], asks: [[101, 1], [103, 4]] } as const;
  assert.deepEqual(cumulative(depth.bids), [[99, 2], [98, 5]]);
  assert.deepEqual(depthData(depth, 1, 1), [[98, 99, 101, 103], [5, 2, null, null], [null, null, 1, 5]]);
});

Deno.test("profit curves share one time axis and leave out what an organism did not report", () => {
  const data = curveData([{ curve: [[1e6, 1e8], [3e6, 2e8]] }, { curve: [[2e6, -1e8]] }]);
  assert.deepEqual(data, [[1, 2, 3], [1, null, 2], [null, -1, null]]);
});

Deno.test("the histogram puts empty octaves back and marks values where they belong", () => {
  const buckets = octaves([[2, 10], [4, 1], [32, 5]]);
  assert.deepEqual(buckets, [[2, 10], [4, 1], [8, 0], [16, 0], [32, 5]]);
  assert.equal(placeOf(2, buckets), 1 / 5);
  assert.equal(placeOf(Math.sqrt(8), buckets), 1.5 / 5);
  assert.equal(placeOf(64, buckets), 1);
  const [first, , empty] = bars(buckets);
  assert.equal(first.height, 1);
  assert.equal(empty.height, 0);
  assert.deepEqual(bars([]), []);
});

Deno.test("events are read the same however the bytes are cut", () => {
  const text =
    'retry: 1000\n\n: heartbeat\n\nid: 5-1\nevent: snapshot\ndata: {"a":"b: c"}\n\nevent: problem\ndata: {}\n\n';
  const whole = new EventParser().push(text);
  assert.deepEqual(whole, [
    { id: "5-1", name: "snapshot", data: '{"a":"b: c"}' },
    { id: null, name: "problem", data: "{}" },
  ]);
  fc.assert(fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
    const parser = new EventParser();
    const at = [0, ...cuts.sort((a, b) => a - b), text.length];
    const events = at.slice(1).flatMap((end, index) => parser.push(text.slice(at[index], end)));
    assert.deepEqual(events, whole);
  }));
});

Deno.test("rates are what was handled between two snapshots; a new or restarted count has none", () => {
  const handled = (counts: Record<string, number>) => ({
    actors: Object.entries(counts).map(([path, n]) => ({ ...actor(path, null), handled: n })),
  });
  const rates = ratesBetween(handled({ "/a": 100, "/b": 50 }), handled({ "/a": 160, "/b": 5, "/c": 9 }), 2);
  assert.deepEqual([...rates], [["/a", 30]]);
});

Deno.test("text stands out from its ground by the contrast that WCAG AA asks for", async () => {
  const css = await Deno.readTextFile(new URL("../../../actors/console/page/base.css", import.meta.url));
  const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)![1];
  for (const ground of ["ground", "panel", "raised"]) {
    for (const text of ["text", "muted", "bid", "ask", "gain", "loss", "warn", "alarm", "focus"]) {
      const ratio = contrast(colour(text), colour(ground));
      assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  }
  assert.ok(contrast("#ffffff", colour("danger")) >= 4.5);
});

/** WCAG 2 contrast ratio of two sRGB colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, blue] = [1, 3, 5].map((at) => {
      const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}
