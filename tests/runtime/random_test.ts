import assert from "node:assert/strict";
import fc from "fast-check";
import { createRandom, type Random } from "../../runtime/mod.ts";
import { Xoshiro128PlusPlus } from "../../runtime/internal/random.ts";

Deno.test("the generator gives the published outputs of xoshiro128++", () => {
  // From state (1, 2, 3, 4): the test vector of the reference implementation as used by other ports.
  const generator = new Xoshiro128PlusPlus(1, 2, 3, 4);
  const drawn = Array.from({ length: 10 }, () => generator.next32() >>> 0);
  assert.deepEqual(drawn, [
    641,
    1573767,
    3222811527,
    3517856514,
    836907274,
    4247214768,
    3867114732,
    1355841295,
    495546011,
    621204420,
  ]);
});

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

Deno.test("Streams of chance do not depend on what others drew", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.string(), fc.nat(50), (seed, label, before) => {
      const root = createRandom(seed);
      const expected = draws(createRandom(seed).fork(label), 5);
      draws(root, before);
      root.fork("someone else").next();
      assert.deepEqual(draws(root.fork(label), 5), expected);
    }),
  );
});

Deno.test("different seeds, labels and depths give different streams", () => {
  const seen = new Set<number>();
  const streams: Random[] = [];
  for (let seed = -50; seed < 50; seed++) streams.push(createRandom(seed), createRandom(seed + 2 ** 40));
  const root = createRandom(1);
  for (let n = 0; n < 200; n++) {
    streams.push(root.fork(`${n}`), root.fork(`${n}`).fork("x"), root.fork("x").fork(`${n}`), root.fork(`${n}x`));
  }
  for (const stream of streams) seen.add(stream.next());
  assert.equal(seen.size, streams.length);
});

Deno.test("draws are uniform, normal and exponential to within sampling error", () => {
  const random = createRandom(7);
  const count = 400_000;
  let [sum, squares, normal, normal2, normal4, exponential] = [0, 0, 0, 0, 0, 0];
  const dice = new Array(6).fill(0);
  for (let i = 0; i < count; i++) {
    const u = random.next();
    assert.ok(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
    const z = random.normal();
    normal += z;
    normal2 += z * z;
    normal4 += z ** 4;
    exponential += random.exponential(2);
    dice[random.int(6)]++;
  }
  // Five standard errors each.
  const near = (value: number, expected: number, sd: number) =>
    assert.ok(Math.abs(value - expected) < (5 * sd) / Math.sqrt(count), `${value}, expected ${expected}`);
  near(sum / count, 1 / 2, Math.sqrt(1 / 12));
  near(squares / count, 1 / 3, Math.sqrt(4 / 45));
  near(normal / count, 0, 1);
  near(normal2 / count, 1, Math.sqrt(2));
  near(normal4 / count, 3, Math.sqrt(96));
  near(exponential / count, 1 / 2, 1 / 2);
  const chi = dice.reduce((total, n) => total + (n - count / 6) ** 2 / (count / 6), 0);
  assert.ok(chi < 25.7, `chi-square ${chi} with 5 degrees of freedom`); // p = 0.0001
});

Deno.test("neighbouring streams are not correlated", () => {
  const root = createRandom(3);
  const count = 100_000;
  for (const [a, b] of [["1", "2"], ["/a#0", "/a#1"], ["x", "xx"]]) {
    const [one, two] = [root.fork(a), root.fork(b)];
    let product = 0;
    for (let i = 0; i < count; i++) product += (one.next() - 0.5) * (two.next() - 0.5);
    const correlation = (product / count) * 12;
    assert.ok(Math.abs(correlation) < 5 / Math.sqrt(count), `${correlation} between ${a} and ${b}`);
  }
});

Deno.test("int covers its whole range and refuses what it cannot do fairly", () => {
  const random = createRandom(1);
  assert.deepEqual(new Set(Array.from({ length: 200 }, () => random.int(3))), new Set([0, 1, 2]));
  assert.equal(random.int(1), 0);
  assert.ok(Array.from({ length: 100 }, () => random.int(2 ** 32)).some((n) => n > 2 ** 31));
  for (const n of [0, -1, 1.5, NaN, 2 ** 32 + 1]) assert.throws(() => random.int(n), /integer from 1 to 2\^32/);
  for (const rate of [0, -1, NaN]) assert.throws(() => random.exponential(rate), /rate above 0/);
  assert.throws(() => createRandom(NaN), /safe integer/);
});
