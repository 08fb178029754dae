/**
 * How fast a recorded Binance capture becomes a book, and plays through the actors.
 *
 * - `usdm-parse-apply`, `spot-parse-apply`: gzip file to live book, messages per second; the naive way (JSON.parse, a
 *   Map per side, best price searched when it goes) beside it on the same file.
 * - `usdm-parse`: gzip file to decoded messages only.
 * - `usdm-apply`: decoded diffs from memory to the book only, level updates per second.
 * - `usdm-actors`: file to feed actor to replay exchange to one subscriber, at speed "max".
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { createInterface } from "node:readline";
import { BookBuilder } from "../actors/market/binance/book_builder.ts";
import { replayFeed } from "../actors/market/replay/feed.ts";
import { CaptureMessage, MessageKind } from "../actors/market/replay/message.ts";
import { CaptureReader, type CaptureSource, firstTimestamp } from "../actors/market/replay/reader.ts";
import { Recording } from "../actors/market/replay/recording.ts";
import { GUARDIAN, type GuardianMessage, type Instrument, VENUE } from "../actors/protocol/mod.ts";
import { replayExchange } from "../actors/venues/replay_exchange.ts";
import { ReplayVenue } from "../actors/venues/replay_venue.ts";
import { type ActorDef, ActorSystem } from "../runtime/mod.ts";
import { supervise, worker } from "../supervision/mod.ts";
import { Report, spread } from "./harness.ts";

const RUNS = 7;

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
const spot: Instrument = { ...perpetual, tick: "0.01", lot: "0.000001", unitsPerTickLot: 1 };

/** Captures that lie beside the repository; null where they do not. */
function capture(instrument: Instrument, ...names: readonly string[]): CaptureSource | null {
  const files = names.map((name) => new URL(`../../shared/data/binance/${name}.gz`, import.meta.url).pathname);
  try {
    for (const file of files) Deno.statSync(file);
  } catch {
    return null;
  }
  return { files, instrument };
}

interface Run {
  readonly seconds: number;
  readonly messages: number;
  readonly levelUpdates: number;
}

async function timed(body: () => Promise<Omit<Run, "seconds">>): Promise<Run> {
  const start = performance.now();
  const figures = await body();
  return { seconds: (performance.now() - start) / 1000, ...figures };
}

function onBook(builder: BookBuilder, message: CaptureMessage): void {
  if (message.kind === MessageKind.Diff) builder.onDiff(message);
  else if (message.kind === MessageKind.Snapshot) builder.onSnapshot(message);
}

const parseApply = (source: CaptureSource) =>
  timed(async () => {
    const reader = new CaptureReader(source);
    const builder = new BookBuilder();
    await reader.readAll((message) => onBook(builder, message));
    if (!builder.live) throw new Error("the book did not become live");
    return reader.counts;
  });

const parse = (source: CaptureSource) =>
  timed(async () => {
    const reader = new CaptureReader(source);
    await reader.readAll(() => {});
    return reader.counts;
  });

/** Copies of all diffs and the snapshot. */
async function decoded(source: CaptureSource): Promise<CaptureMessage[]> {
  const all: CaptureMessage[] = [];
  await new CaptureReader(source).readAll((message) => {
    if (message.kind !== MessageKind.Diff && message.kind !== MessageKind.Snapshot) return;
    const kept = Object.assign(new CaptureMessage(), message);
    kept.prices = message.prices.slice(0, message.levelCount);
    kept.quantities = message.quantities.slice(0, message.levelCount);
    all.push(kept);
  });
  return all;
}

const apply = (messages: readonly CaptureMessage[]) =>
  timed(() => {
    const builder = new BookBuilder();
    for (const message of messages) onBook(builder, message);
    return Promise.resolve({ messages: messages.length, levelUpdates: builder.levelUpdates });
  });

