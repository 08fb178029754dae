/** Vector mathematics from TypeScript: every level gives what a few plain lines give, and bad arguments are refused. */
import assert from "node:assert/strict";
import fc from "fast-check";
import "./native.ts";
import {
  Code,
  CommandKind,
  DepthLevelView,
  ExposureSums,
  ExposureView,
  MatchingEngine,
  NativeError,
  OrderCommandView,
  Sweep,
  VectorMath,
} from "../../ffi/mod.ts";
import { writeOrder } from "./write_order.ts";

const LEVELS = VectorMath.levels().map((level) => new VectorMath(level));
const MANY = { numRuns: 200 };

const clamp = (value: bigint): bigint => {
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  return value < least ? least : value > most ? most : value;
};
const max = (a: bigint, b: bigint): bigint => a > b ? a : b;
const abs = (a: bigint): bigint => a < 0n ? -a : a;

function levelRecords(prices: BigInt64Array, quantities: BigInt64Array): Uint8Array {
  // One byte off: records need no alignment.
  const records = new Uint8Array(prices.length * DepthLevelView.SIZE + 1).subarray(1).fill(0x55);
  const data = new DataView(records.buffer, 1);
  for (let at = 0; at < prices.length; at++) {
    data.setBigInt64(at * DepthLevelView.SIZE, prices[at], true);
    data.setBigInt64(at * DepthLevelView.SIZE + 8, quantities[at], true);
  }
  return records;
}

const side = fc.array(
  fc.tuple(fc.bigInt(-50n, 50n), fc.oneof(fc.bigInt(-5n, 40n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))),
  {
    maxLength: 65,
  },
).map((levels) => ({
  prices: BigInt64Array.from(levels, ([price]) => price),
  quantities: BigInt64Array.from(levels, ([, quantity]) => quantity),
}));

Deno.test("the best level is the last of those the processor has, and scalar is always one", () => {
  assert.equal(LEVELS[0].level, "scalar");
  assert.equal(new VectorMath().level, VectorMath.levels().at(-1));
  assert.deepEqual(LEVELS.map(({ level }) => level), VectorMath.levels());
});

Deno.test("a level the processor has not is refused with those it has", () => {
  const foreign = Deno.build.arch === "aarch64" ? "avx2" : "neon";
  assert.throws(() => new VectorMath(foreign), (error: NativeError) => {
    assert.equal(error.code, Code.BadArgument);
    assert.match(error.message, new RegExp(`no ${foreign}: it has scalar`));
    return true;
  });
});

Deno.test("depth near a price is the sum of the levels within the distance, at every level, from arrays and records", () => {
  fc.assert(
    fc.property(side, fc.integer({ min: -60, max: 60 }), fc.nat(60), ({ prices, quantities }, reference, distance) => {
      let sum = 0n;
      prices.forEach((price, at) => {
        if (abs(price - BigInt(reference)) <= BigInt(distance)) sum += quantities[at];
      });
      const records = levelRecords(prices, quantities);
      for (const math of LEVELS) {
        assert.equal(math.depthWithin(prices, quantities, reference, distance), Number(sum), math.level);
        assert.equal(math.depthWithinLevels(records, prices.length, reference, distance), Number(sum), math.level);
      }
    }),
    MANY,
  );
});

Deno.test("cumulative depth adds up level by level and stops at 64 bits, in place too", () => {
  fc.assert(
    fc.property(side, ({ quantities }) => {
      let sum = 0n;
      const expected = quantities.map((quantity) => clamp(sum += quantity));
      for (const math of LEVELS) {
        const out = new BigInt64Array(quantities.length + 1).fill(77n);
        math.cumulative(quantities, out);
        assert.deepEqual(out.subarray(0, -1), expected, math.level);
        assert.equal(out.at(-1), 77n);
        const own = quantities.slice();
        math.cumulative(own, own);
        assert.deepEqual(own, expected, math.level);
      }
    }),
    MANY,
  );
});

