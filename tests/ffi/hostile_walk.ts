/**
 * Calls every function of the native core with arguments no careful caller would send, and prints what came back.
 *
 * A process of its own, because the point is that it does not crash. It keeps the one promise the border asks for:
 * no buffer is said to be longer than it is. Everything else is wrong on purpose: handles that are zero, invented,
 * closed, of another kind or poisoned; buffers that are missing, short, odd or full of noise; numbers that are NaN,
 * infinite, negative, fractions or beyond 2^53. The directory it runs in is thrown away.
 */
import { CODE_TEXT, FeedEventView, FeedKind, OrderCommandView } from "../../ffi/layout.gen.ts";
import { records } from "../../ffi/layout/records.ts";
import { exports } from "../../ffi/layout/exports.ts";
import { core } from "../../ffi/library.ts";
import { SYMBOLS } from "../../ffi/symbols.ts";
import { limits, rules, writeOrder } from "./native.ts";

const CALLS_PER_SYMBOL = 1_500;
const ROOM = 4_096;
/** No count is of larger things. */
const LARGEST_RECORD = 64;

type Argument = bigint | number | Uint8Array<ArrayBuffer> | null;
type Call = (...args: Argument[]) => bigint | number | Promise<number>;

let seed = 20_240_601;
const random = (below: number): number => (seed = seed * 48_271 % 2_147_483_647) % below;
const pick = <T>(values: readonly T[]): T => values[random(values.length)];

const symbols = core() as unknown as Record<string, Call>;

/** Handles of every kind that work, made anew when they have been closed or poisoned. */
const live = { audit: 0n, control: 0n, gate: 0n, engine: 0n, reader: 0n, feed: 0n, builder: 0n, snapshots: 0n };
const KINDS = ["audit", "control", "gate", "engine", "reader", "feed", "builder", "snapshots"] as const;
const LOG = new TextEncoder().encode("log");
const MAKERS: Readonly<Record<keyof typeof live, () => bigint>> = {
  audit: () => symbols.cwts_audit_memory() as bigint,
  control: () => symbols.cwts_control_memory() as bigint,
  gate: () => symbols.cwts_gate_create(live.audit, live.control, 0) as bigint,
  engine: () => {
    const engine = symbols.cwts_engine_create() as bigint;
    symbols.cwts_engine_add_instrument(engine, 0);
    return engine;
  },
  reader: () => {
    const log = symbols.cwts_audit_open(LOG, LOG.length, 0, 1e6) as bigint;
    for (let i = 0; i < 100; i++) symbols.cwts_audit_append(log, 1, 1, 0, i, 0, LOG, LOG.length);
    symbols.cwts_audit_close(log);
    return symbols.cwts_reader_open(LOG, LOG.length, 0) as bigint;
  },
  feed: () => {
    const feed = symbols.cwts_feed_create(FEEDS[made++ % FEEDS.length], 0) as bigint;
    const [symbol, one] = [TEXT.encode("S"), TEXT.encode("1")];
    symbols.cwts_feed_add_symbol(feed, 0, symbol, symbol.length, one, one.length, one, one.length);
    return feed;
  },
  builder: () => {
    const builder = symbols.cwts_builder_create() as bigint;
    symbols.cwts_builder_add_instrument(builder, 0);
    return builder;
  },
  snapshots: () => symbols.cwts_snapshots_open(LOG, LOG.length, 2) as bigint,
};
const FEEDS = [FeedKind.Binance, FeedKind.ItchFile, FeedKind.ItchBare, FeedKind.Lobster];
let made = 0;
const PROBES: Readonly<Record<keyof typeof live, string>> = {
  audit: "cwts_audit_failed",
  control: "cwts_control_mode",
  // Locks its log and its page as well.
  gate: "cwts_gate_submit",
  engine: "cwts_engine_open_orders",
  reader: "cwts_reader_next",
  feed: "cwts_feed_read",
  builder: "cwts_builder_status",
  snapshots: "cwts_snapshots_wait",
};

