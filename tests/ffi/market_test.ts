/** Native parsers and books on real captures: the events and the book of the TypeScript reader, message by message. */
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { BookBuilder as TypeScriptBook } from "../../actors/market/binance/book_builder.ts";
import { type CaptureMessage, MessageKind, NO_PREVIOUS } from "../../actors/market/replay/message.ts";
import { CaptureReader, type CaptureSource } from "../../actors/market/replay/reader.ts";
import {
  BookBuilder,
  BookChangeView,
  BookFault,
  BookState,
  Code,
  DepthLevelView,
  FeedEventKind,
  FeedEventView,
  FeedFault,
  FeedKind,
  FeedParser,
  NativeError,
} from "../../ffi/mod.ts";
import { json, lines, spotCapture, START_NANOS, usdmCapture } from "../actors/replay_support.ts";

const SIZE = FeedEventView.SIZE;
/** Odd, so that chunks are cut in all places. */
const CHUNK = 61_003;
const LAST = 2;
const NO_SIDE = 2;

function parserOf({ instrument, symbol }: CaptureSource): FeedParser {
  const { id, tick, lot } = instrument;
  return FeedParser.create(FeedKind.Binance, [{
    instrument: id,
    symbol: symbol ?? instrument.symbol,
    tick,
    lot,
  }]);
}

