/** The parts of roles by themselves, over brokers in memory: lease and doubt, words of a kill, configurations, classes. */
import assert from "node:assert/strict";
import { configHash, loadConfig, planOf, sharedOf, withShared } from "../../config/mod.ts";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { openSecret } from "../../actors/cluster/mod.ts";
import type { Obeyed } from "../../actors/cluster/mod.ts";
import { instrumentsOf } from "../../actors/node/instruments.ts";
import { ClusterLink } from "../../actors/node/roles/cluster_link.ts";
import { ConfigurationBook } from "../../actors/node/roles/configuration_book.ts";
import { MirrorPage } from "../../actors/node/roles/mirror_page.ts";
import { Tenure } from "../../actors/node/roles/tenure.ts";
import { WordWatch } from "../../actors/node/roles/word_watch.ts";
import { nameScopes, treeOf } from "../../actors/node/scopes.ts";
import { MemoryServer, openMemory } from "../../runtime/transport/mod.ts";
import { until } from "../transport/letters.ts";

ensureCore();

const { config } = loadConfig({ directory: "/", environment: {} });
const LEASE_MS = 200;

function join(server: MemoryServer, node: string, err: (line: string) => void = () => {}): Promise<ClusterLink> {
  return ClusterLink.join({
    ...{ cluster: "main", node, role: "gateway", leaseMs: LEASE_MS, err },
    open: (options) => openMemory(server, { ...options, retryMs: 50 }),
  });
}

/** A gateway that serves; `told`: what its tenure said. */
async function serving(server: MemoryServer, node = "g1", waitMs = Infinity) {
  const link = await join(server, node);
  const lease = (await link.broker.lease(link.lease("gateway"), { ttlMs: LEASE_MS }))!;
  const told: string[] = [];
  const stop = new AbortController();
  const tenure = new Tenure({
    ...{ link, lease, waitMs, signal: stop.signal },
    doubted: () => told.push("doubted"),
    resumed: (epoch) => told.push(`resumed ${epoch}`),
  });
  tenure.begin();
  return {
    ...{ link, tenure, told },
    async end() {
      stop.abort();
      await tenure.end();
      await link.close();
    },
  };
}

Deno.test("a gateway whose broker is gone lets nothing in, waits, and goes on under the next epoch alone", async () => {
  const server = new MemoryServer();
  const { tenure, told, end } = await serving(server);
  try {
    assert.equal(tenure.held(), true);
    server.stop();
    await until(() => !tenure.held(), "it is in doubt");
    await new Promise((resolve) => setTimeout(resolve, 3 * LEASE_MS));
    assert.deepEqual([tenure.held(), tenure.over, tenure.epoch], [false, null, 1]);
    server.start();
    await until(() => tenure.held(), "it is the gateway again");
    assert.deepEqual([told, tenure.epoch], [["doubted", "resumed 2"], 2]);
  } finally {
    await end();
  }
});

Deno.test("a gateway that was replaced meanwhile, or whose broker forgot, is over for good", async () => {
  const server = new MemoryServer();
  const replaced = await serving(server);
  const other = await join(server, "g2");
  try {
    server.sever("main-g1");
    const next = await other.broker.lease(other.lease("gateway"), { ttlMs: LEASE_MS, waitMs: 20 * LEASE_MS });
    assert.equal(next!.epoch, 2);
    assert.equal(replaced.tenure.held(), false);
    // Also when that one has ended in order by then.
    await next!.release();
    server.mend("main-g1");
    await until(() => replaced.tenure.over !== null, "it is over");
    assert.match(replaced.tenure.over!, /gateway 1 was replaced while it did not answer/);
    assert.equal(replaced.tenure.held(), false);
  } finally {
    await other.close();
    await replaced.end();
  }

  const forgetful = new MemoryServer();
  const forgotten = await serving(forgetful);
  try {
    forgetful.registers.clear();
    await until(() => !forgotten.tenure.held(), "it is in doubt");
    await until(() => forgotten.tenure.over !== null, "it is over");
    assert.match(forgotten.tenure.over!, /the broker has forgotten this cluster/);
  } finally {
    await forgotten.end();
  }
});

Deno.test("a gateway waits for its broker no longer than it was told", async () => {
  const server = new MemoryServer();
  const { tenure, end } = await serving(server, "g1", 2 * LEASE_MS);
  try {
    server.stop();
    await until(() => !tenure.held() && tenure.over !== null, "it has given up");
    assert.match(tenure.over!, /lost the broker and has ended: start it again when the broker answers/);
  } finally {
    server.start();
    await end();
  }
});

