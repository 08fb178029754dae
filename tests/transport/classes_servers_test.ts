/** The rule of classes with real servers: Redis first, NATS next, killed and cut off under load. */
import assert from "node:assert/strict";
import { type Broker, type RouteChange } from "../../runtime/transport/mod.ts";
import { startBehindProxy } from "../services/behind_proxy.ts";
import { missing, need } from "../services/needs.ts";
import { openBroker } from "./adapters.ts";
import { Collector, firstComings, nth, openClassed } from "./classes_support.ts";
import { until } from "./letters.ts";

const absent = [...missing("redis"), ...missing("nats")];
const KEYS = 8;
const OUTAGES = 3;

interface Scene {
  readonly redis: Awaited<ReturnType<typeof startBehindProxy>>;
  readonly nats: Awaited<ReturnType<typeof startBehindProxy>>;
  readonly changes: readonly RouteChange[];
  /** Name of the broker that carries the topic. */
  readonly carrier: () => string | undefined;
  readonly published: () => number;
  /** Whether something that was published from now on has been confirmed. */
  readonly goesOn: () => Promise<void>;
}

/** Publishes and reads while `body` breaks things; then all that was confirmed must have come, in order. */
function test(sentence: string, body: (scene: Scene) => Promise<void>): void {
  Deno.test({
    name: `classes on Redis and NATS: ${sentence}${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using redis = await startBehindProxy("redis");
      await using nats = await startBehindProxy("nats");
      const opened: Broker[] = [];
      const changes: RouteChange[] = [];
      const open = async (node: string) => {
        const classed = openClassed(node, {
          redis: await openBroker("redis", { node, port: redis.proxy.port, retryMs: 1_000 }),
          nats: await openBroker("nats", { node, port: nats.proxy.port, retryMs: 1_000 }),
        }, { answerMs: 500, retryMs: 120_000, onRoute: (change) => changes.push(change) });
        opened.push(classed);
        return classed;
      };
      const [writer, reader] = [await open("writer"), await open("reader")];
      const collector = new Collector(await reader.subscribe("g", "t", { sessionMs: 2_000 }));
      let over = false;
      let published = 0;
      const publishing = (async () => {
        const underWay: Promise<void>[] = [];
        for (let n = 1; !over; n++) {
          underWay.push(
            ...Array.from(
              { length: KEYS },
              (_, k) => writer.publish("t", `k${k}`, nth(`k${k}`, n)).then(() => void published++),
            ),
          );
          if (underWay.length > 200) await Promise.all(underWay.splice(0, KEYS));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        await Promise.all(underWay);
        return published / KEYS;
      })();
      try {
        await body({
          ...{ redis, nats, changes },
          published: () => published,
          carrier: () => writer.carriers.get("t"),
          goesOn: async () => {
            const before = published;
            await until(() => published > before + 100, "it goes on", 60_000);
          },
        });
      } finally {
        over = true;
        redis.proxy.heal();
        nats.proxy.heal();
      }
      const all = await publishing;
      const complete = () => {
        const came = firstComings(collector.received);
        return Array.from({ length: KEYS }, (_, k) => came.get(`k${k}`)?.length === all).every((is) => is);
      };
      await until(complete, "all that was confirmed has come", 120_000);
      await collector.stop();
      for (const [key, came] of firstComings(collector.received)) {
        assert.ok(came.every((n, i) => n === i + 1), `${key} is out of order`);
      }
      assert.deepEqual(collector.lost, []);
      await Promise.all(opened.map((one) => one.close()));
    },
  });
}

test("servers that are killed in turn lose nothing and reorder no key", async (scene) => {
  const { redis, nats, carrier, goesOn, changes } = scene;
  await goesOn();
  for (let n = 0; n < OUTAGES; n++) {
    await redis.service.kill();
    await until(() => carrier() === "nats", "the next broker carries it", 60_000);
    await goesOn();
    await redis.service.resume();
    await until(() => carrier() === "redis", "the first carries it again", 60_000);
    await nats.service.kill();
    await goesOn();
    await nats.service.resume();
  }
  assert.ok(changes.length >= 2 * OUTAGES);
});

test("a first broker that has become a black hole is left, and taken up again when it answers", async (scene) => {
  const { redis, carrier, goesOn } = scene;
  await goesOn();
  redis.proxy.partition();
  await until(() => carrier() === "nats", "the next broker carries it", 60_000);
  await goesOn();
  redis.proxy.heal();
  await until(() => carrier() === "redis", "the first carries it again", 60_000);
  await goesOn();
  // What it keeps and does not confirm is the worst it can do.
  redis.proxy.set("down", { blackHole: true });
  await until(() => carrier() === "nats", "the next broker carries it", 60_000);
  await goesOn();
});
