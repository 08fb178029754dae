import assert from "node:assert/strict";
import fc from "fast-check";
import { BookBuilder, Outcome } from "../../actors/market/binance/book_builder.ts";
import { type CaptureMessage, MessageKind } from "../../actors/market/replay/message.ts";
import { CaptureReader, type CaptureSource } from "../../actors/market/replay/reader.ts";
import { BookSide, LevelBook } from "../../actors/protocol/level_book.ts";
import { NaiveLevelBook } from "./naive_level_book.ts";
import { Captures, copy, json, perpetual, readMessages, spotCapture, usdmCapture } from "./replay_support.ts";

/** Plays messages into a new builder and returns the outcomes by name. */
async function play(...messages: readonly string[]): Promise<{ builder: BookBuilder; outcomes: string[] }> {
  using captures = new Captures();
  const builder = new BookBuilder();
  const outcomes: string[] = [];
  for (const message of await readMessages({ files: [captures.messages(...messages)], instrument: perpetual })) {
    const outcome = message.kind === MessageKind.Diff ? builder.onDiff(message) : builder.onSnapshot(message);
    outcomes.push(Object.entries(Outcome).find(([, code]) => code === outcome)![0]);
  }
  return { builder, outcomes };
}

const bids = [["100.0", "5"], ["99.9", "7"]] as const;
const asks = [["100.1", "3"], ["100.2", "4"]] as const;
const none = [] as const;

Deno.test("usdm: diffs before the snapshot are buffered, old ones dropped, the straddling one applied", async () => {
  const { builder, outcomes } = await play(
    json.usdmDiff(90, 95, 89, [["50", "1"]], none),
    json.usdmDiff(96, 99, 95, [["60", "1"]], none),
    json.usdmDiff(100, 104, 99, [["100.0", "6"]], none),
    json.snapshot(102, bids, asks),
    json.usdmDiff(106, 108, 104, none, [["100.1", "0"]]),
  );
  assert.deepEqual(outcomes, ["Buffered", "Buffered", "Buffered", "Live", "Applied"]);
  assert.deepEqual(builder.book.levels(0, 9), [[1000, 6000], [999, 7000]]);
  assert.deepEqual(builder.book.levels(1, 9), [[1002, 4000]]);
  assert.equal(builder.lastId, 108);
});

Deno.test("usdm: a diff that ends exactly at the snapshot is the first one, on spot it is dropped", async () => {
  const usdm = await play(json.usdmDiff(100, 102, 99, [["99.9", "1"]], none), json.snapshot(102, bids, asks));
  assert.deepEqual(usdm.outcomes, ["Buffered", "Live"]);
  assert.equal(usdm.builder.book.bids.get(999), 1000);
  const spot = await play(json.spotDiff(100, 102, [["99.9", "1"]], none), json.snapshot(102, bids, asks));
  assert.equal(spot.builder.book.bids.get(999), 7000);
});

Deno.test("spot: the first diff must hold lastUpdateId + 1, then each begins where the last one ended", async () => {
  const { outcomes, builder } = await play(
    json.snapshot(100, bids, asks),
    json.spotDiff(90, 100, [["99.9", "1"]], none),
    json.spotDiff(99, 101, [["99.9", "2"]], none),
    json.spotDiff(102, 102, [["99.9", "3"]], none),
  );
  assert.deepEqual(outcomes, ["Live", "Dropped", "Applied", "Applied"]);
  assert.equal(builder.book.bids.get(999), 3000);
});

Deno.test("a first diff that begins behind the snapshot is a gap", async () => {
  const { outcomes, builder } = await play(json.snapshot(100, bids, asks), json.spotDiff(102, 105, none, none));
  assert.deepEqual(outcomes, ["Live", "Lost"]);
  assert.match(builder.detail, /begins at 102 and does not join it/);
});

for (
  const [market, next] of [
    ["usdm", json.usdmDiff(107, 109, 106, none, none)],
    ["spot", json.spotDiff(107, 109, none, none)],
  ] as const
) {
  Deno.test(`${market}: a missing diff makes the book invalid until the next snapshot, and only that`, async () => {
    const first = market === "usdm" ? json.usdmDiff(100, 105, 99, none, none) : json.spotDiff(100, 105, none, none);
    const more = market === "usdm" ? json.usdmDiff(110, 112, 109, none, none) : json.spotDiff(110, 112, none, none);
    const { outcomes, builder } = await play(
      json.snapshot(102, bids, asks),
      first,
      next,
      more,
      json.snapshot(108, [["99.0", "1"]], asks),
    );
    assert.deepEqual(outcomes, ["Live", "Applied", "Lost", "Buffered", "Live"]);
    assert.equal(builder.losses, 1);
    assert.deepEqual(builder.book.levels(0, 9), [[990, 1000]]);
    assert.equal(builder.lastId, 112);
  });
}