const PROBE_ARGUMENTS: Readonly<Partial<Record<keyof typeof live, (out: Uint8Array<ArrayBuffer>) => Argument[]>>> = {
  gate: () => [null, 0, null, 0],
  reader: (out) => [out, 64, out, 64],
  feed: (out) => [null, 0, null, 0, out, 64],
  builder: (out) => [0, out, 64],
};

function revive(): void {
  const out = new Uint8Array(256);
  for (const kind of KINDS) {
    const probe = symbols[PROBES[kind]];
    const args = PROBE_ARGUMENTS[kind]?.(out) ?? [];
    const status = Number(probe(live[kind], ...args));
    // A reader that has come to its end is of no more use.
    if (kind === "reader" ? status > 0 : status >= 0) continue;
    symbols[`cwts_${kind}_close`](live[kind]);
    live[kind] = MAKERS[kind]();
  }
}

const closed = (() => {
  const handle = symbols.cwts_control_memory() as bigint;
  symbols.cwts_control_close(handle);
  return handle;
})();

const INVENTED = [0n, 1n, 2n ** 48n, 5n << 48n, (4n << 48n) + 1n, 2n ** 53n, 2n ** 64n - 1n, closed];

/** Half of the time the right one, by the parameter's name or the function's. */
function handle(symbol: string, parameter: string): bigint {
  const right = KINDS.find((kind) => kind === parameter) ?? KINDS.find((kind) => symbol.startsWith(`cwts_${kind}_`));
  if (right !== undefined && random(2) === 0) return live[right];
  return random(2) === 0 ? pick(INVENTED) : pick(Object.values(live));
}

const WORDS = [0, 1, 2, 3, 4, 5, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1];
const NO_WORDS = [-1, NaN, Infinity, -Infinity, 0.5, 2 ** 32, 2 ** 53, -(2 ** 53)];
const word = (): number => random(8) === 0 ? pick(NO_WORDS) : pick(WORDS);

const FLOATS = [0, 1, 100, 1e6, 1_700_000_000_000_000, 2 ** 53, 64];
const NO_FLOATS = [NaN, Infinity, -Infinity, -1, 0.5, 2 ** 53 + 2, 1e300, -(2 ** 63), Number.MIN_VALUE, -0];
const float = (): number => random(2) === 0 ? pick(FLOATS) : pick(NO_FLOATS);

const TEXT = new TextEncoder();
const LINES = [
  '1723161253937085768 {"stream":"s@trade","data":{"e":"trade","E":1,"s":"S","t":1,"p":"1","q":"2","m":true}}\n',
  '1723161253937085769 {"lastUpdateId":5,"bids":[["1","2"]],"asks":[]}\n',
  "34200.1,1,1,1,10000,1\n",
  "\x00\x0cS\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01O",
];
const FILLINGS: readonly ((buffer: Uint8Array) => void)[] = [
  (buffer) => buffer.fill(0),
  (buffer) => buffer.fill(0xff),
  (buffer) => buffer.forEach((_, at) => buffer[at] = random(256)),
  (buffer) => buffer.forEach((_, at) => buffer[at] = random(4) === 0 ? random(256) : random(6)),
  (buffer) => TEXT.encodeInto("a/b", buffer.fill(0x2e)),
  (buffer) => TEXT.encodeInto(pick(records).name.padEnd(random(20)), buffer.fill(0)),
  // What would be right, and right but for one byte.
  (buffer) => orders(buffer),
  (buffer) => {
    orders(buffer);
    if (buffer.length > 0) buffer[random(buffer.length)] = random(256);
  },
  (buffer) => events(buffer.fill(0)),
  (buffer) => TEXT.encodeInto(pick(LINES), buffer.fill(0x0a)),
  (buffer) => buffer.set(pick([rules(), limits()]).subarray(0, buffer.length)),
];

let nextUpdate = 1;
/** Events as a parser might send them, but for some. */
function events(buffer: Uint8Array): void {
  const view = new FeedEventView(buffer);
  for (let at = 0; (at + 1) * 64 <= buffer.length; at++) {
    const event = view.at(at);
    event.kind = pick([1, 2, 6, 10, 11, 13, 14, 15, 21, random(40)]);
    event.side = random(3);
    event.flags = random(8);
    event.price = random(50);
    event.quantity = random(5);
    event.orderId = nextUpdate;
    event.firstId = nextUpdate++;
  }
}

