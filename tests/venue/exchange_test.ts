/** The paper exchange itself: its journal, its door, and what it keeps of a session. */
import assert from "node:assert/strict";
import { CommandKind, OrderCommandView } from "../../ffi/layout.gen.ts";
import { ensureCore } from "../../ffi/build.ts";
import { loadConfig, UserError } from "../../config/mod.ts";
import { instrumentsOf } from "../../actors/node/instruments.ts";
import { PaperServer } from "../../actors/node/paper/server.ts";
import { PaperBook } from "../../actors/venues/paper/book.ts";
import { PaperLine, readToken, VenueFault } from "../../actors/venues/paper/client.ts";
import { withDirectory } from "../cli/run.ts";

ensureCore();

const { config } = loadConfig({ directory: "/nowhere", environment: {} });
const instruments = instrumentsOf(config);

interface Order {
  readonly id: number;
  readonly side?: number;
  readonly price?: number;
  readonly lots?: number;
  readonly owner?: number;
  readonly kind?: number;
}

function commands(...orders: readonly Order[]): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(orders.length * OrderCommandView.SIZE);
  const view = new OrderCommandView(records);
  orders.forEach(({ id, side = 0, price = 100, lots = 5, owner = 1, kind = CommandKind.New }, i) => {
    Object.assign(view.at(i), { kind, orderId: id, side, price, quantity: lots, owner, instrument: 0 });
  });
  return records;
}

const opened = (directory: string, name = "one") => new PaperBook({ directory, instruments, name: () => name });

const state = (book: PaperBook) => ({
  name: book.name,
  session: book.session,
  entered: book.entered,
  asOf: book.asOf,
  open: book.openAfter(0, 100),
  executions: [...book.executionsAfter(0, 100).records],
  positions: book.positions(),
  seen: book.seen(1, [1, 2, 3, 4, 5]),
});

Deno.test("a journal that is opened again comes to the same books, executions, positions and sessions", async () => {
  await withDirectory(async (directory) => {
    const book = opened(directory);
    book.begin(1, 10);
    book.enter(1, commands({ id: 1 }, { id: 2, price: 90 }), 20);
    book.enter(2, commands({ id: 3, side: 1, lots: 2, owner: 2 }), 30);
    book.withdraw(1, 0xffff, 40);
    book.enter(3, commands({ id: 4, price: 80 }), 50);
    const before = state(book);
    assert.deepEqual(before.open.map(({ orderId, leaves }) => [orderId, leaves]), [[4, 5]]);
    assert.deepEqual(before.positions.map(({ owner, lots, price }) => [owner, lots, price]), [[1, 2, 100], [
      2,
      -2,
      100,
    ]]);
    assert.deepEqual(before.seen, [1, 2, 3, 4]);
    book[Symbol.dispose]();
    const again = opened(directory, "another");
    assert.deepEqual(state(again), before);
    again[Symbol.dispose]();
    await Promise.resolve();
  });
});

Deno.test("a batch is entered once, in order, by the latest session, and never for background participants", async () => {
  await withDirectory((directory) => {
    using book = opened(directory);
    book.begin(2, 10);
    assert.notEqual(book.enter(1, commands({ id: 1 }), 20), null);
    assert.equal(book.enter(1, commands({ id: 1 }), 20), null);
    assert.throws(() => book.enter(3, commands({ id: 2 }), 20), /batch 3 follows on 1: one is missing/);
    assert.throws(() => book.enter(2, new Uint8Array(10), 20), /not of whole commands/);
    assert.throws(() => book.enter(2, commands({ id: 2, owner: 2 ** 31 }), 20), /is none of a node's/);
    assert.throws(() => book.begin(1, 30), /session 1 is older than 2/);
    assert.equal(book.openOrders, 1);
    book.begin(3, 30);
    assert.equal(book.entered, 0);
    return Promise.resolve();
  });
});

/** A server without a crowd that moves: nobody steps it. */
async function served<T>(use: (directory: string, server: PaperServer) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    let time = 1_000;
    const server = new PaperServer({ config, directory, port: 0, now: () => time++, err: () => {} });
    try {
      return await use(directory, server);
    } finally {
      await server.close();
    }
  });
}

const line = (directory: string, onTold: Parameters<typeof PaperLine.open>[0]["onTold"] = () => {}) =>
  PaperLine.open({ directory, deadlineMs: 5_000, onTold, onEnd: () => {} });
const hello = (directory: string, session: number, more: { cancelOnDisconnect?: boolean; stream?: boolean } = {}) => ({
  ...{ ask: "hello" as const, token: readToken(directory), session, after: 0 },
  ...{ cancelOnDisconnect: false, stream: false, ...more },
});
const refusal = (code: string) => (error: unknown) =>
  error instanceof VenueFault && error.code === "VENUE_REFUSED" && error.message.includes(code);

Deno.test("without the token, before hello and with an older session nobody gets in", async () => {
  await served(async (directory) => {
    const stranger = await line(directory);
    await assert.rejects(stranger.ask({ ask: "positions" }), refusal("NOT_GREETED"));
    await stranger.close();
    const liar = await line(directory);
    await assert.rejects(liar.ask({ ...hello(directory, 1), token: "guessed" }), refusal("WRONG_TOKEN"));
    await liar.close();
    const late = await line(directory);
    await late.ask(hello(directory, 5));
    const early = await line(directory);
    await assert.rejects(early.ask(hello(directory, 4)), refusal("OLDER_SESSION"));
    await early.close();
    assert.deepEqual((await late.ask({ ask: "positions" })).positions, []);
    const newer = await line(directory);
    await newer.ask(hello(directory, 6));
    for (let i = 0; i < 500 && late.fault === null; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(late.fault?.code, "VENUE_GONE", "the older one is over, before it asks anything");
    await assert.rejects(late.ask({ ask: "positions" }), VenueFault);
    await late.close();
    await newer.close();
  });
});

Deno.test("orders rest on when the line ends, or are cancelled where the session asked for it", async () => {
  for (const cancelOnDisconnect of [false, true]) {
    await served(async (directory, server) => {
      const first = await line(directory);
      await first.ask(hello(directory, 1, { cancelOnDisconnect }));
      await first.ask({ ask: "enter", sequence: 1, records: commands({ id: 1, price: 10 }).toBase64() });
      assert.equal(server.openOrders, 1);
      await first.close();
      // As long as it takes where it has to be cancelled, and a while where it has not.
      for (let i = 0; i < (cancelOnDisconnect ? 500 : 20) && server.openOrders > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.equal(server.openOrders, cancelOnDisconnect ? 0 : 1);
    });
  }
});

Deno.test("a line that is none of the protocol is answered with a sentence, and ends", async () => {
  await served(async (directory, server) => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await socket.write(new TextEncoder().encode('{"ask":"everything","id":1}\n'));
    const text = await new Response(socket.readable).text();
    assert.match(text, /"code":"NOT_UNDERSTOOD","sentence":"the line is none of the protocol/);
    assert.equal(directory.length > 0, true);
  });
});

Deno.test("a token that others can read is refused with the way to mend it", async () => {
  await served(async (directory) => {
    await Deno.chmod(`${directory}/venue.token`, 0o644);
    assert.throws(
      () => readToken(directory),
      (error) => error instanceof UserError && error.code === "VENUE_TOKEN" && /chmod 600/.test(error.message),
    );
  });
});