/** A capture's lines, unpacked. */
async function unpacked({ files }: CaptureSource): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    for await (const part of createReadStream(file).pipe(createGunzip())) parts.push(part as Uint8Array);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** All events of a feed, given in chunks, handed over in small batches. */
function eventsOf(parser: FeedParser, feed: Uint8Array): Uint8Array<ArrayBuffer> {
  const batch = new Uint8Array(513 * SIZE);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < feed.length; from += CHUNK) {
    for (let chunk = feed.subarray(from, from + CHUNK), waiting = 0; chunk.length > 0 || waiting > 0;) {
      const counts = parser.read(chunk, batch);
      assert.equal(counts.fault, FeedFault.None, `message ${counts.message}`);
      parts.push(batch.slice(0, counts.events * SIZE));
      waiting = counts.waiting;
      chunk = chunk.subarray(counts.consumed);
    }
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What the events of a message must be, as one line each. */
function expected(message: CaptureMessage): string[] {
  const { kind, time, eventTime, lastId } = message;
  const line = (kind: number, side: number, price: number, quantity: number, first = 0, previous = 0, at = eventTime) =>
    `${kind} ${side} ${price} ${quantity} ${lastId} ${first} ${previous} ${time} ${at * 1000}`;
  switch (kind) {
    case MessageKind.Diff:
    case MessageKind.Snapshot: {
      const diff = kind === MessageKind.Diff;
      const of = diff ? FeedEventKind.Level : FeedEventKind.SnapshotLevel;
      const first = diff ? message.firstId : 0;
      const previous = diff && message.previousId !== NO_PREVIOUS ? message.previousId : 0;
      const all = Array.from(
        { length: message.levelCount },
        (_, n) => line(of, n < message.bidCount ? 0 : 1, message.prices[n], message.quantities[n], first, previous),
      );
      return all.length > 0 ? all : [line(of, NO_SIDE, 0, 0, first, previous)];
    }
    case MessageKind.Trade:
      return [line(FeedEventKind.Trade, message.aggressor, message.price, message.quantity)];
    default:
      return [
        line(FeedEventKind.Best, 0, message.bid, message.bidQuantity),
        line(FeedEventKind.Best, 1, message.ask, message.askQuantity),
      ];
  }
}

function told(event: FeedEventView): string {
  // The TypeScript reader does not take a snapshot's own time.
  const at = event.kind === FeedEventKind.SnapshotLevel ? 0 : event.exchangeTime;
  return `${event.kind} ${event.side} ${event.price} ${event.quantity} ${event.orderId} ${event.firstId} ` +
    `${event.previousId} ${event.localTime} ${at}`;
}

function nativeLevels(book: BookBuilder, side: 0 | 1): [number, number][] {
  const levels = new Uint8Array(20_000 * DepthLevelView.SIZE);
  const count = book.depth(0, side, levels);
  const view = new DepthLevelView(levels);
  return Array.from({ length: count }, (_, n) => [view.at(n).price, view.quantity]);
}

for (const [name, source] of [["USD-M", usdmCapture], ["spot", spotCapture]] as const) {
  Deno.test({
    name: `a real ${name} capture gives the events and the books of the TypeScript reader${
      source === null ? " [needs recordings]" : ""
    }`,
    ignore: source === null,
    fn: async () => {
      const feed = await unpacked(source!);
      using parser = parserOf(source!);
      const events = eventsOf(parser, feed);
      const view = new FeedEventView(events);
      const count = events.length / SIZE;

      using native = BookBuilder.create([source!.instrument.id]);
      const theirs = new TypeScriptBook();
      const changes = new Uint8Array(16 * BookChangeView.SIZE);
      let at = 0;
      let offBook = 0;
      let checkpoints = 0;
      const reader = new CaptureReader(source!);
      await reader.readAll((message) => {
        while (view.at(at).kind === FeedEventKind.OffBook) {
          at++;
          offBook++;
        }
        const begin = at;
        const found: string[] = [];
        do found.push(told(view.at(at))); while ((view.at(at++).flags & LAST) === 0);
        assert.deepEqual(found, expected(message), `line ${message.line}`);

        native.apply(events.subarray(begin * SIZE), at - begin, changes);
        if (message.kind === MessageKind.Diff) theirs.onDiff(message);
        else if (message.kind === MessageKind.Snapshot) theirs.onSnapshot(message);
        else return;
        const status = native.status(0);
        assert.equal(status.state === BookState.Live, theirs.live, `line ${message.line}`);
        if (!theirs.live) return;
        const { bids, asks } = theirs.book;
        assert.deepEqual(
          [status.lastId, status.bids, status.asks, ...Object.values(native.top(0))],
          [theirs.lastId, bids.size, asks.size, bids.best, bids.bestQuantity, asks.best, asks.bestQuantity],
        );
        if (checkpoints++ % 100 !== 0) return;
        for (const side of [0, 1] as const) {
          assert.deepEqual(nativeLevels(native, side), theirs.book.levels(side, 20_000), `line ${message.line}`);
        }
      });
      while (at < count && view.at(at).kind === FeedEventKind.OffBook) {
        at++;
        offBook++;
      }
      assert.equal(at, count, "no event is left over");
      assert.equal(offBook, reader.counts.offBook);
      assert.ok(theirs.live && checkpoints > 3_000);
      for (const side of [0, 1] as const) {
        assert.deepEqual(nativeLevels(native, side), theirs.book.levels(side, 20_000));
      }

      // Parsed and applied in one call, the books are the same.
      using again = parserOf(source!);
      using inOneCall = BookBuilder.create([source!.instrument.id]);
      let updates = 0;
      for (let from = 0; from < feed.length; from += CHUNK) {
        const { read, applied } = inOneCall.feed(again, feed.subarray(from, from + CHUNK), changes);
        assert.equal(read.fault, FeedFault.None);
        updates += applied.levelUpdates;
      }
      assert.equal(inOneCall.stateHash(), native.stateHash());
      assert.equal(updates, theirs.levelUpdates);
    },
  });
}

const encoder = new TextEncoder();
const symbol = { instrument: 0, symbol: "BTCUSDT", tick: "0.10", lot: "0.001" };
const room = () => new Uint8Array(64 * SIZE);

Deno.test("a faulty message ends a call at its place, and the rest of the chunk is read by the next", () => {
  using parser = FeedParser.create(FeedKind.Binance, [symbol]);
  const trade = json.trade(1, "100.10", "0.5", false);
  const off = json.trade(2, "100.15", "0.5", false);
  const chunk = encoder.encode(lines([trade, off, trade]));
  const events = room();
  const first = parser.read(chunk, events);
  const head = lines([trade, off]).length;
  assert.deepEqual(
    [first.events, first.consumed, first.fault, first.message, first.faults],
    [1, head, FeedFault.OffTick, 2, 1],
  );
  const place = first.faultPosition;
  assert.equal(new TextDecoder().decode(chunk.subarray(place, place + 6)), "100.15");
  const second = parser.read(chunk.subarray(head), events);
  assert.deepEqual([second.events, second.consumed, second.fault], [1, chunk.length - head, FeedFault.None]);
});

Deno.test("events that do not fit wait, in order, and nothing is read ahead of them", () => {
  using parser = FeedParser.create(FeedKind.Binance, [symbol]);
  const levels = Array.from({ length: 10 }, (_, n) => [`${n + 1}.0`, "1"] as const);
  const chunk = encoder.encode(lines([json.snapshot(5, levels, []), json.trade(1, "100.10", "0.5", false)]));
  const events = new Uint8Array(4 * SIZE);
  const view = new FeedEventView(events);
  const prices: number[] = [];
  let rest = chunk;
  for (let calls = 0; calls < 4; calls++) {
    const { events: count, consumed } = parser.read(rest, events);
    rest = rest.subarray(consumed);
    for (let n = 0; n < count; n++) prices.push(view.at(n).price);
  }
  assert.deepEqual(prices, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 1001]);
  assert.equal(parser.finish(events).events, 0);
});

