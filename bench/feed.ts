/**
 * Recorded market data read and applied to a book, from unpacked bytes in memory: level updates per second.
 *
 *     deno task bench feed [--json]
 *
 * - `usdm`, `spot`: a real Binance capture. Every engine but the naive one ends in the same book, or nothing is measured.
 *   `cwts` is the native parser and book; `cwts-parse` and `cwts-apply` are its halves; `cwts-sorted-levels` and
 *   `cwts-naive-levels` keep the same book in a sorted array and in a sorted map; `simd-json` and `serde_json` read the
 *   same events for the same book; `deno-one-call` and `deno-events` are the native ones from TypeScript, without and with
 *   the events handed out; `typescript` is the decoder and book of the replay feed; `naive-typescript` is JSON.parse,
 *   Number and a Map per side. Engines take turns. What unpacking costs stands in `deno task bench replay`.
 * - `itch`: messages of 64 instruments, made by a seeded flow: 45 % add, 42 % delete, the others replace and reduce.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { BookBuilder as TypeScriptBook } from "../actors/market/binance/book_builder.ts";
import { decode } from "../actors/market/replay/decode.ts";
import { CaptureMessage, MessageKind } from "../actors/market/replay/message.ts";
import { scaleOf } from "../actors/market/replay/scale.ts";
import { Scanner } from "../actors/market/replay/scan.ts";
import type { Instrument } from "../actors/protocol/mod.ts";
import { BookBuilder, BookChangeView, FeedEventView, FeedKind, FeedParser } from "../ffi/mod.ts";
import { Report, spread } from "./harness.ts";
import { BUILD_FOLDER, ensureNativeBench, type Line, native } from "./native/build.ts";

const ROUNDS = 3;
const RUNS = 3;
const CHUNK = 64 * 1024;
const STAMP = 20;
const ITCH_MESSAGES = 1_000_000;

const perpetual: Instrument = {
  id: 0,
  symbol: "BTCUSDT",
  currency: "USDT",
  tick: "0.10",
  lot: "0.001",
  unitsPerTickLot: 10_000,
  makerFee: 0,
  takerFee: 0,
};
const CAPTURES: readonly (readonly [name: string, file: string, instrument: Instrument])[] = [
  ["usdm", "usdm_btcusdt_20240808", perpetual],
  ["spot", "spot_btcusdt_20240808", { ...perpetual, tick: "0.01", lot: "0.000001", unitsPerTickLot: 1 }],
];

const NATIVE = [
  "cwts",
  "cwts-parse",
  "cwts-apply",
  "cwts-sorted-levels",
  "cwts-naive-levels",
  "simd-json",
  "serde_json",
];

/** The lines of a capture, as a file beside what else measurements make; null where there is no capture. */
async function unpacked(name: string): Promise<string | null> {
  const packed = new URL(`../../shared/data/binance/${name}.gz`, import.meta.url).pathname;
  try {
    await Deno.stat(packed);
  } catch {
    return null;
  }
  const path = `${BUILD_FOLDER}${name}.txt`;
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const { writable } = file;
  const writer = writable.getWriter();
  for await (const part of createReadStream(packed).pipe(createGunzip())) await writer.write(part as Uint8Array);
  await writer.close();
  return path;
}

/** Level updates and messages of one pass. */
interface Pass {
  readonly levelUpdates: number;
  readonly messages: number;
}

/** Our decoder and book, as the replay feed uses them. */
function typescript(bytes: Uint8Array, instrument: Instrument): Pass {
  const scanner = new Scanner(instrument.symbol, scaleOf(instrument.tick), scaleOf(instrument.lot));
  const message = new CaptureMessage();
  const builder = new TypeScriptBook();
  const text = new TextDecoder();
  let messages = 0;
  for (let start = 0; start < bytes.length; messages++) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    if (!scanner.scan(bytes, start + STAMP, end, message)) {
      const json = text.decode(bytes.subarray(start + STAMP, end));
      decode(json, instrument.symbol, instrument, message, () => `line ${messages}`);
    }
    if (message.kind === MessageKind.Diff) builder.onDiff(message);
    else if (message.kind === MessageKind.Snapshot) builder.onSnapshot(message);
    start = end + 1;
  }
  if (!builder.live) throw new Error("the book did not become live");
  return { levelUpdates: builder.levelUpdates, messages };
}

/** What one writes first. Floats, no checks, no sequence rules. */
function naive(bytes: Uint8Array): Pass {
  const book = { b: new Map<number, number>(), a: new Map<number, number>() };
  const set = (side: Map<number, number>, levels: readonly [string, string][]) => {
    for (const [price, quantity] of levels) {
      if (Number(quantity) > 0) side.set(Number(price), Number(quantity));
      else side.delete(Number(price));
    }
    return levels.length;
  };
  let [levelUpdates, messages] = [0, 0];
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    if (line === "") continue;
    messages++;
    const { data, bids, asks } = JSON.parse(line.slice(STAMP));
    if (data?.e === "depthUpdate") levelUpdates += set(book.b, data.b) + set(book.a, data.a);
    else if (bids !== undefined) set(book.b, bids), set(book.a, asks);
  }
  return { levelUpdates, messages };
}

