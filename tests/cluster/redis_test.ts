/** Three roles as three processes on a real Redis, killed, frozen and started again. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { outside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { decisions, entered, hostile, LEASE_MS, notes, TestCluster, until } from "./processes.ts";

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

clusterTest(
  "when the gateway is killed nothing passes, and the standby takes over with the firm cancel-only",
  async (cluster) => {
    const gateway = cluster.gateway("g1");
    const organisms = cluster.organisms("o1");
    await cluster.trading("o1");
    const standby = cluster.gateway("g2");
    await standby.said(/standby: another gateway holds the lease/);
    const begun = performance.now();
    gateway.kill("SIGKILL");
    await organisms.said(/halted, the gateway is silent/);
    await standby.said(/gateway 2 of the cluster "main", as g2/);
    await cluster.until("the new gateway serves", ({ gateway }) => gateway.epoch === 2 && gateway.node === "g2");
    const { gateway: now } = await cluster.trading("o1");
    console.log(`taken over within ${Math.round(performance.now() - begun)} ms, leases of ${LEASE_MS} ms`);
    assert.equal(now.firm, "CANCEL_ONLY", "nobody here knows what was left open");
    await organisms.said(/gateway: g2 \(epoch 2\)/);
    assert.equal(decisions(cluster.data("g2")) > 0, true, "withdrawals pass");
  },
);

clusterTest(
  "a gateway that was frozen while another took over lets nothing in when it wakes, and ends",
  async (cluster) => {
    const older = cluster.gateway("g1");
    cluster.organisms("o1");
    await cluster.trading("o1");
    const standby = cluster.gateway("g2");
    await standby.said(/standby/);
    await until("the gate has let some in", () => entered(cluster.data("g1")).length > 10, () => cluster.said);
    older.kill("SIGSTOP");
    const before = entered(cluster.data("g1")).at(-1)!;
    await cluster.until("the other serves", ({ gateway }) => gateway.epoch === 2);
    await cluster.trading("o1");
    older.kill("SIGCONT");
    assert.equal(await older.ended, 1, older.out);
    assert.match(older.out, /the lease of gateway 1 is not confirmed: nothing but withdrawals passes/);
    assert.match(older.out, /error: gateway 1 was replaced while it did not answer, and has ended/);
    // Its clock has jumped by more than a lease when it wakes; what is older was not on the disk yet.
    const late = entered(cluster.data("g1")).filter((time) => time > before + LEASE_MS * 500);
    assert.deepEqual(late, []);
    assert.equal(cluster.status().gateway.epoch, 2);
    const { shards } = await cluster.trading("o1");
    assert.equal(shards.length, 3);
  },
);

clusterTest(
  "a gateway takes over a data directory whose holder is frozen, recovers what it left, and is not disturbed by it",
  async (cluster) => {
    const shared = ["--data-dir", `${cluster.directory}/shared`];
    const older = cluster.gateway("g1", ...shared);
    cluster.organisms("o1");
    await cluster.trading("o1");
    await until("the gate has decided", () => decisions(shared[1]) > 20, () => cluster.said);
    const next = cluster.gateway("g2", ...shared);
    older.kill("SIGSTOP");
    await next.said(/run 1 did not end in order/);
    await cluster.until("the other serves", ({ gateway }) => gateway.epoch === 2);
    older.kill("SIGCONT");
    assert.equal(await older.ended, 1, older.out);
    const { gateway } = await cluster.trading("o1");
    assert.deepEqual([gateway.node, gateway.firm], ["g2", "CANCEL_ONLY"]);
    assert.deepEqual(notes(shared[1], 2).find(({ gateway }) => gateway !== undefined).gateway.epoch, 2);
  },
);

clusterTest(
  "a node that was frozen while its shards moved finds them gone, and what it says is refused",
  async (cluster) => {
    cluster.gateway("g1");
    const frozen = cluster.organisms("o1");
    await cluster.trading("o1");
    frozen.kill("SIGSTOP");
    cluster.organisms("o2");
    const moved = await cluster.trading("o2");
    frozen.kill("SIGCONT");
    await frozen.said(/lost to another node|a holder of epoch \d+ trades now/);
    await cluster.until(
      "it has its share again",
      ({ shards }) => new Set(shards.map(({ holder }) => holder)).size === 2,
    );
    const { shards } = await cluster.trading("o1", "o2");
    for (const { shard, epoch } of shards) {
      assert.ok(
        epoch >= moved.shards.find((one) => one.shard === shard)!.epoch,
        "no shard went back to an older epoch",
      );
    }
  },
);

clusterTest("nodes are restarted one after the other without a lost letter", async (cluster) => {
  const gateway = cluster.gateway("g1");
  let [first, second] = [cluster.organisms("o1"), cluster.organisms("o2")];
  await cluster.until("both have a share", ({ shards }) => new Set(shards.map(({ holder }) => holder)).size === 2);
  await cluster.trading("o1", "o2");
  first.kill("SIGTERM");
  assert.equal(await first.ended, 0, first.out);
  await cluster.trading("o2");
  first = cluster.organisms("o1");
  await cluster.until("it has its share", ({ shards }) => new Set(shards.map(({ holder }) => holder)).size === 2);
  second.kill("SIGTERM");
  assert.equal(await second.ended, 0, second.out);
  await cluster.trading("o1");
  gateway.kill("SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.out);
  const halted = notes(cluster.data("g1")).filter(({ event }) => event === "shard-halted").map(({ reason }) => reason);
  assert.ok(halted.length > 0);
  // Silence may be a slow machine; a letter that is missing is a fault.
  for (const reason of halted) assert.match(reason, /its holder gave it up|its holder is silent/);
});

clusterTest(
  "what is wrong is one sentence: a name that is taken, another configuration, a hostile letter",
  async (cluster) => {
    const gateway = cluster.gateway("g1");
    await cluster.until("it serves", ({ gateway }) => gateway.epoch === 1);
    const twin = cluster.gateway("g1", "--data-dir", cluster.data("twin"), "--lease-ms", "500");
    assert.equal(await twin.ended, 1);
    assert.match(
      twin.out,
      /error: a node "g1" is running in the cluster "main": stop it, or name this one with --node/,
    );

    const other = cluster.organisms("o1", "--seed", "99");
    await other.said(/nothing but cancels passes: the holder runs the configuration \w+ and the gateway \w+/);
    assert.ok(cluster.status().shards.every(({ state }) => state === "halted"));
    other.kill("SIGTERM");
    assert.equal(await other.ended, 0);

    await using broker = await hostile(cluster);
    await broker.publish("main-orders", "anglerfish-1", { kind: "SubmitOrder", everything: "mine" });
    await gateway.said(/refused: a letter of stranger is refused \(MESSAGE_INVALID\)/);
    cluster.organisms("o2");
    await cluster.trading("o2");
  },
);

Deno.test("what cannot be a cluster is refused before anything is opened", async () => {
  const cases: [string[], number, RegExp][] = [
    [["--role", "gateway"], 2, /name the broker with --broker/],
    [["--role", "boss"], 2, /Allowed choices are all, gateway, organisms, auditor, console/],
    [["--role", "all", "--broker", "redis://127.0.0.1:1"], 2, /--broker goes with a --role other than all/],
    [["--role", "gateway", "--broker", "amqp://x"], 2, /a broker is redis, rediss, nats or kafka, not amqp/],
    [
      ["--role", "gateway", "--broker", "redis://ann:secret@127.0.0.1"],
      2,
      /do not belong in an address/,
    ],
    [["--role", "gateway", "--broker", "redis://127.0.0.1:1", "--node", "a b"], 2, /--node is 1 to 40 letters/],
    [["--role", "gateway", "--broker", "redis://127.0.0.1:1", "--speed", "max"], 2, /--speed is a number, not max/],
    [["--role", "organisms", "--broker", "redis://127.0.0.1:1"], 1, /BROKER_UNREACHABLE: Redis at 127.0.0.1:1/],
    [["--role", "organisms", "--broker", "kafka://127.0.0.1:1"], 1, /BROKER_UNREACHABLE: Kafka at 127.0.0.1:1/],
    [["--role", "gateway", "--broker", "redis://127.0.0.1:1", "--lease-ms", "5"], 2, /--lease-ms is a number of/],
    [["--role", "gateway", "--broker", "redis://127.0.0.1:1,redis://127.0.0.1:1"], 2, /is named twice/],
    [
      ["--role", "gateway", "--broker", "redis://127.0.0.1:1", "--durable", "kafka"],
      2,
      /the class durable names kafka, which is none/,
    ],
    [
      ["--role", "gateway", "--broker", "redis://127.0.0.1:1", "--broker-wait", "soon"],
      2,
      /--broker-wait must be a time/,
    ],
    [["--role", "all", "--cluster-secret", "x"], 2, /--cluster-secret goes with a --role/],
  ];
  await Promise.all(cases.map(async ([args, exit, sentence]) => {
    const found = await outside(["start", ...args]);
    assert.equal(found.exit, exit, found.err);
    assert.match(found.err, sentence);
    assert.ok(!found.err.includes("secret"), found.err);
  }));
});