let nextOrder = 1;
function orders(buffer: Uint8Array): void {
  const view = new OrderCommandView(buffer);
  for (let at = 0; (at + 1) * 64 <= buffer.length; at++) writeOrder(view.at(at), nextOrder++);
}

/** A buffer, and how many things of `size` bytes it may be said to hold; as many as one likes where there is none. */
function buffer(size: number): [Uint8Array<ArrayBuffer> | null, number] {
  if (random(10) === 0) return [null, pick([0, 0, 1, 64, ROOM])];
  const length = pick([0, 1, 7, 15, 16, 31, 32, 63, 64, 65, 96, 128, 256, 640, ROOM]);
  const odd = random(2);
  const view = new Uint8Array(new ArrayBuffer(ROOM + odd), odd, length);
  pick(FILLINGS)(view);
  const name = view.indexOf(0);
  const told = random(4) === 0 ? pick([random(length + 1), name < 0 ? length : name]) : length;
  return [view, Math.floor(told / size)];
}

/** Buffers that one length or count speaks for, and that number: what the shortest of them holds. */
function buffers(many: number, size: number): Argument[] {
  const all = Array.from({ length: many }, () => buffer(size));
  const real = all.filter(([view]) => view !== null);
  return [...all.map(([view]) => view), Math.min(...(real.length > 0 ? real : all).map(([, told]) => told))];
}

const isLength = (name: string | undefined): boolean => name === "count" || /(^|_)length$/.test(name ?? "");

const known = new Set([1, ...Object.keys(CODE_TEXT).map(Number)]);
const wrong: string[] = [];
const seen: Record<string, Record<string, number>> = {};

function note(name: string, result: bigint | number, args: readonly Argument[]): void {
  const status = Number(result);
  const isStatus = status >= 0 ? Number.isInteger(status) : known.has(-status);
  if (!isStatus) {
    wrong.push(`${name}(${args.map((arg) => arg instanceof Uint8Array ? `${arg.length} bytes` : arg)}) gave ${result}`);
  }
  const label = status >= 0 ? "ok" : CODE_TEXT[-status]?.[0] ?? "none";
  const counts = seen[name] ??= {};
  counts[label] = (counts[label] ?? 0) + 1;
}

/** What a call opened is closed at once, or the tables would be full of it. */
function closeOpened(name: string, result: bigint | number): void {
  if (typeof result !== "bigint" || result <= 0n) return;
  const kind = name.includes("_reader_") ? "reader" : name.split("_")[1];
  symbols[`cwts_${kind}_close`]?.(result);
}

const all = await exports();
for (const [name, symbol] of Object.entries(SYMBOLS)) {
  const real = (symbol as { name?: string }).name ?? name;
  const { parameters } = all.find((one) => one.name === real)!;
  for (let n = 0; n < CALLS_PER_SYMBOL; n++) {
    if (n % 16 === 0) revive();
    const args: Argument[] = [];
    for (let at = 0; at < parameters.length; at++) {
      const { type } = parameters[at];
      if (type === "u64") args.push(handle(real, parameters[at].name));
      else if (type === "f64") args.push(float());
      else if (type === "u32") args.push(word());
      else {
        let many = 1;
        while (parameters[at + many]?.type.startsWith("*")) many++;
        const length = parameters[at + many]?.name;
        if (!isLength(length)) throw new Error(`${name}: no length follows ${parameters[at].name}`);
        args.push(...buffers(many, length === "count" ? LARGEST_RECORD : 1));
        at += many;
      }
    }
    try {
      const result = await symbols[name](...args);
      note(name, result, args);
      closeOpened(name, result);
    } catch (error) {
      // The binding itself refuses what is no number of the type.
      if (!(error instanceof TypeError)) throw error;
      (seen[name] ??= {}).refused = (seen[name].refused ?? 0) + 1;
    }
  }
}
console.log(JSON.stringify({ wrong: wrong.slice(0, 20), seen }));
