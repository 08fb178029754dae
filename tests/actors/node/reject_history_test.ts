/** Refusals over market time: bounded, without gaps, and not one of them lost. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RejectHistory } from "../../../actors/node/reject_history.ts";

const SECOND = 1_000_000;
const START = Date.UTC(2026, 0, 5, 9) * 1_000;

Deno.test("a refusal stands in the second of market time it was seen in, and steps have no gaps", () => {
  const history = new RejectHistory();
  history.look(START, {});
  history.look(START + SECOND, { 1303: 2 });
  history.look(START + 4 * SECOND, { 1303: 3, 1101: 1 });
  const { every, times, codes } = history.series();
  assert.equal(every, SECOND);
  assert.deepEqual(times.map((time) => (time - START) / SECOND), [0, 1, 2, 3, 4]);
  assert.deepEqual(codes.map(({ name, total, counts }) => [name, total, counts]), [
    ["PriceCollar", 3, [0, 2, 0, 0, 1]],
    ["Killed", 1, [0, 0, 0, 0, 1]],
  ]);
  assert.equal(codes[0].sentence, "the price is too far through the reference price");
});

Deno.test("before the first look there is nothing, and nothing is made up", () => {
  assert.deepEqual(new RejectHistory().series(), { every: SECOND, times: [], codes: [] });
});

Deno.test("however long the run and however it leaps, steps stay few and their counts add up to the totals", () => {
  const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 * 86_400 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(fc.property(moves, (steps) => {
    const history = new RejectHistory();
    let [time, total] = [START, 0];
    history.look(time, {});
    for (const [seconds, more] of steps) {
      time += seconds * SECOND;
      total += more;
      history.look(time, total === 0 ? {} : { 1303: total });
    }
    const { every, times, codes } = history.series();
    assert.ok(times.length <= 120, `${times.length}`);
    times.slice(1).forEach((at, i) => assert.equal(at - times[i], every));
    assert.ok(times[0] <= START && times.at(-1)! <= time && time < times.at(-1)! + every);
    for (const code of codes) {
      assert.equal(code.counts.length, times.length);
      assert.equal(code.counts.reduce((a, b) => a + b, 0), code.total);
    }
    assert.equal(codes[0]?.total ?? 0, total);
  }));
});
