/** One kill reaches every node with a role: gateway, standby and organisms, by whichever broker is left. */
import assert from "node:assert/strict";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ensureCore } from "../../ffi/build.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { makeSecret } from "../cli/cluster_nodes.ts";
import { outside } from "../cli/run.ts";
import { startBehindProxy } from "../services/behind_proxy.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { decisions, entered, TestCluster, until } from "./processes.ts";

ensureCore();

const FIRM = 0;
const both = [...missing("redis"), ...missing("nats")];

const firmOf = (cluster: TestCluster, node: string): number => {
  using page = ControlPage.openExisting(cluster.data(node));
  return page.scope(FIRM);
};

const kill = async (cluster: TestCluster, brokers: string, ...more: string[]) => {
  const elsewhere = `${cluster.directory}/nowhere`;
  const found = await outside(
    ["kill", "--data-dir", elsewhere, "--broker", brokers, "--reason", "drill", "--json", ...more],
    { CWTS_CLUSTER_ACK_MS: "20000" },
  );
  assert.match(found.err, /not here: no node has ever run/);
  return { exit: found.exit, said: JSON.parse(found.out).cluster };
};

Deno.test({
  name: `a kill without a secret reaches gateway, standby and organisms nodes, and only the gateway opens them again${
    need(missing("redis"))
  }`,
  ignore: missing("redis").length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startRedis();
    const cluster = await TestCluster.open(`redis://127.0.0.1:${redis.port}`);
    try {
      const gateway = cluster.gateway("g1");
      const organisms = cluster.organisms("o1");
      await cluster.trading("o1");
      const standby = cluster.gateway("g2");
      await standby.said(/standby/);
      await until("the gate has let some in", () => entered(cluster.data("g1")).length > 5, () => cluster.said);
      assert.match(gateway.out, /killed by redis:.*: whoever may write there may kill/);

      const { exit, said } = await kill(cluster, cluster.broker, "--nodes", "g1,g2,o1");
      assert.deepEqual(said.acknowledged.map(({ node }: { node: string }) => node).sort(), ["g1", "g2", "o1"]);
      assert.equal(exit, 0);
      console.log(`heard after ${said.acknowledged.map(({ afterMs }: { afterMs: number }) => afterMs)} ms`);
      assert.equal(firmOf(cluster, "g1"), ScopeState.Killed);
      assert.equal(firmOf(cluster, "g2"), ScopeState.Killed, "a standby comes up killed");
      const shown = await cluster.until(
        "every node says so",
        ({ nodes }) =>
          ["g1", "g2", "o1"].every((name) =>
            nodes.find(({ node }) => node === name)?.kills?.at(-1)?.state === "KILLED"
          ),
      );
      assert.equal(shown.nodes.find(({ node }) => node === "o1")!.firm, "KILLED");
      assert.ok(!shown.concerns.some((one) => /has not said that it obeyed/.test(one)), String(shown.concerns));
      const { out } = await outside(["cluster", "status", "--broker", cluster.broker]);
      assert.match(out, /o1 +organisms +running .*KILLED +firm KILLED by cli-\d+: drill/);

      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const shut = decisions(cluster.data("g1"));
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assert.equal(decisions(cluster.data("g1")), shut, "nothing comes to the gate any more");

      const open = await outside([
        ...[
          "rearm",
          "--scope",
          "firm",
          "--cause",
          "drill",
          "--reason",
          "over",
          "--yes",
          "--data-dir",
          cluster.data("g1"),
        ],
      ]);
      assert.equal(open.exit, 0, open.err + open.out);
      await organisms.said(/firm: the gateway has opened it; orders leave this node again/);
      assert.equal(firmOf(cluster, "g2"), ScopeState.Killed, "a re-arm does not travel");
      await until("it decides again", () => decisions(cluster.data("g1")) > shut + 3, () => cluster.said);
    } finally {
      await cluster.end();
    }
  },
});

Deno.test({
  name: `a kill reaches nodes by the broker that is left, a watchdog's word travels, and who hears nothing stops${
    need(both)
  }`,
  ignore: both.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startBehindProxy("redis");
    await using nats = await startBehindProxy("nats");
    const brokers = (of: "service" | "proxy") =>
      `redis://127.0.0.1:${redis[of].port},nats://127.0.0.1:${nats[of].port}`;
    // The node under test is behind the proxies; whoever looks on is not.
    const secret = await makeSecret(await Deno.makeTempFile({ prefix: "cwts-cluster-key-" }));
    const cluster = await TestCluster.open(brokers("service"), {}, secret);
    try {
      const plan = ["--lease-ms", "60000", "--cluster-secret", secret];
      cluster.gateway("g1", ...plan);
      const organisms = cluster.organisms("o1", ...plan, "--broker", brokers("proxy"));
      await cluster.trading("o1");

      redis.proxy.partition();
      const without = await kill(cluster, brokers("service"), "--to", "reduce-only", "--nodes", "o1");
      assert.deepEqual([without.exit, without.said.silent], [1, ["o1"]], "who has no secret is not obeyed");
      const signed = ["--cluster-secret", secret, "--nodes", "g1,o1"];
      const organism = await kill(cluster, brokers("service"), ...signed, "--scope", "organism:anglerfish-1");
      assert.deepEqual(organism.said.silent, []);
      assert.equal(organism.exit, 0);

      // As a watchdog or a trigger does it: a word on the gateway's page, and nothing else.
      {
        using page = ControlPage.openExisting(cluster.data("g1"));
        page.tighten(FIRM, ScopeState.CancelOnly, "dead-man: silent", "watchdog", Date.now() * 1e6);
      }
      await organisms.said(/g1 kills firm: dead-man: silent \(watchdog\)/);

      nats.proxy.partition();
      const cut = performance.now();
      await organisms.said(/dead-man: heard nothing on any broker for \d+ ms/);
      const took = performance.now() - cut;
      assert.ok(took > 4_000 && took < 60_000, `${took} ms`);
      console.log(`closed after ${Math.round(took)} ms without a broker`);
    } finally {
      await cluster.end();
      await Deno.remove(secret);
    }
  },
});
