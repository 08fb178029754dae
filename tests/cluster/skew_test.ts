/** Nodes whose clocks are minutes apart: nobody compares them, so that nothing changes. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { cwts } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { skewed, skewMissing } from "../services/skew.ts";
import { entered, notes, TestCluster, until } from "./processes.ts";

ensureCore();

const absent = [...missing("redis"), ...skewMissing];
const MINUTES = 60;

Deno.test({
  name: `nodes whose clocks are minutes apart trade, and a standby takes over${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using service = await startRedis();
    const cluster = await TestCluster.open(`redis://127.0.0.1:${service.port}`);
    const data = (name: string) => ["--console-port", "off", "--data-dir", cluster.data(name)];
    const off = (minutes: number, role: string, name: string, ...more: string[]) =>
      cluster.run(name, cwts(cluster.args(role, name, ...more), skewed(minutes * MINUTES)));
    try {
      const ahead = off(7, "gateway", "g1", ...data("g1"));
      const behind = off(-7, "organisms", "o1");
      await cluster.trading("o1");
      await until("the gate lets some in", () => entered(cluster.data("g1")).length > 10, () => cluster.said);
      const standby = off(-30, "gateway", "g2", ...data("g2"));
      await standby.said(/standby/);
      await ahead.said(/the clock of o1 is 14 min behind this machine's: .* let NTP set both/);
      await behind.said(/the clock of g2 is 23 min behind this machine's/);
      const { concerns } = await cluster.until("who asks is told", ({ concerns }) => concerns.length >= 3);
      for (const sentence of [/o1 is 7 min behind that of who asks/, /g1 is 7 min ahead of/, /g2 is 30 min behind/]) {
        assert.ok(concerns.some((one) => sentence.test(one)), concerns.join("\n"));
      }
      // A lease that ran by its holder's clock would be over for whoever is half an hour off, or never.
      const halted = notes(cluster.data("g1")).filter(({ event }) => event === "shard-halted").map(({ reason }) =>
        reason
      );
      for (const reason of halted) assert.match(reason, /nobody holds it|silent|gave it up|has not attached/);
      assert.doesNotMatch(behind.out, /gateway is silent/);
      ahead.kill("SIGKILL");
      const { gateway } = await cluster.until("it takes over", ({ gateway }) => gateway.node === "g2");
      assert.equal(gateway.epoch, 2);
      await cluster.trading("o1");
      for (const one of [standby, behind]) {
        one.kill("SIGTERM");
        assert.equal(await one.ended, 0, one.out);
      }
    } finally {
      await cluster.end();
    }
  },
});
