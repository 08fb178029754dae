import { createClient } from "../../runtime/transport/redis_client.ts";
import { startRedis } from "../services/redis.ts";
import { brokerContract } from "./contract.ts";
import { serverWorld } from "./world.ts";

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const client = createClient({ socket: { port } });
  await client.connect();
  await client.xAdd(`cwts:topic:${topic}:${partition}`, "0-*", { f: frame });
  client.destroy();
}

brokerContract("redis", async () => serverWorld("redis", await startRedis(), put));
