/** Three roles as three processes on a real Redis, killed, frozen and started again. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { outside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { decisions, notes, TestCluster, until } from "./processes.ts";

ensureCore();

const absent = missing("redis");

function clusterTest(name: string, fn: (cluster: TestCluster) => Promise<void>): void {
  Deno.test({
    name: `${name}${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using service = await startRedis();
      const cluster = await TestCluster.open(`redis://127.0.0.1:${service.port}`);
      try {
        await fn(cluster);
      } finally {
        await cluster.end();
      }
    },
  });
}

clusterTest(
  "organisms on another node trade over the gateway's gate; killed, their shards move to who is left",
  async (cluster) => {
    const gateway = cluster.gateway("g1");
    const first = cluster.organisms("o1");
    const second = cluster.organisms("o2");
    const whole = await cluster.trading("o1", "o2");
    assert.deepEqual(whole.shards.map(({ holder }) => holder).sort().length, 3);
    await cluster.until("both have a share", ({ shards }) => new Set(shards.map(({ holder }) => holder)).size === 2);
    const data = cluster.data("g1");
    await until("the gate has decided", () => decisions(data) > 20, () => cluster.said);
    const status = await outside(["cluster", "status", "--broker", cluster.broker]);
    assert.match(status.out, /cluster "main" +gateway g1 \(epoch 1\), FullPerformance, firm ACTIVE/);
    assert.match(status.out, /anglerfish-1 +o[12] +\d+ +trading +\d+\/\d+/);

    first.kill("SIGKILL");
    const moved = await cluster.trading("o2");
    assert.ok(
      moved.shards.every(({ shard, epoch }) => epoch >= whole.shards.find((one) => one.shard === shard)!.epoch),
    );
    const before = decisions(data);
    await until("the gate decides again", () => decisions(data) > before, () => cluster.said);
    gateway.kill("SIGTERM");
    assert.equal(await gateway.ended, 0, gateway.out);
    second.kill("SIGTERM");
    assert.equal(await second.ended, 0, second.out);
    const events = notes(data).filter(({ event }) => event !== undefined).map(({ event }) => event);
    assert.ok(events.includes("shard-attached") && events.includes("shard-halted"), String(events));
    assert.equal(notes(data).find(({ gateway }) => gateway !== undefined).gateway.epoch, 1);
  },
);
