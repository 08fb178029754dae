/**
 * ITCH 5.0 from an encoder of its own: messages are written here field by field from the specification's table, and the
 * books they make are kept here a second time, as plainly as can be.
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
import "./native.ts";

/** Name and bytes of every field behind locate code, tracking number and time; "a" is text, "p" a price of four decimals. */
const FIELDS: Readonly<Record<string, string>> = {
  S: "event:a1",
  R: "stock:a8 category:a1 status:a1 round:4 only:a1 class:a1 subtype:a2 authentic:a1 short:a1 ipo:a1 tier:a1 etp:a1 " +
    "leverage:4 inverse:a1",
  H: "stock:a8 state:a1 reserved:a1 reason:a4",
  Y: "stock:a8 action:a1",
  L: "mpid:a4 stock:a8 primary:a1 mode:a1 state:a1",
  V: "level1:8 level2:8 level3:8",
  W: "level:a1",
  K: "stock:a8 time:4 qualifier:a1 price:p4",
  J: "stock:a8 reference:p4 upper:p4 lower:p4 extension:4",
  h: "stock:a8 market:a1 action:a1",
  A: "order:8 side:a1 shares:4 stock:a8 price:p4",
  F: "order:8 side:a1 shares:4 stock:a8 price:p4 mpid:a4",
  E: "order:8 shares:4 match:8",
  C: "order:8 shares:4 match:8 printable:a1 price:p4",
  X: "order:8 shares:4",
  D: "order:8",
  U: "order:8 replacement:8 shares:4 price:p4",
  P: "order:8 side:a1 shares:4 stock:a8 price:p4 match:8",
  Q: "shares:8 stock:a8 price:p4 match:8 type:a1",
  B: "match:8",
  I: "paired:8 imbalance:8 direction:a1 stock:a8 far:p4 near:p4 reference:p4 type:a1 variation:a1",
  N: "stock:a8 interest:a1",
  O: "stock:a8 open:a1 lowest:p4 highest:p4 near:p4 time:8 lower:p4 upper:p4",
};

type Values = Readonly<Record<string, string | number>>;

/** One message; `time` is nanoseconds since midnight. Fields that are not given are spaces or zero. */
function message(type: string, locate: number, time: number, values: Values = {}): Uint8Array {
  const bytes: number[] = [];
  const integer = (value: bigint, length: number) => {
    for (let n = length - 1; n >= 0; n--) bytes.push(Number(value >> BigInt(8 * n) & 255n));
  };
  bytes.push(type.charCodeAt(0));
  integer(BigInt(locate), 2);
  integer(0n, 2);
  integer(BigInt(time), 6);
  for (const [name, spec] of FIELDS[type].split(" ").map((field) => field.split(":"))) {
    const length = Number(spec.replace(/\D/, ""));
    const value = values[name] ?? (spec.startsWith("a") ? "" : 0);
    if (spec.startsWith("a")) { for (const letter of String(value).padEnd(length)) bytes.push(letter.charCodeAt(0)); }
    else integer(BigInt(Math.round(Number(value) * (spec.startsWith("p") ? 10_000 : 1))), length);
  }
  return Uint8Array.from(bytes);
}

function joined(messages: readonly Uint8Array[], prefixed: boolean): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const one of messages) {
    if (prefixed) bytes.push(one.length >> 8, one.length & 255);
    bytes.push(...one);
  }
  return Uint8Array.from(bytes);
}

const STOCKS = ["ACME", "BETA", "LONGNAME"];
const MIDNIGHT = 1_700_000_000_000_000;
const parserOf = (kind: FeedKind = FeedKind.ItchFile) =>
  FeedParser.create(
    kind,
    STOCKS.map((symbol, instrument) => ({ instrument, symbol, tick: "0.01", lot: "1" })),
    MIDNIGHT,
  );

Deno.test("every message of the table has the length of the specification", () => {
  const lengths = Object.keys(FIELDS).map((type) => [type, message(type, 0, 0).length]);
  assert.deepEqual(
    Object.fromEntries(lengths),
    // deno-fmt-ignore
    { S: 12, R: 39, H: 25, Y: 20, L: 26, V: 35, W: 12, K: 28, J: 35, h: 21, A: 36, F: 40, E: 31, C: 36, X: 23, D: 19,
      U: 35, P: 44, Q: 40, B: 19, I: 50, N: 20, O: 48 },
  );
});