Deno.test("a node without a gate is shut by a kill at once, and opened by a gateway that obeyed the same kill only", () => {
  const page = new MirrorPage(config, instrumentsOf(config));
  const [first] = config.organisms;
  const shut = () => page.refuses(first.id, 0);
  const answer = (id: string) => ({ id, outcome: "done" as const, state: 3, gateSequence: 1 });
  try {
    assert.equal(shut(), null);
    assert.deepEqual(page.tighten("firm", ScopeState.Killed, "drill", "x", "k1"), { state: 3, gateSequence: 0 });
    assert.deepEqual(shut(), { killed: true, reason: "drill" });
    assert.equal(page.firm, "KILLED");
    page.hear({ answers: [], strict: [] });
    assert.notEqual(shut(), null, "that gateway has not heard of it yet");
    page.hear({ answers: [answer("k1")], strict: undefined });
    assert.notEqual(shut(), null, "a standby opens nothing");
    page.hear({ answers: [answer("k1")], strict: [{ scope: "firm", state: 3 }] });
    assert.notEqual(shut(), null, "it is shut there");
    assert.deepEqual(page.hear({ answers: [], strict: [] }), ["firm"], "two persons have opened it there");
    assert.equal(shut(), null);

    page.tighten(`organism:${first.id}`, ScopeState.CancelOnly, "one", "x", "k2");
    page.tighten("firm", ScopeState.CancelOnly, "dead-man", "cluster");
    page.rename(config, instrumentsOf(config));
    page.hearsAgain();
    assert.deepEqual(shut(), { killed: false, reason: "one" }, "the kill stays when the silence is over");
    assert.equal(page.refuses(config.organisms[1].id, 1), null);
    page.tighten("firm", ScopeState.ReduceOnly, "volatile", "x", "k3");
    assert.equal(page.refuses(config.organisms[1].id, 1), null, "what only reduces is the gate's to judge");
    assert.equal(page.tighten("organism:nobody", 3, "x", "x", "k4"), null);
  } finally {
    page.close();
  }
});

Deno.test("a word of a trigger or of the watchdog is spread once, and none that somebody has spread", () => {
  using control = ControlPage.memory();
  nameScopes(control, treeOf(config, instrumentsOf(config)), 1);
  const latest: Obeyed[] = [];
  const spread: unknown[] = [];
  const watch = new WordWatch(control, () => latest, (...word) => spread.push(word));
  const alpha = control.find("instrument:ALPHA")!;
  watch.look();
  control.tighten(alpha, ScopeState.ReduceOnly, "fills", "trigger:fills", 1);
  watch.look();
  watch.look();
  assert.deepEqual(spread.splice(0), [["instrument:ALPHA", 1, "fills", "trigger:fills"]]);
  control.tighten(0, ScopeState.CancelOnly, "here", "cli:ann", 1);
  watch.look();
  assert.deepEqual(spread.splice(0), [], "a command tells the others by itself");
  const told = { outcome: "done", gateSequence: 1, from: "g2", reason: "" } as const;
  latest.push({ ...told, id: "k1", scope: "firm", state: 3 });
  control.tighten(0, ScopeState.Killed, "drill", "cluster:g2:ann", 1);
  watch.look();
  assert.deepEqual(spread.splice(0), [], "it came from the others");
  control.request(0, ScopeState.Active, "over", "desk", 1);
  watch.look();
  control.tighten(0, ScopeState.Killed, "dead-man", "watchdog", 1);
  watch.look();
  assert.deepEqual(spread.splice(0), [["firm", 3, "dead-man", "watchdog"]], "an older kill says nothing of this one");
});

