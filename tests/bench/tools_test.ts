/** The brokers' own tools give a figure where they are installed, and are named with what is missing where they are not. */
import assert from "node:assert/strict";
import { idleCost } from "../../bench/brokers/idle.ts";
import { toolMissing, toolThroughput } from "../../bench/brokers/tools.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";

const tool = toolMissing("redis");
const absent = [...missing("redis"), ...(tool === null ? [] : ["redis-benchmark"])];

Deno.test({
  name: `the server's own tool says how fast it takes messages, and all of them are there${need(absent)}`,
  ignore: absent.length > 0,
  async fn() {
    await using service = await startRedis();
    assert.ok(await toolThroughput("redis", service, 1_000, 64) > 0);
    const { createClient } = await import("../../runtime/transport/redis_client.ts");
    const client = await createClient({ socket: { port: service.port } }).connect();
    assert.ok(Number(await client.sendCommand(["XLEN", "tool"])) >= 1_000);
    client.destroy();
  },
});

const server = missing("redis");
Deno.test({
  name: `a node that does nothing costs something, and not much${need(server)}`,
  ignore: server.length > 0,
  async fn() {
    const { cpuMsPerSecond, rssMiB, upBytesPerSecond, downBytesPerSecond } = await idleCost("redis", 2_000);
    // Signs of life go out and are answered.
    assert.ok(upBytesPerSecond > 0 && downBytesPerSecond > 0);
    assert.ok(rssMiB > 10);
    assert.ok(cpuMsPerSecond > 0 && cpuMsPerSecond < 1_000);
  },
});