/** Type, values, and what the event must hold; null for a message that says nothing that is used here. */
const SAID: readonly (readonly [type: string, values: Values, event: Values | null])[] = [
  ["S", { event: "O" }, { kind: FeedEventKind.Session, instrument: 65_535, detail: 0x4f53 }],
  ["R", { stock: "BETA" }, { kind: FeedEventKind.Clear, instrument: 1, quantity: 0 }],
  ["R", { stock: "BETA" }, { kind: FeedEventKind.Listed, instrument: 1 }],
  ["H", { stock: "BETA", state: "T" }, { kind: FeedEventKind.State, quantity: 1, detail: 0x5448 }],
  ["H", { stock: "BETA", state: "Q" }, { kind: FeedEventKind.State, quantity: 0, detail: 0x5148 }],
  ["h", { stock: "BETA", action: "H" }, { kind: FeedEventKind.State, quantity: 0, detail: 0x4868 }],
  ["Y", {}, null],
  ["L", {}, null],
  ["V", { level1: 1 }, null],
  ["W", { level: "2" }, { kind: FeedEventKind.Breach, instrument: 65_535, quantity: 2 }],
  ["K", { time: 34_200, qualifier: "A", price: 12.5 }, {
    kind: FeedEventKind.Release,
    price: 1250,
    firstId: 34_200,
    detail: 0x414b,
  }],
  ["J", { reference: 10, upper: 11, lower: 9 }, {
    kind: FeedEventKind.Collar,
    price: 1000,
    firstId: 1100,
    previousId: 900,
  }],
  ["A", { order: 5, side: "B", shares: 300, price: 9.99 }, {
    kind: FeedEventKind.Add,
    side: 0,
    orderId: 5,
    quantity: 300,
    price: 999,
  }],
  ["F", { order: 2 ** 40, side: "S", shares: 7, price: 10.01, mpid: "ABCD" }, {
    kind: FeedEventKind.Add,
    side: 1,
    orderId: 2 ** 40,
    quantity: 7,
    price: 1001,
  }],
  ["E", { order: 5, shares: 100, match: 77 }, {
    kind: FeedEventKind.Execute,
    orderId: 5,
    quantity: 100,
    firstId: 77,
    side: 2,
    price: 0,
  }],
  ["C", { order: 5, shares: 100, match: 78, printable: "N", price: 9.98 }, {
    kind: FeedEventKind.ExecuteAt,
    orderId: 5,
    quantity: 100,
    firstId: 78,
    price: 998,
    detail: 0x4e43,
  }],
  ["X", { order: 5, shares: 50 }, { kind: FeedEventKind.Reduce, orderId: 5, quantity: 50 }],
  ["D", { order: 5 }, { kind: FeedEventKind.Delete, orderId: 5 }],
  ["U", { order: 5, replacement: 6, shares: 10, price: 9.5 }, {
    kind: FeedEventKind.Replace,
    orderId: 5,
    firstId: 6,
    quantity: 10,
    price: 950,
  }],
  ["P", { side: "B", shares: 10, price: 9.9, match: 79 }, {
    kind: FeedEventKind.HiddenTrade,
    side: 0,
    quantity: 10,
    price: 990,
    firstId: 79,
  }],
  ["Q", { shares: 1000, price: 10, match: 80, type: "O" }, {
    kind: FeedEventKind.CrossTrade,
    quantity: 1000,
    price: 1000,
    firstId: 80,
    detail: 0x4f51,
  }],
  ["Q", { type: "C" }, { kind: FeedEventKind.CrossTrade, quantity: 0, price: 0 }],
  ["B", { match: 80 }, { kind: FeedEventKind.BrokenTrade, firstId: 80 }],
  ["I", { paired: 500, imbalance: 20, direction: "S", far: 9, near: 9.5, reference: 10, type: "O" }, {
    kind: FeedEventKind.Imbalance,
    side: 1,
    orderId: 500,
    quantity: 20,
    previousId: 900,
    firstId: 950,
    price: 1000,
  }],
  ["N", {}, null],
  ["O", {}, null],
];

Deno.test("every type of message says what its fields say, and those of no use are counted", () => {
  for (const kind of [FeedKind.ItchFile, FeedKind.ItchBare]) {
    using parser = parserOf(kind);
    const events = new Uint8Array(8 * FeedEventView.SIZE);
    const view = new FeedEventView(events);
    let unknown = 0;
    SAID.forEach(([type, values, event], n) => {
      const time = 34_200_000_000_000 + n * 1_000;
      const counts = parser.read(joined([message(type, 42, time, values)], kind === FeedKind.ItchFile), events);
      assert.deepEqual([counts.fault, counts.events], [FeedFault.None, event === null ? 0 : 1], `${type} ${n}`);
      if (event === null) unknown++;
      else {
        const at = MIDNIGHT + time / 1000;
        const full = { instrument: 1, exchangeTime: at, localTime: at, flags: 3, ...event };
        const found = Object.fromEntries(Object.keys(full).map((key) => [key, view.at(0)[key as "kind"]]));
        assert.deepEqual(found, full, `${type} ${n}`);
      }
      assert.equal(counts.unknown, unknown);
    });
  }
});

