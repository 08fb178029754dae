import assert from "node:assert/strict";
import fc from "fast-check";
import { CodecError, decode, encode } from "../../runtime/mod.ts";

const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, NaN, -0, Infinity),
  fc.date(),
  fc.uint8Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 5 }),
  fc.bigInt64Array({ maxLength: 5 }),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.buffer),
);
const names = fc.oneof(fc.string(), fc.constantFrom("$", "v", "__proto__", "constructor", "toString"));
const { plain } = fc.letrec((tie) => ({
  plain: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("plain"), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie("plain")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(fc.string(), tie("plain")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(leaf, { maxLength: 3 }).map((values) => new Set(values)),
  ),
}));

Deno.test("A message of plain data survives its way through the codec", () => {
  fc.assert(
    fc.property(plain, (message) => {
      const text = encode(message);
      const again = decode(text);
      assert.deepEqual(again, message);
      assert.equal(encode(again), text);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a part of a typed array is written as that part", () => {
  const whole = Float64Array.of(1, 2, 3, 4);
  assert.deepEqual(decode(encode(whole.subarray(1, 3))), Float64Array.of(2, 3));
});

class Price {
  constructor(readonly ticks: number) {}
}

Deno.test("What is no plain data is refused with the place where it stands", () => {
  const circle: { inner: { up?: unknown } } = { inner: {} };
  circle.inner.up = circle;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ a: [1, () => {}] }, /^message\.a\.1 is a function/],
    [{ a: Symbol("s") }, /^message\.a is a symbol/],
    [new Price(1), /^message is an instance of Price/],
    [{ a: Promise.resolve() }, /^message\.a is an instance of Promise/],
    [new Error("x"), /^message is an instance of Error/],
    [new Map([["k", new WeakMap()]]), /^message\.0 is an instance of WeakMap/],
    [circle, /^message\.inner\.up leads back to itself/],
    [new (class extends Uint8Array {})(2), /is an instance of/],
  ];
  for (const [message, sentence] of cases) {
    assert.throws(
      () => encode(message),
      (error) => error instanceof CodecError && error.code === "MESSAGE_NOT_PLAIN" && sentence.test(error.message),
      String(sentence),
    );
  }
  const twice = { n: 1 };
  assert.deepEqual(decode(encode([twice, twice])), [twice, twice], "the same thing twice is no circle");
  assert.throws(() => decode('{"$":"Quaternion","v":1}'), /"Quaternion" is no kind of value/);
  assert.throws(() => decode('{"$":"ref","v":1}'), /nobody can find its actor/);
});

Deno.test("refs are written by whoever can find them again", () => {
  const actor = { path: "/a" };
  const refs = {
    write: (value: object) => value === actor ? "/a" : undefined,
    read: (path: string | number) => path === "/a" ? actor : undefined,
  };
  const message = { replyTo: actor, other: { path: "/a" } };
  const again = decode(encode(message, refs), refs) as typeof message;
  assert.equal(again.replyTo, actor);
  assert.notEqual(again.other, actor);
});
