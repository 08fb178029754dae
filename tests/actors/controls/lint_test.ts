import assert from "node:assert/strict";
import { lintLimits } from "../../../actors/controls/mod.ts";
import type { LimitRow } from "../../../actors/protocol/mod.ts";

const RULE = { factor: 10, volumeShare: 0.1 };
const row = (more: Partial<LimitRow>): LimitRow => ({
  scope: "account:main",
  limit: "max_open_orders",
  instrument: null,
  value: 100,
  unit: "orders",
  used: null,
  peak: null,
  volume: null,
  ...more,
});
const codes = (...rows: LimitRow[]) => lintLimits(rows, RULE).map(({ code }) => code);

Deno.test("a limit more than so many times the most that was used means nothing; at that it still does", () => {
  assert.deepEqual(codes(row({ peak: 10, used: 1 })), []);
  assert.deepEqual(codes(row({ peak: 9, used: 1 })), ["FAR_ABOVE_USAGE"]);
  assert.deepEqual(codes(row({ peak: 9, used: 10 })), []);
});

Deno.test("where nothing was used, or use is not counted, usage finds nothing", () => {
  assert.deepEqual(codes(row({}), row({ used: 0, peak: 0 })), []);
});

Deno.test("a position above the share of what the market traded means nothing", () => {
  const position = { limit: "max_position", instrument: "ALPHA", value: 1000, volume: 10_000 };
  assert.deepEqual(codes(row(position)), []);
  assert.deepEqual(codes(row({ ...position, value: 1001 })), ["ABOVE_VOLUME"]);
  assert.deepEqual(codes(row({ ...position, value: 1001, volume: 0 })), []);
});

Deno.test("an order size that the position limit refuses first is told, and so is a check that is switched off", () => {
  const scope = "organism:o";
  const position = row({ scope, limit: "max_position", value: 500 });
  assert.deepEqual(codes(position, row({ scope, limit: "max_quantity", value: 500 })), []);
  assert.deepEqual(codes(position, row({ scope, limit: "max_quantity", value: 501 })), ["NEVER_REACHED"]);
  assert.deepEqual(codes(row({ scope, limit: "duplicate_window_ms", value: 0 })), ["NO_LIMIT"]);
});
