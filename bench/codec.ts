/**
 * What a message costs at the border of a node: written, read, and how many bytes it is on the way.
 *
 *     deno task bench codec [--json]
 *
 * Messages of three sizes: a price, an order of twelve fields, a batch of sixty-four such orders. Engines, taken in turn in
 * every run: `codec`, ours (JSON that also says bigint, bytes, maps and refs); `json`, JSON.stringify and parse alone, which
 * could not say a bigint; `v8`, the serializer of structured clone, whose bytes only V8 reads; `border`, ours with the schema
 * checked in both directions and the envelope put around and read again, which is what a letter really costs; `signed`, that
 * with the signature of a cluster with a secret put on and checked. Nanoseconds for writing and reading one message; `bytes` of
 * the body as it is before it is signed.
 */
import { deserialize, serialize } from "node:v8";
import { z } from "zod";
import { LetterSeal } from "../actors/cluster/mod.ts";
import { decode, encode } from "../runtime/mod.ts";
import { Border, Catalogue, defineMessage, type MessageDef } from "../runtime/remote/mod.ts";
import { decodeFrame, encodeFrame } from "../runtime/transport/mod.ts";
import { Report, spread } from "./harness.ts";

const RUNS = 9;
const WARMUP = 2;
/** Messages of one run, by how many orders are in each. */
const PER_RUN = 20_000;

const price = z.strictObject({ instrument: z.string(), ticks: z.int(), at: z.int() });
const order = z.strictObject({
  kind: z.literal("PlaceOrder"),
  organism: z.string(),
  instrument: z.string(),
  side: z.enum(["buy", "sell"]),
  type: z.enum(["limit", "market"]),
  ticks: z.int(),
  lots: z.int().min(1),
  clientId: z.int(),
  at: z.int(),
  timeInForce: z.enum(["day", "ioc", "fok"]),
  postOnly: z.boolean(),
  reduceOnly: z.boolean(),
});

const oneOrder = (n: number): z.infer<typeof order> => ({
  kind: "PlaceOrder",
  organism: "anglerfish-1",
  instrument: "ALPHA",
  side: n % 2 === 0 ? "buy" : "sell",
  type: "limit",
  ticks: 10_000 + n,
  lots: 1 + n % 100,
  clientId: n,
  at: 1_700_000_000_000_000 + n,
  timeInForce: "day",
  postOnly: n % 3 === 0,
  reduceOnly: false,
});

interface Sample {
  readonly name: string;
  readonly weight: number;
  // deno-lint-ignore no-explicit-any -- samples of different messages
  readonly def: MessageDef<any>;
  make(n: number): unknown;
}

const SAMPLES: readonly Sample[] = [
  {
    name: "price",
    weight: 1,
    def: defineMessage({ id: "price", version: 1, schema: price }),
    make: (n) => ({ instrument: "ALPHA", ticks: 10_000 + n, at: 1_700_000_000_000_000 + n }),
  },
  { name: "order", weight: 1, def: defineMessage({ id: "order", version: 1, schema: order }), make: oneOrder },
  {
    name: "orders-64",
    weight: 64,
    def: defineMessage({ id: "orders", version: 1, schema: z.strictObject({ orders: z.array(order) }) }),
    make: (n) => ({ orders: Array.from({ length: 64 }, (_, i) => oneOrder(n + i)) }),
  },
];

/** Writes and reads one message; returns what was read. */
type Engine = (message: unknown) => unknown;

function engines({ def }: Sample): Readonly<Record<string, Engine>> {
  const seal = new LetterSeal("main", [new Uint8Array(32).fill(1)]);
  const border = new Border({ node: "bench", epoch: 1, catalogue: new Catalogue([def]) });
  return {
    codec: (message) => decode(encode(message)),
    json: (message) => JSON.parse(JSON.stringify(message)),
    v8: (message) => deserialize(serialize(message)),
    border: (message) => {
      const frame = encodeFrame({ key: "k", letter: border.write(def, message) });
      const read = border.read(decodeFrame(frame).letter);
      if (!read.ok) throw new Error(read.why);
      return read.message;
    },
    signed: (message) => {
      const frame = encodeFrame({ key: "k", letter: seal.sign("t", "k", border.write(def, message)) });
      const opened = seal.open("t", "k", decodeFrame(frame).letter);
      if (!opened.ok) throw new Error(opened.code);
      const read = border.read(opened.letter);
      if (!read.ok) throw new Error(read.why);
      return read.message;
    },
  };
}

function bytes(name: string, message: unknown): number {
  return name === "v8"
    ? serialize(message).length
    : new TextEncoder().encode(name === "json" ? JSON.stringify(message) : encode(message)).length;
}

export function run(json: boolean): Promise<void> {
  const report = new Report("codec", json);
  for (const sample of SAMPLES) {
    const all = Object.entries(engines(sample));
    const times = new Map<string, number[]>(all.map(([name]) => [name, []]));
    const messages = Array.from({ length: Math.ceil(PER_RUN / sample.weight) }, (_, n) => sample.make(n));
    for (let turn = -WARMUP; turn < RUNS; turn++) {
      for (const [name, engine] of all) {
        let last: unknown;
        const begun = performance.now();
        for (const message of messages) last = engine(message);
        const took = (performance.now() - begun) * 1e6 / messages.length;
        if (JSON.stringify(last) !== JSON.stringify(messages.at(-1))) throw new Error(`${name} read something else`);
        if (turn >= 0) times.get(name)!.push(took);
      }
    }
    const own = spread(times.get("codec")!).median;
    for (const [name] of all) {
      const result = spread(times.get(name)!);
      const further = { bytes: bytes(name, messages[0]), ratio: result.median / own };
      report.add({ case: sample.name, engine: name, unit: "ns/message", ...result, ...further });
    }
  }
  report.end();
  return Promise.resolve();
}