Deno.test("a configuration is known to who comes late, is nobody's who has no secret, and counts when it is put in force", async () => {
  const server = new MemoryServer();
  const quiet = new AbortController();
  const refused: string[] = [];
  const [link, late] = [await join(server, "g1"), await join(server, "g2", (line) => refused.push(line))];
  try {
    const book = new ConfigurationBook(link, config, openSecret("main"));
    await book.open(quiet.signal);
    const next = { ...config, mode: { ...config.mode, recoverMs: 7_000 } };
    const [hash, shared] = [configHash(next), sharedOf(next)];
    const offer = { kind: "offered", hash, shared, person: "bob", role: "risk-officer", at: 1, reason: "x" } as const;
    await book.say({ ...offer, epoch: 1 });
    assert.deepEqual(book.status, { epoch: 1, hash, refused: null, switched: false });
    assert.equal(configHash(book.effective.config), configHash(config), "nobody has put it in force");
    await book.say({ kind: "switched", epoch: 1, person: "cat" });
    await book.say({ ...offer, epoch: 2, hash: "0".repeat(64) });
    assert.match(book.status!.refused!, /it makes the configuration \w{12} here and 000000000000 there/);
    await book.say({ ...offer, epoch: 3, shared: shared.replace('"recoverMs":7000', '"recoverMs":-1') });
    assert.match(book.status!.refused!, /mode\.recover_ms/);
    await book.say({ kind: "withdrawn", epoch: 3, person: "bob", reason: "x" });

    const liar = new ConfigurationBook(link, config, openSecret("other"));
    await liar.say({ kind: "switched", epoch: 2, person: "liar" });

    const second = new ConfigurationBook(late, config, openSecret("main"));
    await second.open(quiet.signal);
    assert.equal(second.status?.epoch, 3);
    assert.deepEqual([configHash(second.effective.config), second.effective.epoch], [hash, 1]);
    assert.equal(second.of(hash)?.mode.recoverMs, 7_000);
    assert.equal(second.of("nothing"), null);
    assert.match(refused.join(), /a configuration of g1 is not signed with the cluster's secret/);
  } finally {
    await link.close();
    await late.close();
  }
});

Deno.test("what a node has for itself never leaves it, and nobody else's takes its place", () => {
  const own = {
    ...config,
    node: { ...config.node, dataDir: "/own" },
    cluster: { ...config.cluster, node: "n", secretFile: "/own/key", brokers: ["redis://10.0.0.5"] },
  };
  const text = sharedOf(own);
  for (const secret of ["/own", "10.0.0.5", "dataDir", "secretFile"]) assert.ok(!text.includes(secret), secret);
  const merged = withShared(own, sharedOf({ ...config, node: { ...config.node, dataDir: "/theirs", seed: 99 } }));
  assert.deepEqual([merged.node.dataDir, merged.node.seed, merged.cluster.secretFile], ["/own", 99, "/own/key"]);
  const forged = JSON.stringify({ ...JSON.parse(text), node: { dataDir: "/theirs" } });
  assert.throws(() => withShared(own, forged), /\[node\] is each node's own/);
  assert.throws(() => withShared(own, "{"), /it is not JSON/);
});

Deno.test("classes of topics name brokers by kind or address, in the order that is asked for", () => {
  const addresses = ["kafka://10.0.0.6", "redis://10.0.0.5", "nats://10.0.0.7"];
  const [kafka, redis, nats] = ["kafka://10.0.0.6:9092", "redis://10.0.0.5:6379", "nats://10.0.0.7:4222"];
  const plan = planOf({ addresses });
  assert.deepEqual([plan.durable, plan.fast], [[kafka, redis, nats], [redis, nats, kafka]]);
  const asked = planOf({ addresses, durable: ["redis", "kafka://10.0.0.6:9092"], fast: ["nats"] });
  assert.deepEqual([asked.durable, asked.fast], [[redis, kafka], [nats]]);
  assert.throws(() => planOf({ addresses: ["redis://a", "redis://a:6379"] }), /redis:\/\/a:6379 is named twice/);
  assert.throws(() => planOf({ addresses, durable: ["redis", "redis"] }), /durable names redis:.* twice/);
  assert.throws(() => planOf({ addresses: ["redis://a"], fast: ["nats"] }), /the class fast names nats, which is none/);
});

Deno.test("the units for systemd are ones", async () => {
  const directory = await Deno.makeTempDir({ prefix: "cwts-units-" });
  try {
    const units = new URL("../../config/examples/", import.meta.url);
    const files: string[] = [];
    for (const role of ["gateway", "organisms"]) {
      const text = await Deno.readTextFile(new URL(`cwts-${role}@.service`, units));
      assert.match(text, new RegExp(`--role ${role} --broker \\$\\{CLUSTER_BROKER\\}`));
      files.push(`${directory}/cwts-${role}@1.service`);
      await Deno.writeTextFile(files.at(-1)!, text);
    }
    try {
      const { code, stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", ...files] }).output();
      assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