Deno.test("a snapshot older than the diffs kept is not used", async () => {
  const { outcomes, builder } = await play(
    json.spotDiff(200, 205, none, none),
    json.snapshot(150, bids, asks),
    json.spotDiff(206, 207, none, none),
    json.snapshot(204, bids, asks),
  );
  assert.deepEqual(outcomes, ["Buffered", "Unused", "Buffered", "Live"]);
  assert.equal(builder.lastId, 207);
});

Deno.test("diffs kept from before a break do not join a later snapshot", async () => {
  const { outcomes } = await play(
    json.spotDiff(100, 105, [["99.9", "1"]], none),
    json.spotDiff(110, 112, none, none),
    json.snapshot(103, bids, asks),
  );
  assert.deepEqual(outcomes, ["Buffered", "Buffered", "Unused"], "106 to 109 are missing");
});

Deno.test("a snapshot that comes while the book is live changes nothing", async () => {
  const { outcomes, builder } = await play(json.snapshot(100, bids, asks), json.snapshot(101, [["1", "1"]], none));
  assert.deepEqual(outcomes, ["Live", "Unused"]);
  assert.equal(builder.book.bids.best, 1000);
});

Deno.test("a crossed or locked book is lost, with both prices in the reason", async () => {
  for (const price of ["100.1", "100.5"]) {
    const { outcomes, builder } = await play(
      json.snapshot(100, bids, asks),
      json.spotDiff(101, 101, [[price, "1"]], none),
      json.spotDiff(102, 102, [["100.0", "1"]], none),
    );
    assert.deepEqual(outcomes, ["Live", "Lost", "Buffered"]);
    assert.match(builder.detail, new RegExp(`crossed at update 101: best bid ${Number(price) * 10}, best ask 1001`));
  }
});

Deno.test("without a snapshot the book never becomes live, and memory for diffs is bounded", () => {
  const builder = new BookBuilder();
  const diff = { firstId: 0, lastId: 0, previousId: -1, bidCount: 0, levelCount: 1 } as CaptureMessage;
  diff.prices = new Float64Array([1000]);
  diff.quantities = new Float64Array([1]);
  for (let id = 1; id <= 10_000; id++) {
    diff.firstId = diff.lastId = id;
    assert.equal(builder.onDiff(diff), Outcome.Buffered);
  }
  assert.equal(builder.live, false);
  const snapshot = { ...diff, lastId: 100, levelCount: 0 } as CaptureMessage;
  assert.equal(builder.onSnapshot(snapshot), Outcome.Unused, "the diffs behind update 100 were let go");
});

Deno.test("a level book side equals a sorted map under any changes", () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.constantFrom<0 | 1>(0, 1), fc.array(change, { maxLength: 200 }), (side, changes) => {
      const fast = new BookSide(side);
      const naive = new NaiveLevelBook();
      for (const [price, quantity] of changes) {
        assert.equal(fast.set(price, quantity), naive.get(side, price));
        naive.set(side, price, quantity);
        const levels = naive.levels(side);
        assert.equal(fast.size, levels.length);
        assert.equal(fast.best, levels[0]?.[0] ?? 0);
        assert.equal(fast.bestQuantity, levels[0]?.[1] ?? 0);
        for (const probe of [price - 1, price, price + 1]) {
          assert.equal(fast.get(probe), naive.get(side, probe));
          const behind = levels.find(([p]) => side === 0 ? p < probe : p > probe);
          assert.equal(fast.behind(probe), behind?.[0] ?? 0);
        }
      }
      assert.deepEqual(levelsOf(fast), naive.levels(side));
    }),
    { numRuns: 300 },
  );
});

Deno.test("a level book side of thousands of levels keeps its order", () => {
  const fast = new BookSide(1);
  const naive = new NaiveLevelBook();
  // A full cycle of a linear congruence touches every price of 8192 in a scattered order.
  for (let n = 0, price = 1; n < 40_000; n++) {
    price = (price * 5 + 3) % 8192;
    const quantity = n % 3 === 2 ? 0 : n + 1;
    fast.set(price + 1, quantity);
    naive.set(1, price + 1, quantity);
  }
  assert.deepEqual(levelsOf(fast), naive.levels(1));
});

