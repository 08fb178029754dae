/** Three roles as three processes over two brokers, one of which is killed under load and started again. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { outside } from "../cli/run.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import type { Service } from "../services/service.ts";
import { decisions, entered, notes, TestCluster, until } from "./processes.ts";

ensureCore();

const START = { redis: startRedis, nats: startNats, kafka: startKafka } as const;
type Kind = keyof typeof START;

/** `first` keeps the leases. */
function twoBrokers(
  sentence: string,
  [first, second]: readonly [Kind, Kind],
  body: (cluster: TestCluster, servers: readonly [Service, Service]) => Promise<void>,
): void {
  const absent = [...missing(first, first === "nats"), ...missing(second, second === "nats")];
  Deno.test({
    name: `${first} first, then ${second}: ${sentence}${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using one = await START[first]();
      await using other = await START[second]();
      const brokers = `${first}://127.0.0.1:${one.port},${second}://127.0.0.1:${other.port}`;
      const cluster = await TestCluster.open(brokers);
      try {
        await body(cluster, [one, other]);
      } finally {
        await cluster.end();
      }
    },
  });
}

/** Reasons for which a shard of this gateway was halted. */
const halts = (cluster: TestCluster, data: string): readonly string[] =>
  notes(cluster.data(data)).filter(({ event }) => event === "shard-halted").map(({ reason }) => reason);

const carrier = (cluster: TestCluster, name: string) =>
  cluster.status().classes.filter((line) => line.class === name).map(({ broker, nodes }) => ({ broker, nodes }));

/** Longer than it takes a topic to find its next broker: whoever is silent for that long would halt for it. */
const PATIENT = ["--lease-ms", "20000"];

for (const second of ["nats", "kafka"] as const) {
  twoBrokers(
    "orders go over the second one, fall back while it is dead, and return, with no letter lost or out of turn",
    ["redis", second],
    async (cluster, [redis, durable]) => {
      const plan = [...PATIENT, "--durable", `${second},redis`, "--fast", "redis"];
      cluster.gateway("g1", ...plan);
      const organisms = cluster.organisms("o1", ...plan);
      await cluster.trading("o1");
      const standby = cluster.gateway("g2", ...plan);
      await standby.said(/standby/);
      const [there, here] = [`${second}://127.0.0.1:${durable.port}`, `redis://127.0.0.1:${redis.port}`];
      const carriedBy = (broker: string) =>
        cluster.until(`orders and reports go over ${broker}`, () => {
          const nodes = carrier(cluster, "durable").filter((line) => line.broker === broker).flatMap(({ nodes }) =>
            nodes
          );
          return nodes.includes("g1") && nodes.includes("o1");
        });
      await carriedBy(there);
      const data = cluster.data("g1");
      await until("the gate has decided", () => decisions(data) > 20, () => cluster.said);

      await durable.kill();
      const during = await carriedBy(here);
      assert.equal(during.gateway.epoch, 1);
      assert.ok(during.concerns.some((concern) => /what is durable goes over redis/.test(concern)));
      await cluster.until("the mode shows it", ({ gateway }) => gateway.mode === "SafeMode");
      const { out, exit } = await outside(["cluster", "status", "--broker", cluster.broker]);
      assert.match(out, /durable +redis:\/\/127\.0\.0\.1:\d+ +fallback +/);
      assert.match(out, /fast +redis:\/\/127\.0\.0\.1:\d+ +g1, /);
      assert.equal(exit, 1, "somebody should look at it");
      const before = decisions(data);
      await until("the gate decides over the other one", () => decisions(data) > before + 5, () => cluster.said);

      await durable.resume();
      await carriedBy(there);
      await cluster.until("nothing is wrong", ({ concerns }) => !concerns.some((one) => /goes over/.test(one)));
      const after = decisions(data);
      await until("the gate decides over the first again", () => decisions(data) > after + 5, () => cluster.said);
      // Letters are numbered without gaps, and whoever misses one, or gets it out of turn, halts and says so.
      assert.deepEqual(halts(cluster, "g1"), []);
      assert.doesNotMatch(organisms.out, /halted/);
      assert.equal(notes(data).filter(({ event }) => event === "shard-attached").length, 3, "once for each shard");
    },
  );
}

for (const first of ["nats", "kafka"] as const) {
  twoBrokers(
    "with its leases dead nothing enters anywhere, and the gateway goes on under a new epoch",
    [first, "redis"],
    async (cluster, [leases]) => {
      const gateway = cluster.gateway("g1");
      const organisms = cluster.organisms("o1");
      await cluster.trading("o1");
      // On Kafka either may be the first to be answered.
      const standby = first === "kafka" ? null : cluster.gateway("g2");
      await standby?.said(/standby/);
      const data = cluster.data("g1");
      await until("the gate has let some in", () => entered(data).length > 10, () => cluster.said);

      await leases.kill();
      await gateway.said(/the lease of gateway 1 is not confirmed: nothing but withdrawals passes; waiting/);
      const waiting = await cluster.until(
        "it waits",
        ({ nodes }) => nodes.some(({ node, state }) => node === "g1" && state === "waiting"),
      );
      assert.ok(waiting.concerns.some((one) => /g1 waits for the broker of its lease/.test(one)));
      const shut = entered(data).length;
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      assert.equal(entered(data).length, shut, "nothing enters in doubt");
      assert.doesNotMatch(standby?.out ?? "", /gateway \d+ of the cluster/);

      await leases.resume();
      await gateway.said(/gateway 2 of the cluster "main", as g1: the broker answers/);
      await organisms.said(/gateway: g1 \(epoch 2\)/);
      const { gateway: now } = await cluster.trading("o1");
      assert.deepEqual([now.node, now.epoch], ["g1", 2]);
      await until("it lets in again", () => entered(data).length > shut, () => cluster.said);
      assert.doesNotMatch(standby?.out ?? "", /gateway \d+ of the cluster/);
      const epochs = notes(data).filter(({ gateway }) => gateway !== undefined)
        .map(({ gateway: { epoch, doubt } }) => [epoch, doubt ?? false]);
      assert.deepEqual(epochs, [[1, false], [1, true], [2, false]]);
      for (const reason of halts(cluster, "g1")) assert.doesNotMatch(reason, /missing/);
    },
  );
}