/** The native parser and book from TypeScript. */
function throughFfi(bytes: Uint8Array, { symbol, tick, lot }: Instrument, events: Uint8Array | null): Pass {
  using parser = FeedParser.create(FeedKind.Binance, [{ instrument: 0, symbol, tick, lot }]);
  using builder = BookBuilder.create([0]);
  const changes = new Uint8Array(16 * BookChangeView.SIZE);
  let [levelUpdates, messages] = [0, 0];
  for (let from = 0; from < bytes.length; from += CHUNK) {
    let chunk = bytes.subarray(from, from + CHUNK);
    if (events === null) {
      const { read, applied } = builder.feed(parser, chunk, changes);
      levelUpdates += applied.levelUpdates;
      messages = read.message;
      continue;
    }
    for (let waiting = 0; chunk.length > 0 || waiting > 0;) {
      const read = parser.read(chunk, events);
      levelUpdates += builder.apply(events, read.events, changes).levelUpdates;
      ({ waiting, message: messages } = read);
      chunk = chunk.subarray(read.consumed);
    }
  }
  return { levelUpdates, messages };
}

/** Level updates per second of a pass, and what it did. */
function timed(pass: () => Pass): [rate: number, done: Pass] {
  const start = performance.now();
  const done = pass();
  return [done.levelUpdates / ((performance.now() - start) / 1000), done];
}

async function capture(report: Report, name: string, path: string, instrument: Instrument): Promise<void> {
  const bytes = await Deno.readFile(path);
  const events = new Uint8Array(4096 * FeedEventView.SIZE);
  const inDeno: Readonly<Record<string, () => Pass>> = {
    "deno-one-call": () => throughFfi(bytes, instrument, null),
    "deno-events": () => throughFfi(bytes, instrument, events),
    typescript: () => typescript(bytes, instrument),
    "naive-typescript": () => naive(bytes),
  };
  const rates = new Map<string, number[]>();
  const lines = new Map<string, Line>();
  const done = new Map<string, Pass>();
  const add = (engine: string, ...more: readonly number[]) =>
    (rates.get(engine) ?? rates.set(engine, []).get(engine)!).push(...more);
  for (let round = 0; round < ROUNDS; round++) {
    report.note(`${name}, ${round + 1} of ${ROUNDS}`);
    for (const engine of NATIVE) {
      const { symbol, tick, lot } = instrument;
      const words = [`engine=${engine}`, `file=${path}`, `symbol=${symbol}`, `tick=${tick}`, `lot=${lot}`];
      const [line] = await native("feed", ...words, `runs=${RUNS}`);
      lines.set(engine, line);
      add(engine, ...line.rates as readonly number[]);
    }
    for (const [engine, pass] of Object.entries(inDeno)) {
      if (round === 0) pass();
      for (let run = 0; run < RUNS; run++) {
        const [rate, what] = timed(pass);
        add(engine, rate);
        done.set(engine, what);
      }
    }
  }
  const known = lines.get("cwts")!;
  for (const engine of ["deno-one-call", "deno-events", "typescript"]) {
    const { levelUpdates, messages } = done.get(engine)!;
    if (levelUpdates !== known.level_updates || messages !== known.messages) {
      throw new Error(
        `${engine} applied ${levelUpdates} updates, not ${known.level_updates}; the figures would be lies`,
      );
    }
  }
  for (const [engine, all] of rates) {
    const { level_updates, messages, bytes: size, allocations } = lines.get(engine) ?? {};
    const further = level_updates === undefined
      ? { level_updates: done.get(engine)!.levelUpdates }
      : { level_updates, messages, bytes: size, allocations };
    report.add({ case: name, engine, unit: "level updates/s", ...rounded(all), ...further as Record<string, number> });
  }
}

function rounded(all: readonly number[]) {
  const { runs, median, min, max } = spread(all);
  return { runs, median: Math.round(median), min: Math.round(min), max: Math.round(max) };
}

export async function run(json: boolean): Promise<void> {
  ensureNativeBench();
  const report = new Report("feed", json);
  for (const [name, file, instrument] of CAPTURES) {
    const path = await unpacked(file);
    if (path === null) console.error(`${name} is absent: its capture does not lie beside the repository`);
    else await capture(report, name, path, instrument);
  }
  report.note("itch");
  const [line] = await native("itch", `messages=${ITCH_MESSAGES}`, `runs=${RUNS * ROUNDS}`);
  const { messages, bytes, allocations } = line as Record<string, number>;
  const all = line.message_rates as readonly number[];
  report.add({ case: "itch", engine: "cwts", unit: "messages/s", ...rounded(all), messages, bytes, allocations });
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