Deno.test("a sweep finds the lots, their average price, the worst one and how deep it lies", () => {
  fc.assert(
    fc.property(side, fc.integer({ min: -1, max: 2_000 }), ({ prices, quantities }, lots) => {
      let [wanted, notional, worst, levels] = [BigInt(Math.max(0, lots)), 0n, 0n, 0];
      prices.forEach((price, at) => {
        const taken = quantities[at] < wanted ? max(quantities[at], 0n) : wanted;
        if (taken === 0n) return;
        wanted -= taken;
        notional += taken * price;
        worst = price;
        levels = at + 1;
      });
      const filled = Math.max(0, lots) - Number(wanted);
      const expected = [filled, filled === 0 ? NaN : Number(notional) / filled, Number(worst), levels];
      const records = levelRecords(prices, quantities);
      for (const math of LEVELS) {
        for (
          const sweep of [
            math.sweep(prices, quantities, lots, new Sweep()),
            math.sweepLevels(records, prices.length, lots, new Sweep()),
          ]
        ) {
          assert.deepEqual([sweep.filled, sweep.average, sweep.worst, sweep.levels], expected, math.level);
        }
      }
    }),
    MANY,
  );
});

Deno.test("the levels a matching engine shows can be asked as they are", () => {
  using engine = MatchingEngine.create([0]);
  const commands = new Uint8Array(3 * OrderCommandView.SIZE);
  const command = new OrderCommandView(commands);
  [[100, 5], [99, 7], [97, 11]].forEach(([price, quantity], at) => {
    writeOrder(command.at(at), at + 1);
    command.kind = CommandKind.New;
    command.side = 0;
    command.price = price;
    command.quantity = quantity;
  });
  engine.submit(commands, 3, new Uint8Array(1_280), new Uint8Array(1_280));
  const levels = new Uint8Array(8 * DepthLevelView.SIZE);
  const count = engine.depth(0, 0, levels);
  assert.equal(count, 3);
  for (const math of LEVELS) {
    assert.equal(math.depthWithinLevels(levels, count, 100, 1), 12);
    const sweep = math.sweepLevels(levels, count, 13, new Sweep());
    assert.deepEqual([sweep.filled, sweep.average, sweep.worst, sweep.levels], [13, (500 + 693 + 97) / 13, 97, 3]);
  }
});

const anyNumber = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.double(),
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 5e-324, 1e308),
);
const books = fc.array(fc.tuple(anyNumber, anyNumber, anyNumber, anyNumber), { maxLength: 65 });

/** The formula as JavaScript has it; the same operations in the same order, so the same bits. */
function signals([bid, bidQuantity, ask, askQuantity]: readonly number[]): [number, number] {
  const total = bidQuantity + askQuantity;
  if (!(bidQuantity > 0 && askQuantity > 0 && total < Infinity)) return [NaN, NaN];
  const price = bid + (ask - bid) * (bidQuantity / total);
  return [Number.isFinite(price) ? price : NaN, (bidQuantity - askQuantity) / total];
}

Deno.test("microprice and imbalance of many books are the formula's to the bit, and NaN where a side is empty", () => {
  fc.assert(
    fc.property(books, (all) => {
      const [bids, bidQuantities, asks, askQuantities] = [0, 1, 2, 3].map((i) => Float64Array.from(all, (b) => b[i]));
      for (const math of LEVELS) {
        const out = new Float64Array(all.length + 1).fill(77);
        math.microprice(bids, bidQuantities, asks, askQuantities, out);
        assert.deepEqual([...out], [...all.map((book) => signals(book)[0]), 77], math.level);
        math.imbalance(bidQuantities, askQuantities, out);
        assert.deepEqual([...out], [...all.map((book) => signals(book)[1]), 77], math.level);
      }
    }),
    MANY,
  );
});

const entry = fc.tuple(
  ...[0, 1, 2].map(() => fc.oneof(fc.bigInt(-100n, 100n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))),
);

