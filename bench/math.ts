/**
 * What the vector kernels save, and from which size on the crossing into the core is worth it.
 *
 *     deno task bench math [--json]
 *
 * One case per kernel and size (8, 64, 4096 values; levels, books, exposure entries or words of eight bytes), three
 * engines in the same run: `typescript`, the plain loop an author would write over the same arrays; `cwts-scalar`, the
 * core's scalar kernel through the same call; `cwts-best`, the best kernel of this processor. Nanoseconds per call, the
 * runs of the engines taken in turn so that a slow moment of the machine meets all of them. `ratio` is how many times
 * faster than the plain loop.
 *
 * The plain loop of the depth kernels has the easier task: it adds numbers up to 2^53 in `Float64Array`s, as a program
 * without 64-bit integers would, and checks no overflow. The exposure loop likewise. Depth over records reads prices and
 * quantities with the views of the layout.
 */
import { ensureCore } from "../ffi/build.ts";
import { DepthLevelView, ExposureSums, Sweep, VectorMath } from "../ffi/mod.ts";
import { Report, spread } from "./harness.ts";

const SIZES = [8, 64, 4_096];
const RUNS = 15;
const WARMUP = 3;
/** Values a run handles, whatever the size of a call. */
const VALUES_PER_RUN = 1 << 20;

interface Kernel {
  readonly name: string;
  /** A plain loop and the same by `VectorMath`, over the same values; each returns something to compare. */
  prepare(size: number): { readonly plain: () => number; readonly native: (math: VectorMath) => number };
}

/** Numbers that repeat from run to run (a linear congruence). */
function numbers(size: number, seed: number, from: number, to: number): Float64Array<ArrayBuffer> {
  let state = seed;
  return Float64Array.from({ length: size }, () => {
    state = state * 48_271 % 2_147_483_647;
    return from + state % (to - from);
  });
}

const bigs = (values: Float64Array): BigInt64Array => BigInt64Array.from(values, BigInt);

/** A side of a book: prices falling, as many lots at each as there may be. */
function side(size: number) {
  const prices = Float64Array.from({ length: size }, (_, at) => 1_000_000 - at);
  return { prices, quantities: numbers(size, 1, 1, 1_000) };
}

function records(prices: Float64Array, quantities: Float64Array): Uint8Array {
  const levels = new Uint8Array(prices.length * DepthLevelView.SIZE);
  const view = new DepthLevelView(levels);
  prices.forEach((price, at) => {
    view.at(at).price = price;
    view.quantity = quantities[at];
  });
  return levels;
}

function depthWithin(prices: Float64Array, quantities: Float64Array, reference: number, distance: number): number {
  let sum = 0;
  for (let at = 0; at < prices.length; at++) {
    if (Math.abs(prices[at] - reference) <= distance) sum += quantities[at];
  }
  return sum;
}

/** The same over records, by the layout's view. */
function depthWithinRecords(view: DepthLevelView, count: number, reference: number, distance: number): number {
  let sum = 0;
  for (let at = 0; at < count; at++) {
    if (Math.abs(view.at(at).price - reference) <= distance) sum += view.quantity;
  }
  return sum;
}

function cumulative(quantities: Float64Array, out: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < quantities.length; at++) out[at] = sum += quantities[at];
  return sum;
}

function averagePrice(prices: Float64Array, quantities: Float64Array, lots: number): number {
  let filled = 0;
  let notional = 0;
  for (let at = 0; at < prices.length && filled < lots; at++) {
    const taken = Math.min(quantities[at], lots - filled);
    filled += taken;
    notional += taken * prices[at];
  }
  return notional / filled;
}

function microprice(
  bids: Float64Array,
  bidQuantities: Float64Array,
  asks: Float64Array,
  askQuantities: Float64Array,
  out: Float64Array,
): number {
  for (let at = 0; at < bids.length; at++) {
    const bid = bids[at];
    const bidQuantity = bidQuantities[at];
    const askQuantity = askQuantities[at];
    out[at] = bidQuantity > 0 && askQuantity > 0
      ? bid + (asks[at] - bid) * (bidQuantity / (bidQuantity + askQuantity))
      : NaN;
  }
  return out[bids.length - 1];
}

function imbalance(bidQuantities: Float64Array, askQuantities: Float64Array, out: Float64Array): number {
  for (let at = 0; at < bidQuantities.length; at++) {
    const bid = bidQuantities[at];
    const ask = askQuantities[at];
    out[at] = bid > 0 && ask > 0 ? (bid - ask) / (bid + ask) : NaN;
  }
  return out[bidQuantities.length - 1];
}

function exposure(positions: Float64Array, buys: Float64Array, sells: Float64Array, out: Float64Array): number {
  let long = 0;
  let short = 0;
  let gross = 0;
  let net = 0;
  for (let at = 0; at < positions.length; at++) {
    const longest = positions[at] + buys[at];
    const shortest = positions[at] - sells[at];
    long += Math.max(0, longest);
    short += Math.max(0, -shortest);
    gross += Math.max(Math.abs(longest), Math.abs(shortest));
    net += positions[at];
  }
  out[ExposureSums.LONG] = long;
  out[ExposureSums.SHORT] = short;
  out[ExposureSums.GROSS] = gross;
  out[ExposureSums.NET] = net;
  return gross;
}

