/**
 * Two gateways that both believe to be the one: the older behind a cable that is pulled, and frozen over its lease, so that it
 * wakes with orders in its hands while the other serves. Journal, venue's door and holders refuse it.
 */
import assert from "node:assert/strict";
import { runDirectory } from "../../actors/node/mod.ts";
import { topicsOf } from "../../actors/node/roles/cluster_link.ts";
import { letterOf } from "../../actors/placement/words.ts";
import { TO_HOLDER } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { readAudit } from "../../ffi/mod.ts";
import { outside, ROOT } from "../cli/run.ts";
import { Namespace, namespaceMissing } from "../services/namespace.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { pause } from "../services/service.ts";
import { openBroker } from "../transport/adapters.ts";
import { decisions, entered, LEASE_MS, notes, TestCluster, until } from "./processes.ts";

ensureCore();

const noNamespace = await namespaceMissing();
const absent = [...missing("redis"), ...(noNamespace === null ? [] : ["rights to make a network namespace"])];

const recordsOf = (data: string, run: number): number => [...readAudit(runDirectory(data, run))].length;

Deno.test({
  name: `two gateways believe to be the one, the older behind a pulled cable: nobody takes anything of it${
    need(absent)
  }`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using namespace = await Namespace.make();
    await using redis = await startRedis({ host: namespace.host });
    const cluster = await TestCluster.open(`redis://127.0.0.1:${redis.port}`);
    const data = cluster.data("shared");
    try {
      const own = ["--console-port", "off", "--data-dir", data, "--broker", `redis://${namespace.host}:${redis.port}`];
      const [command, all] = namespace.inside(
        ...[Deno.execPath(), "run", "-q", "-A", "main.ts"] as const,
        ...cluster.args("gateway", "g1", ...own),
      );
      const piped = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
      const older = cluster.run(
        "g1",
        new Deno.Command(command, { args: [...all], cwd: ROOT, env: { NO_COLOR: "1" }, ...piped }),
      );
      const organisms = cluster.organisms("o1");
      await cluster.trading("o1");
      await until("the gate has let some in", () => entered(data).length > 10, () => cluster.said);
      const next = cluster.gateway("g2", "--data-dir", data);
      await next.said(/standby/);

      await namespace.pull();
      older.kill("SIGSTOP");
      const before = entered(data).at(-1)!;
      await cluster.until("the other serves", ({ gateway }) => gateway.epoch === 2 && gateway.node === "g2");
      await until("it decides", () => decisions(data) > 0, () => cluster.said);
      older.kill("SIGCONT");
      await older.said(/the lease of gateway 1 is not confirmed: nothing enters any more, and this gateway ends/);

      // The venue's door: what it had in its hands when it woke did not enter.
      assert.deepEqual(entered(data, 1).filter((time) => time > before + LEASE_MS * 500), []);
      await namespace.plug();
      assert.equal(await older.ended, 1, older.out);
      assert.match(older.out, /error: gateway 1 (was replaced while it did not answer|lost the broker)/);

      // The journal: the run of each is its own, and nothing is written to the older's after its end.
      const ofOlder = recordsOf(data, 1);
      assert.deepEqual(gatewaysOf(data, 1), ["g1 1"]);
      assert.deepEqual(gatewaysOf(data, 2), ["g2 2"]);
      const whole = await outside(["audit", "verify", "--data-dir", data, "--run", "1"]);
      assert.equal(whole.exit, 0, whole.err);

      // The holders: a word under the older epoch changes nothing, though it were the last word they are to hear.
      const { shards } = await cluster.trading("o1");
      const broker = await openBroker("redis", { node: "g1-late", port: redis.port });
      try {
        for (const { shard, epoch } of shards) {
          const from = { node: "g1", epoch: 1, path: `/organisms/${shard}`, sequence: 1e9 };
          const word = { kind: "ShardFenced", epoch: epoch + 1 } as const;
          const late = letterOf(from, TO_HOLDER, { to: epoch, word }, null);
          await broker.publish(topicsOf("main").reports, shard, late);
        }
      } finally {
        await broker.close();
      }
      await pause(LEASE_MS);
      const now = await cluster.trading("o1");
      assert.deepEqual(now.shards.map(({ epoch }) => epoch), shards.map(({ epoch }) => epoch));
      assert.doesNotMatch(organisms.out, /a holder of epoch \d+ trades now/);
      assert.equal(recordsOf(data, 1), ofOlder);
    } finally {
      await namespace.plug();
      await cluster.end();
    }
  },
});

const gatewaysOf = (data: string, run: number): readonly string[] =>
  notes(data, run).filter(({ gateway }) => gateway !== undefined).map(({ gateway }) =>
    `${gateway.node} ${gateway.epoch}`
  );