Deno.test("worst-case exposure is summed scope by scope, exactly or to the nearest 64-bit number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(5), fc.infiniteStream(entry), (width, scopes, stream) => {
      const entries = Array.from({ length: width * scopes }, () => stream.next().value as readonly bigint[]);
      const [positions, buys, sells] = [0, 1, 2].map((i) => BigInt64Array.from(entries, (one) => one[i]));
      const records = new Uint8Array(entries.length * ExposureView.SIZE).fill(0x55);
      const data = new DataView(records.buffer);
      entries.forEach((one, at) => one.forEach((n, i) => data.setBigInt64(at * ExposureView.SIZE + i * 8, n, true)));
      const expected = new BigInt64Array(scopes * ExposureSums.SIZE);
      for (let scope = 0; scope < scopes; scope++) {
        let [long, short, gross, net] = [0n, 0n, 0n, 0n];
        for (const [position, buy, sell] of entries.slice(scope * width, (scope + 1) * width)) {
          long += max(0n, position + buy);
          short += max(0n, sell - position);
          gross += max(abs(position + buy), abs(position - sell));
          net += position;
        }
        expected.set([long, short, gross, net].map(clamp), scope * ExposureSums.SIZE);
      }
      for (const math of LEVELS) {
        const out = new BigInt64Array(expected.length);
        assert.equal(math.exposure(positions, buys, sells, out, width), scopes);
        assert.deepEqual(out, expected, math.level);
        out.fill(0n);
        assert.equal(math.exposureRecords(records, entries.length, out, width), scopes);
        assert.deepEqual(out, expected, math.level);
      }
    }),
    MANY,
  );
});

Deno.test("CRC-32C has its published value, and may be taken in pieces", () => {
  const text = new TextEncoder().encode("123456789");
  const long = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);
  const expected = new VectorMath("scalar").crc32c(long);
  for (const math of LEVELS) {
    assert.equal(math.crc32c(text), 0xE3069283);
    assert.equal(math.crc32c(new Uint8Array(0)), 0);
    assert.equal(math.crc32c(long), expected);
    assert.equal(math.crc32c(long.subarray(3_333), math.crc32c(long.subarray(0, 3_333))), expected);
  }
});

Deno.test("shared memory is as good as any", () => {
  const shared = new BigInt64Array(new SharedArrayBuffer(24));
  shared.set([1n, 2n, 3n]);
  for (const math of LEVELS) assert.equal(math.depthWithin(shared, shared, 2, 1), 6);
});

Deno.test("arguments that are no good are refused, and nothing is written", () => {
  const math = new VectorMath();
  const ints = new BigInt64Array(4);
  const floats = new Float64Array(4);
  const small = new Float64Array(2);
  const given = new BigInt64Array(4);
  structuredClone(given.buffer, { transfer: [given.buffer] });
  const refused: readonly [() => unknown, RegExp, number][] = [
    [() => math.depthWithin(ints, ints, 0, -1), /the distance -1 is negative/, Code.BadArgument],
    [() => math.depthWithin(ints, ints, 0.5, 1), /the price 0.5 is not a whole number/, Code.BadArgument],
    [() => math.depthWithin(ints, ints, 0, NaN), /the distance NaN/, Code.BadArgument],
    [() => math.depthWithin(ints, ints, 0, 1, 5), /5 values are not in an array of 4/, Code.BadArgument],
    [() => math.depthWithin(ints, ints, 0, 1, -1), /-1 values/, Code.BadArgument],
    [() => math.depthWithin(ints, given, 0, 1, 0), /given away/, Code.BadArgument],
    [() => math.depthWithinLevels(new Uint8Array(31), 1, 0, 1), /1 records of 32 bytes/, Code.BadArgument],
    [() => math.sweep(ints, ints, 1.5, new Sweep()), /the size 1.5/, Code.BadArgument],
    [
      () => math.microprice(floats, floats, floats, floats, small),
      /4 values are not in an array of 2/,
      Code.BadArgument,
    ],
    [() => math.imbalance(floats, small, floats), /4 values are not in an array of 2/, Code.BadArgument],
    [() => math.exposure(ints, ints, ints, ints, 3), /4 entries are not whole scopes of 3/, Code.BadArgument],
    [() => math.exposure(ints, ints, ints, ints, 0), /whole scopes of 0/, Code.BadArgument],
    [() => math.exposure(ints, ints, ints, ints, 1), /./, Code.BufferTooSmall],
    [() => math.cumulative(ints, new BigInt64Array(3)), /4 values are not in an array of 3/, Code.BadArgument],
  ];
  for (const [call, sentence, code] of refused) {
    assert.throws(call, (error: NativeError) => {
      assert.ok(error instanceof NativeError, `${error}`);
      assert.match(error.message, sentence);
      assert.equal(error.code, code);
      return true;
    });
  }
  assert.deepEqual([...small, ...floats, ...ints].map(Number), new Array(10).fill(0));
});
