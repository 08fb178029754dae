/** What happens to letters that a topic has no room for any more, on the brokers whose adapters set its length. */
import assert from "node:assert/strict";
import { type Broker, MemoryServer, openMemory } from "../../runtime/transport/mod.ts";
import { type BrokerKind, missing, need } from "../services/needs.ts";
import { startNats } from "../services/nats.ts";
import { startRedis } from "../services/redis.ts";
import type { Service } from "../services/service.ts";
import { openBroker } from "./adapters.ts";
import { gather, isLetter, numbered, numberOf, until } from "./letters.ts";

const LENGTH = 100;

const SERVERS: Readonly<Partial<Record<BrokerKind, () => Promise<Service>>>> = { redis: startRedis, nats: startNats };

async function opened(kind: BrokerKind): Promise<{ readonly broker: Broker; readonly end: () => Promise<void> }> {
  if (kind === "memory") {
    const broker = await openMemory(new MemoryServer(LENGTH), { node: "n" });
    return { broker, end: () => broker.close() };
  }
  const service = await SERVERS[kind]!();
  const broker = await openBroker(kind as "redis" | "nats", { node: "n", port: service.port, maxLength: LENGTH });
  return {
    broker,
    async end() {
      await broker.close();
      await service.stop();
    },
  };
}

for (const kind of ["memory", "redis", "nats"] as const) {
  const absent = missing(kind);
  Deno.test({
    name: `${kind} broker: letters thrown away unread are told of, with their number${need(absent)}`,
    ignore: absent.length > 0,
    async fn() {
      const { broker, end } = await opened(kind);
      try {
        await broker.createTopic("t", 1);
        await broker.publishBatch("t", numbered(1, 10));
        const first = await broker.subscribe("g", "t", { sessionMs: 1_000 });
        await gather([first], 10);
        await first.close();
        await broker.publishBatch("t", numbered(11, 2_000));
        const second = await broker.subscribe("g", "t", { sessionMs: 1_000 });
        let [lost, letters, last] = [0, 0, 0];
        await until(async () => {
          for (const one of await second.take(500, 100)) {
            if (one.kind === "lost") {
              assert.equal(letters, 0, "the loss is told of before what came after it");
              lost += one.count;
            } else if (isLetter(one)) {
              letters++;
              last = numberOf(one);
            }
          }
          return last === 2_000;
        }, "the last letter comes");
        assert.ok(lost > 0);
        assert.equal(lost + letters, 1_990);
      } finally {
        await end();
      }
    },
  });
}
