/**
 * A recorded morning of LOBSTER: the native book must be the recorded one after every message.
 *
 * Row n of the book file is the book after message n. The first row is the start, as a snapshot; 998 steps follow. What the
 * format cannot hold a book to: nothing is told about levels beyond the tenth. When a better level vanishes, what comes
 * into view behind the tenth level of the row before is taken from the file; such levels are counted. Whatever lay in view
 * is never touched: it is the book's own work in every step. 19 642 levels are so compared, 16 of 19 960 taken from the file.
 */
import assert from "node:assert/strict";
import {
  BookBuilder,
  BookState,
  DepthLevelView,
  FeedEventKind,
  FeedEventView,
  FeedFault,
  FeedKind,
  FeedParser,
} from "../../ffi/mod.ts";
import { sharedData } from "../data.ts";
import "./native.ts";

const NAME = "lobster/AAPL_2012-06-21_34200000_57600000";
const messageFile = sharedData(`${NAME}_message_10.csv`);
const bookFile = sharedData(`${NAME}_orderbook_10.csv`);
const SIZE = FeedEventView.SIZE;
const SHOWN = 10;
/** The file counts in units of 1/100 cent. */
const UNITS_PER_TICK = 100;

type Levels = readonly (readonly [price: number, quantity: number])[];
type Row = readonly [bids: Levels, asks: Levels];

function rowOf(line: string): Row {
  const cells = line.split(",").map(Number);
  const side = (from: number): Levels =>
    Array.from({ length: SHOWN }, (_, n) => [cells[4 * n + from] / UNITS_PER_TICK, cells[4 * n + from + 1]]);
  return [side(2), side(0)];
}

class Morning implements Disposable {
  readonly builder = BookBuilder.create([0]);
  readonly #event = new Uint8Array(64 * SIZE);
  readonly #view = new FeedEventView(this.#event);
  readonly #levels = new Uint8Array(64 * DepthLevelView.SIZE);
  readonly #level = new DepthLevelView(this.#levels);
  #id = 0;

  /** Sets levels from the file: the whole book the first time, later an update of some. */
  set(kind: number, levels: readonly (readonly [side: number, price: number, quantity: number])[]): void {
    this.#event.fill(0);
    levels.forEach(([side, price, quantity], n) => {
      const first = n === 0 ? 1 : 0;
      const last = n === levels.length - 1 ? 2 : 0;
      const id = this.#id + 1;
      Object.assign(this.#view.at(n), { kind, side, price, quantity, flags: first | last, orderId: id, firstId: id });
    });
    this.#id++;
    this.builder.apply(this.#event, levels.length, new Uint8Array(1024));
  }

  levels(side: number, most = SHOWN): Levels {
    const count = this.builder.depth(0, side, this.#levels.subarray(0, most * DepthLevelView.SIZE));
    return Array.from({ length: count }, (_, n) => [this.#level.at(n).price, this.#level.quantity] as const);
  }

  [Symbol.dispose](): void {
    this.builder.close();
  }
}

const absent = messageFile === null || bookFile === null;
Deno.test({
  name: `a native book shows every recorded state of a LOBSTER morning${absent ? " [needs recordings]" : ""}`,
  ignore: absent,
  fn: async () => {
    const rows = (await Deno.readTextFile(bookFile!)).trim().split("\n").map(rowOf);
    using parser = FeedParser.create(FeedKind.Lobster, [{ instrument: 0, symbol: "AAPL", tick: "0.01", lot: "1" }]);
    const events = new Uint8Array(1_000 * SIZE);
    const view = new FeedEventView(events);
    const read = parser.read(await Deno.readFile(messageFile!), events);
    assert.deepEqual([read.events, read.fault, rows.length], [998, FeedFault.None, 999]);
    // The last line has no end.
    const end = parser.finish(events.subarray(998 * SIZE));
    assert.deepEqual([end.events, end.fault], [1, FeedFault.None]);

    using morning = new Morning();
    const start = [0, 1].flatMap((side) => rows[0][side].map(([price, quantity]) => [side, price, quantity] as const));
    morning.set(FeedEventKind.SnapshotLevel, start);
    let revealed = 0;
    let byItself = 0;
    let levelsCompared = 0;
    const changes = new Uint8Array(1024);
    for (let step = 1; step < rows.length; step++) {
      morning.builder.apply(events.subarray(step * SIZE), 1, changes);
      assert.equal(morning.builder.status(0).state, BookState.Live, `step ${step}, ${view.at(step).kind}`);
      let own = true;
      for (const side of [0, 1]) {
        const row = rows[step][side];
        // Up to the worst price that the row before showed, the book must know it by itself.
        const worst = rows[step - 1][side][SHOWN - 1][0];
        const inView = ([price]: readonly [number, number]) => side === 0 ? price >= worst : price <= worst;
        const ours = morning.levels(side);
        assert.deepEqual(ours.filter(inView), row.filter(inView), `step ${step}, side ${side}`);
        levelsCompared += row.filter(inView).length;
        // Behind it, orders came and went out of sight.
        const end = row[SHOWN - 1][0];
        const beyond = (levels: Levels) =>
          levels.filter((level) => !inView(level) && (side === 0 ? level[0] >= end : level[0] <= end));
        const known = new Map(beyond(ours));
        const shown = new Map(beyond(row));
        const wrong = [...new Set([...known.keys(), ...shown.keys()])]
          .filter((price) => known.get(price) !== shown.get(price))
          .map((price) => [side, price, shown.get(price) ?? 0] as const);
        if (wrong.length > 0) {
          morning.set(FeedEventKind.Level, wrong);
          revealed += wrong.length;
          own = false;
        }
        assert.deepEqual(morning.levels(side), row, `step ${step}, side ${side}`);
      }
      if (own) byItself++;
    }
    assert.deepEqual({ byItself, revealed, levelsCompared }, { byItself: 984, revealed: 16, levelsCompared: 19_642 });
  },
});
