/**
 * What every broker promises, with a network between node and server that is late, slow, silent or cut: nothing is lost,
 * order is kept, and publishers are told.
 */
import assert from "node:assert/strict";
import { type Broker, BrokerError, type Publication } from "../../runtime/transport/mod.ts";
import type { ChaosProxy } from "../services/chaos_proxy.ts";
import { startBehindProxy } from "../services/behind_proxy.ts";
import { missing, need } from "../services/needs.ts";
import { pause } from "../services/service.ts";
import { openBroker } from "./adapters.ts";
import { assertOrder, gather, numbered, until } from "./letters.ts";

/** A partition of several seconds outlives every time-out that is shorter. */
const PARTITION_MS = 3_000;
const PATIENCE = { withinMs: 120_000 };

interface Scene {
  readonly proxy: ChaosProxy;
  readonly open: (node: string, retryMs?: number) => Promise<Broker>;
}

/** Publishes again what was refused because nobody answered; returns how often that was. */
async function publishSurely(broker: Broker, all: readonly Publication[], confirmed: (n: number) => void) {
  let told = 0;
  for (let at = 0; at < all.length; at += 20) {
    const batch = all.slice(at, at + 20);
    for (;;) {
      try {
        await broker.publishBatch("t", batch);
        break;
      } catch (error) {
        assert.ok(error instanceof BrokerError && error.code === "BROKER_UNREACHABLE", error as Error);
        told++;
        // A client that knows itself cut off refuses at once.
        await pause(20);
      }
    }
    confirmed(at + batch.length);
  }
  return told;
}

for (const kind of ["redis", "nats", "kafka"] as const) {
  const absent = missing(kind);
  const test = (sentence: string, body: (scene: Scene) => Promise<void>) =>
    Deno.test({
      name: `${kind} broker behind a bad network: ${sentence}${need(absent)}`,
      ignore: absent.length > 0,
      // A client that was cut off in the middle ends its timers by themselves.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        await using behind = await startBehindProxy(kind);
        const { proxy } = behind;
        const opened: Broker[] = [];
        const open = async (node: string, retryMs?: number) => {
          const broker = await openBroker(kind, { node, port: proxy.port, retryMs });
          opened.push(broker);
          return broker;
        };
        try {
          await body({ proxy, open });
        } finally {
          proxy.heal();
          await Promise.all(opened.map((one) => one.close()));
        }
      },
    });

  test("a partition of seconds under load, then a cut, lose nothing and keep order", async ({ proxy, open }) => {
    const [writer, reader] = [await open("writer"), await open("reader")];
    const subscription = await reader.subscribe("g", "t", { sessionMs: 2_000 });
    const all = numbered(1, 2_000, 10);
    let confirmed = 0;
    const publishing = publishSurely(writer, all, (n) => confirmed = n);
    const receiving = gather([subscription], all.length, PATIENCE);
    publishing.catch(() => {});
    receiving.catch(() => {});
    await until(() => confirmed >= 300, "it is under load", 60_000);
    proxy.partition();
    const before = confirmed;
    await pause(PARTITION_MS);
    assert.ok(confirmed <= before + 20, "nothing is confirmed through a partition");
    proxy.heal();
    await until(() => confirmed >= Math.min(before + 300, all.length), "it goes on", 90_000);
    proxy.cut();
    await publishing;
    assertOrder(await receiving);
  });

  test("a publisher behind a black hole of one direction is told, and may publish again", async (scene) => {
    const { proxy, open } = scene;
    const [writer, reader] = [await open("writer", 0), await open("reader")];
    await writer.publishBatch("t", numbered(1, 10));
    // What it sends arrives, and no answer comes: the worst case for who counts.
    proxy.set("down", { blackHole: true });
    await assert.rejects(writer.publishBatch("t", numbered(11, 20)), { code: "BROKER_UNREACHABLE" });
    proxy.cut();
    proxy.heal();
    await publishSurely(writer, numbered(11, 30), () => {});
    const subscription = await reader.subscribe("g", "t", { sessionMs: 2_000 });
    assertOrder(await gather([subscription], 30, PATIENCE));
  });

  test("a slow and late network changes nothing but the time", async ({ proxy, open }) => {
    proxy.set("both", { delayMs: 40, bytesPerSecond: 400_000 });
    const [writer, reader] = [await open("writer"), await open("reader")];
    const subscription = await reader.subscribe("g", "t", { sessionMs: 4_000 });
    const all = numbered(1, 300, 10);
    await writer.publishBatch("t", all);
    assertOrder(await gather([subscription], all.length, PATIENCE));
  });
}
