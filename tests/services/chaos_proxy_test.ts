import assert from "node:assert/strict";
import { ChaosProxy } from "./chaos_proxy.ts";
import { pause } from "./service.ts";

/** A server that sends back what it hears, and counts it. */
function echo() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard = { bytes: 0, ended: 0, resets: 0 };
  const serving = (async () => {
    for await (const connection of listener) {
      void (async () => {
        const buffer = new Uint8Array(65_536);
        try {
          for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
            heard.bytes += n;
            for (let at = 0; at < n;) at += await connection.write(buffer.subarray(at, n));
          }
          heard.ended++;
        } catch {
          heard.resets++;
        } finally {
          connection.close();
        }
      })();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return { port, heard, stop: () => (listener.close(), serving) };
}

interface Scene {
  readonly proxy: ChaosProxy;
  readonly heard: { readonly bytes: number; readonly ended: number; readonly resets: number };
  readonly connect: () => Promise<Deno.TcpConn>;
}

function test(sentence: string, body: (scene: Scene) => Promise<void>): void {
  Deno.test(`chaos proxy: ${sentence}`, async () => {
    const server = echo();
    const opened: Deno.TcpConn[] = [];
    try {
      await using proxy = await ChaosProxy.start({ port: server.port });
      const connect = async () => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
        opened.push(connection);
        return connection;
      };
      await body({ proxy, heard: server.heard, connect });
    } finally {
      for (const one of opened) {
        try {
          one.close();
        } catch { /* closed in the test */ }
      }
      await server.stop();
    }
  });
}

async function write(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

async function read(from: Deno.Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const n = await from.read(bytes.subarray(at));
    assert.notEqual(n, null, "the connection ended early");
    at += n!;
  }
  return bytes;
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await body();
  return performance.now() - begun;
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !condition();) {
    assert.ok(performance.now() < end, "not within 20 s");
    await pause(5);
  }
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 % 251);

test("in fair weather everything passes as it is, in both directions at once", async ({ connect }) => {
  const connection = await connect();
  const sent = bytes(3_000_000);
  const [received] = await Promise.all([read(connection, sent.length), write(connection, sent)]);
  assert.deepEqual(received, sent);
});

test("a delay holds for its direction alone, and is added up over both", async ({ proxy, connect }) => {
  const connection = await connect();
  const there = () => timed(async () => (await write(connection, bytes(10)), await read(connection, 10)));
  await there();
  proxy.set("up", { delayMs: 150 });
  assert.ok(await there() >= 149);
  proxy.set("down", { delayMs: 150 });
  assert.ok(await there() >= 299);
  proxy.heal();
  assert.ok(await there() < 149);
});

test("a throttled direction takes its time, and the other does not", async ({ proxy, heard, connect }) => {
  const connection = await connect();
  proxy.set("down", { bytesPerSecond: 100_000 });
  const took = await timed(async () => {
    await write(connection, bytes(50_000));
    await until(() => heard.bytes === 50_000);
    await read(connection, 50_000);
  });
  assert.ok(took >= 400, `50 000 bytes at 100 000 a second took ${took} ms`);
});

test("through a black hole nothing comes, not even the end, and all of it comes when it heals", async (scene) => {
  const { proxy, heard, connect } = scene;
  const connection = await connect();
  await write(connection, bytes(10));
  await read(connection, 10);
  proxy.partition();
  await write(connection, bytes(1_000));
  await connection.closeWrite();
  await pause(100);
  assert.deepEqual({ ...heard }, { bytes: 10, ended: 0, resets: 0 });
  const ending = await connect();
  await ending.closeWrite();
  await pause(100);
  assert.equal(heard.ended, 0);
  const young = await connect();
  await write(young, bytes(5));
  proxy.heal();
  assert.deepEqual(await read(connection, 1_000), bytes(1_000));
  assert.deepEqual(await read(young, 5), bytes(5));
  await until(() => heard.ended === 2);
});

test("a black hole of one direction lets the other pass", async ({ proxy, heard, connect }) => {
  const connection = await connect();
  proxy.set("down", { blackHole: true });
  await write(connection, bytes(20));
  await until(() => heard.bytes === 20);
  const answer = read(connection, 20);
  assert.equal(await Promise.race([answer.then(() => "heard"), pause(100).then(() => "silent")]), "silent");
  proxy.heal();
  assert.deepEqual(await answer, bytes(20));
});

test("a cut resets both ends, and lets new connections through unless it refuses them", async (scene) => {
  const { proxy, heard, connect } = scene;
  const connection = await connect();
  await write(connection, bytes(10));
  await read(connection, 10);
  proxy.cut();
  await assert.rejects(connection.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await until(() => heard.resets === 1 && proxy.connections === 0);
  const second = await connect();
  await write(second, bytes(10));
  await read(second, 10);
  proxy.cut({ refuse: true });
  const third = await connect();
  await assert.rejects(async () => {
    await write(third, bytes(1));
    // A reset may come before or after the first byte was taken.
    await read(third, 1);
  });
  proxy.heal();
  const fourth = await connect();
  await write(fourth, bytes(10));
  assert.deepEqual(await read(fourth, 10), bytes(10));
});

test("a sender through a black hole is made to wait, and costs no memory without end", async ({ proxy, connect }) => {
  const connection = await connect();
  proxy.partition();
  const large = new Uint8Array(64 * 1024 * 1024);
  const writing = write(connection, large);
  assert.equal(await Promise.race([writing.then(() => "taken"), pause(300).then(() => "waits")]), "waits");
  proxy.cut();
  await assert.rejects(writing);
});