/** CRC-32C by a table of 256, a byte at a time. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1;
  return register >>> 0;
});

function crc32c(bytes: Uint8Array): number {
  let register = -1;
  for (let at = 0; at < bytes.length; at++) register = (register >>> 8) ^ CRC_TABLE[(register ^ bytes[at]) & 0xff];
  return ~register >>> 0;
}

const KERNELS: readonly Kernel[] = [
  {
    name: "depth-within",
    prepare(size) {
      const { prices, quantities } = side(size);
      const [p, q] = [bigs(prices), bigs(quantities)];
      // Half of the side is near enough.
      const distance = size >> 1;
      return {
        plain: () => depthWithin(prices, quantities, 1_000_000, distance),
        native: (math) => math.depthWithin(p, q, 1_000_000, distance),
      };
    },
  },
  {
    name: "depth-within-records",
    prepare(size) {
      const { prices, quantities } = side(size);
      const levels = records(prices, quantities);
      const view = new DepthLevelView(levels);
      const distance = size >> 1;
      return {
        plain: () => depthWithinRecords(view, size, 1_000_000, distance),
        native: (math) => math.depthWithinLevels(levels, size, 1_000_000, distance),
      };
    },
  },
  {
    name: "cumulative",
    prepare(size) {
      const { quantities } = side(size);
      const q = bigs(quantities);
      const sums = new Float64Array(size);
      const out = new BigInt64Array(size);
      return {
        plain: () => cumulative(quantities, sums),
        native: (math) => {
          math.cumulative(q, out);
          return Number(out[size - 1]);
        },
      };
    },
  },
  {
    name: "sweep",
    prepare(size) {
      const { prices, quantities } = side(size);
      const [p, q] = [bigs(prices), bigs(quantities)];
      const lots = quantities.reduce((sum, quantity) => sum + quantity, 0) - 1;
      const sweep = new Sweep();
      return {
        plain: () => averagePrice(prices, quantities, lots),
        native: (math) => math.sweep(p, q, lots, sweep).average,
      };
    },
  },
  {
    name: "microprice",
    prepare(size) {
      const bids = numbers(size, 2, 90_000, 100_000);
      const asks = bids.map((bid) => bid + 2);
      const [bidQuantities, askQuantities] = [numbers(size, 3, 0, 1_000), numbers(size, 4, 0, 1_000)];
      const out = new Float64Array(size);
      return {
        plain: () => microprice(bids, bidQuantities, asks, askQuantities, out),
        native: (math) => {
          math.microprice(bids, bidQuantities, asks, askQuantities, out);
          return out[size - 1];
        },
      };
    },
  },
  {
    name: "imbalance",
    prepare(size) {
      const [bidQuantities, askQuantities] = [numbers(size, 3, 0, 1_000), numbers(size, 4, 0, 1_000)];
      const out = new Float64Array(size);
      return {
        plain: () => imbalance(bidQuantities, askQuantities, out),
        native: (math) => {
          math.imbalance(bidQuantities, askQuantities, out);
          return out[size - 1];
        },
      };
    },
  },
  {
    name: "exposure",
    prepare(size) {
      const positions = numbers(size, 5, -5_000, 5_000);
      const [buys, sells] = [numbers(size, 6, 0, 900), numbers(size, 7, 0, 900)];
      const [p, b, s] = [bigs(positions), bigs(buys), bigs(sells)];
      const sums = new Float64Array(ExposureSums.SIZE);
      const out = new BigInt64Array(ExposureSums.SIZE);
      return {
        plain: () => exposure(positions, buys, sells, sums),
        native: (math) => {
          math.exposure(p, b, s, out, size);
          return Number(out[ExposureSums.GROSS]);
        },
      };
    },
  },
  {
    name: "crc32c",
    prepare(size) {
      const bytes = new Uint8Array(numbers(size, 8, 0, 2 ** 31 - 2).buffer);
      return { plain: () => crc32c(bytes), native: (math) => math.crc32c(bytes) };
    },
  },
];

/** One run: nanoseconds per call. */
function perCall(calls: number, call: () => number, expected: number): number {
  let last = 0;
  const begun = performance.now();
  for (let i = 0; i < calls; i++) last = call();
  const nanos = (performance.now() - begun) * 1e6 / calls;
  if (!Object.is(last, expected)) throw new Error(`${last} instead of ${expected}; the figure would be a lie`);
  return nanos;
}

export function run(json: boolean): Promise<void> {
  ensureCore();
  const report = new Report("math", json);
  const [scalar, best] = [new VectorMath("scalar"), new VectorMath()];
  for (const { name, prepare } of KERNELS) {
    for (const size of SIZES) {
      const { plain, native } = prepare(size);
      const engines = [
        { engine: "typescript", call: plain, samples: [] as number[] },
        { engine: "cwts-scalar", call: () => native(scalar), samples: [] as number[] },
        { engine: "cwts-best", call: () => native(best), samples: [] as number[] },
      ];
      const expected = plain();
      const calls = VALUES_PER_RUN / size;
      for (let i = -WARMUP; i < RUNS; i++) {
        for (const { call, samples } of engines) {
          const nanos = perCall(calls, call, expected);
          if (i >= 0) samples.push(nanos);
        }
      }
      const loop = spread(engines[0].samples).median;
      for (const { engine, samples } of engines) {
        const figures = spread(samples);
        report.add({
          case: `${name}-${size}`,
          engine,
          unit: "ns/call",
          ...figures,
          ratio: Math.round(loop / figures.median * 100) / 100,
          ...(engine === "cwts-best" ? { level: best.level } : {}),
        });
      }
    }
  }
  report.end();
  return Promise.resolve();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