function levelsOf(side: BookSide): [number, number][] {
  return Array.from({ length: side.size }, (_, rank) => [side.priceAt(rank), side.quantityAt(rank)]);
}

interface Top {
  readonly id: number;
  readonly values: readonly [number, number, number, number];
}

/** Plays a recording; calls back after every diff or snapshot that was used. */
async function build(
  source: CaptureSource,
  after: (book: LevelBook, message: CaptureMessage, builder: BookBuilder) => void,
) {
  const builder = new BookBuilder();
  const tops: Top[] = [];
  const outcomes = new Map<number, number>();
  await new CaptureReader(source).readAll((message) => {
    if (message.kind === MessageKind.Top) {
      const { bid, bidQuantity, ask, askQuantity, lastId } = message;
      tops.push({ id: lastId, values: [bid, bidQuantity, ask, askQuantity] });
    }
    if (message.kind !== MessageKind.Diff && message.kind !== MessageKind.Snapshot) return;
    const outcome = message.kind === MessageKind.Diff ? builder.onDiff(message) : builder.onSnapshot(message);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome === Outcome.Applied || outcome === Outcome.Live) after(builder.book, message, builder);
  });
  return { builder, tops, outcomes };
}

for (
  const [name, source, facts] of [
    // Buffered before the snapshot; applied after it; of these and the snapshot, how many leave the best prices and
    // quantities of the newest bookTicker that is not newer: all on usdm, all but two of 6 493 on spot.
    ["usdm", usdmCapture, { buffered: 6, applied: 6_545, agreed: 6_546 }],
    ["spot", spotCapture, { buffered: 3, applied: 6_492, agreed: 6_491 }],
  ] as const
) {
  Deno.test({
    name: `the recorded ${name} book is continuous, never crossed, equal to its naive twin and to the best prices`,
    ignore: source === null,
    fn: async () => {
      const naive = new NaiveLevelBook();
      const kept: CaptureMessage[] = [];
      const states: { readonly id: number; readonly values: readonly number[] }[] = [];
      let compared = 0;
      // The twin takes every message by itself: it forgets what is older than the snapshot and applies the rest.
      let snapshot = 0;
      const apply = (message: CaptureMessage) => {
        for (let i = 0; i < message.levelCount; i++) {
          naive.set(i < message.bidCount ? 0 : 1, message.prices[i], message.quantities[i]);
        }
      };
      const before = new CaptureReader(source!);
      await before.readAll((message) => {
        if (snapshot === 0 && message.kind === MessageKind.Diff) kept.push(copy(message));
        if (message.kind === MessageKind.Snapshot) snapshot = message.lastId;
      });
      const { builder, tops, outcomes } = await build(source!, (book, message, { lastId }) => {
        if (message.kind === MessageKind.Snapshot) {
          apply(message);
          kept.filter(({ lastId, previousId }) => previousId < 0 ? lastId > snapshot : lastId >= snapshot).forEach(
            apply,
          );
        } else apply(message);
        assert.ok(book.bids.best < book.asks.best, "never crossed");
        states.push({
          id: lastId,
          values: [book.bids.best, book.bids.bestQuantity, book.asks.best, book.asks.bestQuantity],
        });
        if (++compared % 50 === 0) {
          assert.equal(book.bids.best, naive.best(0));
          assert.equal(book.asks.best, naive.best(1));
        }
        if (compared % 500 === 0 || message.kind === MessageKind.Snapshot) {
          assert.deepEqual(levelsOf(book.bids), naive.levels(0));
          assert.deepEqual(levelsOf(book.asks), naive.levels(1));
        }
      });
      assert.deepEqual(levelsOf(builder.book.bids), naive.levels(0));
      assert.deepEqual(levelsOf(builder.book.asks), naive.levels(1));
      assert.deepEqual(Object.fromEntries(outcomes), {
        [Outcome.Buffered]: facts.buffered,
        [Outcome.Live]: 1,
        [Outcome.Applied]: facts.applied,
      });
      assert.equal(builder.losses, 0);

      let agreed = 0;
      let at = 0;
      for (const { id, values } of states) {
        while (at + 1 < tops.length && tops[at + 1].id <= id) at++;
        if (tops[at].id <= id && tops[at].values.every((value, n) => value === values[n])) agreed++;
      }
      assert.equal(states.length, facts.applied + 1);
      assert.ok(agreed >= facts.agreed, `${agreed} of ${states.length} books show the best prices of the bookTicker`);
    },
  });
}
