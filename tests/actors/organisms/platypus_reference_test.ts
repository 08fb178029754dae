/**
 * Order-flow imbalance on a planted market: a book with one level a side in which the price moves by β·OFI/D plus
 * noise, so that the slope the organism's own formulas must find is known.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { flowOf, Slope } from "../../../actors/organisms/platypus.ts";
import { createRandom } from "../../../runtime/mod.ts";

const at = (bid: number, bidQuantity: number, ask: number, askQuantity: number) => ({
  bid,
  bidQuantity,
  ask,
  askQuantity,
});

Deno.test("a change of the best quotes counts as the paper says", () => {
  const before = at(100, 5, 102, 7);
  const cases: [string, ReturnType<typeof at>, number][] = [
    ["nothing changed", at(100, 5, 102, 7), 0],
    ["the bid grew by 3", at(100, 8, 102, 7), 3],
    ["the bid shrank by 3", at(100, 2, 102, 7), -3],
    ["the ask grew by 3", at(100, 5, 102, 10), -3],
    ["the ask shrank by 3", at(100, 5, 102, 4), 3],
    ["the bid rose: its new queue", at(101, 4, 102, 7), 4],
    ["the bid fell: its old queue", at(99, 40, 102, 7), -5],
    ["the ask fell: its new queue", at(100, 5, 101, 4), -4],
    ["the ask rose: its old queue", at(100, 5, 103, 40), 7],
    ["both rose", at(101, 4, 103, 40), 11],
  ];
  for (const [name, after, expected] of cases) assert.equal(flowOf(before, after), expected, name);
});

/** Ordinary least squares, straight from the definition, as the twin of the recursion with forgetting 1. */
function leastSquares(points: readonly (readonly [number, number])[]) {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const xx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const xy = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const beta = xy / xx;
  const residual = points.reduce((sum, [x, y]) => sum + (y - meanY - beta * (x - meanX)) ** 2, 0);
  const total = points.reduce((sum, [, y]) => sum + (y - meanY) ** 2, 0);
  return { beta, t: beta / Math.sqrt(residual / (n - 2) / xx), r2: 1 - residual / total };
}

Deno.test("without forgetting the recursion is ordinary least squares", () => {
  const value = fc.integer({ min: -1_000, max: 1_000 }).map((tenths) => tenths / 10);
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 5, maxLength: 60 }), (points) => {
      const expected = leastSquares(points);
      // Points without spread, or on a line, have no slope or no residual to speak of.
      fc.pre(expected.r2 > 1e-6 && expected.r2 < 0.999999 && Number.isFinite(expected.t));
      const slope = new Slope(1);
      for (const [x, y] of points) slope.add(x, y);
      const close = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * (1 + Math.abs(b));
      assert.ok(close(slope.beta, expected.beta), `β ${slope.beta} is not ${expected.beta}`);
      assert.ok(close(slope.tStatistic, expected.t), `t ${slope.tStatistic} is not ${expected.t}`);
      assert.ok(close(slope.r2, expected.r2), `R² ${slope.r2} is not ${expected.r2}`);
    }),
    { seed: 7, numRuns: 300 },
  );
});

const BETA = 0.5;
const DEPTH = 200;
const PLANTED_R2 = 0.65;

/**
 * Intervals of a one-level market: 60 orders each add to or take from a side of depth D, then the quotes shift by
 * β·OFI/D plus noise and the queues refill. Returns (OFI over measured depth, move) of each interval.
 */
function plantedMarket(intervals: number, seed: number): [number, number][] {
  const random = createRandom(seed);
  const orders = 60;
  const size = 10;
  // OFI of an interval is a sum of `orders` draws of ±1 to ±size, evenly: its variance is known, and so the noise that
  // leaves the wanted R².
  const variance = orders * (size + 1) * (2 * size + 1) / 6;
  const noise = BETA / DEPTH * Math.sqrt(variance * (1 - PLANTED_R2) / PLANTED_R2);
  const points: [number, number][] = [];
  let mid = 100_000;
  for (let interval = 0; interval < intervals; interval++) {
    let touch = at(mid - 1, DEPTH, mid + 1, DEPTH);
    let [flow, depth] = [0, 0];
    for (let n = 0; n < orders; n++) {
      const quantity = 1 + random.int(size);
      const up = random.next() < 0.5;
      let { bidQuantity, askQuantity } = touch;
      // A market order takes from the other side; a limit order adds to its own.
      if (random.next() < 0.5) up ? askQuantity -= quantity : bidQuantity -= quantity;
      else up ? bidQuantity += quantity : askQuantity += quantity;
      const after = at(touch.bid, bidQuantity, touch.ask, askQuantity);
      flow += flowOf(touch, after);
      depth += (bidQuantity + askQuantity) / 2 / orders;
      touch = after;
    }
    const move = BETA * flow / DEPTH + noise * random.normal();
    points.push([flow / depth, move]);
    mid += move;
  }
  return points;
}

function fit(points: readonly (readonly [number, number])[]): Slope {
  const slope = new Slope(1);
  for (const [x, y] of points) slope.add(x, y);
  return slope;
}

Deno.test("on a planted market the slope comes back within 5 % and the R² within 0.05", () => {
  const slope = fit(plantedMarket(20_000, 11));
  assert.ok(Math.abs(slope.beta / BETA - 1) < 0.05, `β ${slope.beta}`);
  assert.ok(Math.abs(slope.r2 - PLANTED_R2) < 0.05, `R² ${slope.r2}`);
});

Deno.test("on the same market with its moves shuffled in time the R² is below 0.01 and no slope is claimed", () => {
  const points = plantedMarket(20_000, 11);
  const moves = points.map(([, move]) => move);
  const random = createRandom(12);
  for (let i = moves.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [moves[i], moves[j]] = [moves[j], moves[i]];
  }
  const slope = fit(points.map(([pressure], i) => [pressure, moves[i]]));
  assert.ok(slope.r2 < 0.01, `R² ${slope.r2}`);
  assert.ok(Math.abs(slope.tStatistic) < 4, `t ${slope.tStatistic}`);
});

Deno.test("with forgetting the slope follows a market that changed", () => {
  const random = createRandom(13);
  const slope = new Slope(0.99);
  for (let n = 0; n < 4_000; n++) {
    const x = random.normal();
    slope.add(x, (n < 2_000 ? 1 : -1) * x + random.normal());
  }
  assert.ok(Math.abs(slope.beta + 1) < 0.2, `β ${slope.beta}`);
  assert.ok(slope.tStatistic < -8, `t ${slope.tStatistic}`);
});