/** Orders kept as plainly as can be: what each side must show is summed up anew whenever it is asked for. */
class PlainBook {
  readonly orders = new Map<number, { side: number; price: number; quantity: number }>();

  levels(side: number): [number, number][] {
    const totals = new Map<number, number>();
    for (const order of this.orders.values()) {
      if (order.side === side) totals.set(order.price, (totals.get(order.price) ?? 0) + order.quantity);
    }
    return [...totals].sort(([a], [b]) => side === 0 ? b - a : a - b);
  }

  best(side: number): number | undefined {
    return this.levels(side)[0]?.[0];
  }
}

Deno.test("books of a seeded ITCH day are those that are kept here, after every hundred messages", () => {
  let seed = 20_240_809;
  const random = (below: number): number => (seed = seed * 48_271 % 2_147_483_647) % below;
  const books = STOCKS.map(() => new PlainBook());
  let nextId = 1;
  let time = 34_200_000_000_000;
  const say = (type: string, book: number, values: Values) => message(type, 100 + book, time += random(5_000), values);

  const next = (): Uint8Array => {
    const at = random(books.length);
    const { orders } = books[at];
    const ids = [...orders.keys()];
    const id = ids[random(Math.max(1, ids.length))];
    const order = orders.get(id);
    const dice = random(100);
    if (order === undefined || (dice < 45 && ids.length < 150)) {
      const side = random(2);
      const price = side === 0 ? 1_000 - random(40) * random(5) : 1_001 + random(40) * random(5);
      const fresh = { side, price, quantity: 1 + random(500) };
      orders.set(nextId, fresh);
      const values = {
        order: nextId++,
        side: "BS"[side],
        shares: fresh.quantity,
        stock: STOCKS[at],
        price: price / 100,
      };
      return say(random(4) === 0 ? "F" : "A", at, values);
    }
    if (dice < 60) {
      const shares = 1 + random(order.quantity);
      order.quantity -= shares;
      if (order.quantity === 0) orders.delete(id);
      const type = ["E", "C", "X"][random(3)];
      return say(type, at, { order: id, shares, match: nextId, printable: "Y", price: order.price / 100 });
    }
    if (dice < 75) {
      orders.delete(id);
      const { side } = order;
      const price = side === 0 ? 1_000 - random(60) : 1_001 + random(60);
      const fresh = { side, price, quantity: 1 + random(500) };
      orders.set(nextId, fresh);
      return say("U", at, { order: id, replacement: nextId++, shares: fresh.quantity, price: price / 100 });
    }
    if (dice < 80) return say("P", at, { side: "B", shares: 10, price: 10, stock: STOCKS[at], match: nextId });
    orders.delete(id);
    return say("D", at, { order: id });
  };

  using parser = parserOf();
  using builder = BookBuilder.create(STOCKS.map((_, instrument) => instrument));
  const changes = new Uint8Array(64 * 16);
  const levels = new Uint8Array(400 * DepthLevelView.SIZE);
  const view = new DepthLevelView(levels);
  const feed = (messages: readonly Uint8Array[]) => {
    // Cut in three, anywhere.
    const bytes = joined(messages, true);
    const cuts = [0, random(bytes.length), bytes.length].sort((a, b) => a - b);
    for (let n = 0; n < 2; n++) {
      assert.equal(builder.feed(parser, bytes.subarray(cuts[n], cuts[n + 1]), changes).read.fault, FeedFault.None);
    }
  };
  feed(STOCKS.flatMap((stock, n) => [say("R", n, { stock }), say("H", n, { stock, state: "T" })]));
  for (let round = 0; round < 300; round++) {
    feed(Array.from({ length: 100 }, next));
    books.forEach((book, instrument) => {
      const status = builder.status(instrument);
      assert.deepEqual([status.state, status.orders], [BookState.Live, book.orders.size]);
      for (const side of [0, 1]) {
        const count = builder.depth(instrument, side, levels);
        const found = Array.from({ length: count }, (_, n) => [view.at(n).price, view.quantity]);
        assert.deepEqual(found, book.levels(side), `round ${round}, instrument ${instrument}, side ${side}`);
      }
    });
  }
});