Deno.test("a line without an end is read when the feed has ended", () => {
  using parser = FeedParser.create(FeedKind.Binance, [symbol]);
  const events = room();
  assert.equal(
    parser.read(encoder.encode(lines([json.trade(1, "100.10", "0.5", false)]).trimEnd()), events).events,
    0,
  );
  assert.equal(parser.finish(events).events, 1);
});

Deno.test("a book that was lost is not shown until its next snapshot, and says why", () => {
  using parser = FeedParser.create(FeedKind.Binance, [symbol]);
  using builder = BookBuilder.create([0]);
  const changes = new Uint8Array(8 * BookChangeView.SIZE);
  const change = new BookChangeView(changes);
  let told = 0;
  /** Lines, each received after the one before. */
  const chunk = (...messages: string[]) =>
    encoder.encode(messages.map((message) => `${START_NANOS + BigInt(told++)} ${message}\n`).join(""));
  const feed = (...messages: string[]) => builder.feed(parser, chunk(...messages), changes);
  const none = new Uint8Array(0);
  assert.equal(feed(json.snapshot(10, [["100.0", "1"]], [["101.0", "2"]])).applied.changes, 1);
  assert.deepEqual([change.at(0).state, change.bid, change.ask], [BookState.Live, 1000, 1010]);
  assert.deepEqual(builder.top(0), { bid: 1000, bidQuantity: 1000, ask: 1010, askQuantity: 2000 });
  // Updates are missing; there is no room to be told, so it waits.
  const gap = chunk(json.spotDiff(11, 11, [], []), json.spotDiff(13, 13, [], []));
  assert.equal(builder.feed(parser, gap, none).applied.waitingChanges, 1);
  assert.equal(builder.apply(none, 0, changes).changes, 1);
  assert.deepEqual(
    [change.at(0).state, change.fault, change.lastId, change.foundId],
    [BookState.Stale, BookFault.Gap, 11, 13],
  );
  const notLive = (error: unknown) => error instanceof NativeError && error.code === Code.BookNotLive;
  assert.throws(() => builder.top(0), notLive);
  assert.throws(() => builder.depth(0, 0, room()), notLive);
  const { state, fault, losses, kept } = builder.status(0);
  assert.deepEqual([state, fault, losses, kept], [BookState.Stale, BookFault.Gap, 1, 1]);
  feed(json.snapshot(13, [["99.0", "1"]], []));
  assert.deepEqual(builder.top(0), { bid: 990, bidQuantity: 1000, ask: 0, askQuantity: 0 });
});

Deno.test("symbols, steps and kinds of feed that make no sense are refused with a sentence", () => {
  const create = (change: Partial<typeof symbol>, kind: FeedKind = FeedKind.Binance) => () =>
    FeedParser.create(kind, [{ ...symbol, ...change }]).close();
  for (
    const [make, sentence] of [
      [create({ tick: "0" }), /"0": a tick or lot is a decimal above zero/],
      [create({ lot: "1e-3" }), /"1e-3": a tick or lot is a decimal above zero/],
      [create({ symbol: "" }), /a symbol has 1 to 32 bytes/],
      [create({ instrument: 65_535 }), /instruments are below 65535/],
      [create({}, 9 as FeedKind), /9 is not a kind of feed/],
      [() => FeedParser.create(FeedKind.Binance, [symbol, symbol]), /is listed already/],
      [() => BookBuilder.create([65_535]), /65535 is not below 65535/],
    ] as const
  ) assert.throws(make, (error) => error instanceof NativeError && sentence.test(error.message), String(sentence));
});