/** What one writes first: lines, JSON.parse, Number, a Map per side. Floats, no checks. */
const naive = (source: CaptureSource) =>
  timed(async () => {
    const sides = { b: new Map<number, number>(), a: new Map<number, number>() };
    const best = { b: -Infinity, a: Infinity };
    let messages = 0;
    let levelUpdates = 0;
    const set = (side: "a" | "b", price: number, quantity: number) => {
      const book = sides[side];
      if (quantity > 0) {
        book.set(price, quantity);
        if (side === "b" ? price > best.b : price < best.a) best[side] = price;
      } else if (book.delete(price) && price === best[side]) {
        best[side] = side === "b" ? -Infinity : Infinity;
        for (const other of book.keys()) if (side === "b" ? other > best.b : other < best.a) best[side] = other;
      }
    };
    const all = (levels: readonly [string, string][], side: "a" | "b") => {
      levelUpdates += levels.length;
      for (const [price, quantity] of levels) set(side, Number(price), Number(quantity));
    };
    for (const file of source.files) {
      for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
        const message = JSON.parse(line.slice(line.indexOf(" ")));
        messages++;
        if (message.data?.e === "depthUpdate") {
          all(message.data.b, "b");
          all(message.data.a, "a");
        } else if (message.bids !== undefined) {
          for (const [price, quantity] of message.bids) set("b", Number(price), Number(quantity));
          for (const [price, quantity] of message.asks) set("a", Number(price), Number(quantity));
        }
      }
    }
    return { messages, levelUpdates };
  });

const listener: ActorDef<GuardianMessage, { heard: number }> = {
  type: "listener",
  init(context, args) {
    context.register(GUARDIAN);
    return {
      receive(message) {
        if (message.kind === "VenueReady") {
          context.registry.get(VENUE).tell({ kind: "SubscribeMarket", subscriber: context.self, instruments: [0] });
        } else if (message.kind === "MarketData") args.heard += message.events.length;
      },
    };
  },
};

const actors = (source: CaptureSource) =>
  timed(async () => {
    const recording = new Recording([source]);
    const venue = new ReplayVenue({
      instruments: [source.instrument],
      isApproved: () => true,
      doorOpen: () => true,
    });
    const start = await firstTimestamp(source.files[0]);
    const system = new ActorSystem({ seed: 1, start, speed: "max" });
    const root = supervise(system, "replay", {
      id: "replay",
      strategy: "one_for_one",
      children: [
        worker("listener", listener, { heard: 0 }),
        worker("exchange", replayExchange, { venue }),
        worker("feed", replayFeed, { recording }),
      ],
    });
    for (let until = start; !venue.ended; until += 1_000_000) await system.run({ until });
    await system.stop(root);
    const [{ counts }] = recording.report();
    return counts;
  });

async function add(report: Report, name: string, engine: string, once: () => Promise<Run>): Promise<void> {
  await once();
  const runs: Run[] = [];
  for (let n = 0; n < RUNS; n++) runs.push(await once());
  const rates = (what: "messages" | "levelUpdates") => spread(runs.map((run) => Math.round(run[what] / run.seconds)));
  const byLevels = name.endsWith("-apply") && !name.includes("parse");
  report.add({
    case: name,
    engine,
    unit: byLevels ? "level updates/s" : "messages/s",
    ...rates(byLevels ? "levelUpdates" : "messages"),
    messages: runs[0].messages,
    level_updates: runs[0].levelUpdates,
    level_updates_per_s: rates("levelUpdates").median,
  });
}

export async function run(json: boolean): Promise<void> {
  const usdm = capture(perpetual, "usdm_btcusdt_20240808");
  const both = capture(spot, "spot_btcusdt_20240808", "spot_btcusdt_20240809");
  if (usdm === null || both === null) {
    console.error(
      "replay: skipped, because the recorded captures are not at ../shared/data/binance beside the repository.",
    );
    return;
  }
  const report = new Report("replay", json);
  await add(report, "usdm-parse-apply", "cwts-ts", () => parseApply(usdm));
  await add(report, "usdm-parse-apply", "naive-json-map", () => naive(usdm));
  await add(report, "spot-parse-apply", "cwts-ts", () => parseApply(both));
  await add(report, "usdm-parse", "cwts-ts", () => parse(usdm));
  const messages = await decoded(usdm);
  await add(report, "usdm-apply", "cwts-ts", () => apply(messages));
  await add(report, "usdm-actors", "cwts-ts", () => actors(usdm));
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
