import assert from "node:assert/strict";
import { createClient } from "../../runtime/transport/redis_client.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { openBroker } from "./adapters.ts";
import { brokerContract } from "./contract.ts";
import { numbered } from "./letters.ts";
import { serverWorld } from "./world.ts";

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const client = createClient({ socket: { port } });
  await client.connect();
  await client.xAdd(`cwts:topic:${topic}:${partition}`, "0-*", { f: frame });
  client.destroy();
}

brokerContract("redis", async () => serverWorld("redis", await startRedis(), put));

const absent = missing("redis");
Deno.test({
  name: `redis broker: a batch that is refused in part is told with the server's own words${need(absent)}`,
  ignore: absent.length > 0,
  async fn() {
    await using service = await startRedis();
    const { port } = service;
    const broker = await openBroker("redis", { node: "n", port });
    try {
      await broker.createTopic("t", 1);
      const stranger = await createClient({ socket: { host: "127.0.0.1", port } }).connect();
      await stranger.sendCommand(["XADD", "cwts:topic:t:0", "5-1", "f", "x"]);
      stranger.destroy();
      await assert.rejects(broker.publishBatch("t", numbered(1, 2)), {
        code: "BROKER_REFUSED",
        message: /Redis refuses: ERR The ID specified in XADD/,
      });
    } finally {
      await broker.close();
    }
  },
});
