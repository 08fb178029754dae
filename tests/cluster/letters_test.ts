/** A cluster with a secret: whoever may write its topics, and has not the secret, trades nothing and halts nothing. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { ClusterLink, topicsOf } from "../../actors/node/roles/cluster_link.ts";
import { statusLetter } from "../../actors/placement/status.ts";
import { letterOf } from "../../actors/placement/words.ts";
import { type HolderWord, type NodeStatus, type SeatWord, TO_GATEWAY, TO_HOLDER } from "../../actors/protocol/mod.ts";
import { openerOf } from "../../cli/cluster_flags.ts";
import { type Letter, MemoryServer, openMemory } from "../../runtime/transport/mod.ts";
import { makeSecret } from "../cli/cluster_nodes.ts";
import { outside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { decisions, LEASE_MS, notes, TestCluster, until } from "./processes.ts";

ensureCore();

const absent = missing("redis");
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const status = (node: string, more: Partial<NodeStatus> = {}): NodeStatus => ({
  ...{ node, start: 1e6, role: "gateway", state: "running", version: "1", config: "x", epoch: 1e6, shards: [], bad: 0 },
  ...{ detail: "", time: 0, speed: 1, mode: "FullPerformance", firm: "ACTIVE" },
  ...more,
});

Deno.test("nodes of which one has another secret, or none, say so once and believe nothing of each other", async () => {
  const server = new MemoryServer();
  const directory = await Deno.makeTempDir({ prefix: "cwts-letters-" });
  const said = new Map<string, string[]>();
  const join = (node: string, secretFile?: string): Promise<ClusterLink> => {
    const lines: string[] = [];
    said.set(node, lines);
    return ClusterLink.join({
      ...{ cluster: "main", node, role: "organisms", leaseMs: 2_000, err: (line) => void lines.push(line) },
      kill: { brokers: [], urls: [], secretFile, chance: Math.random },
      open: (options) => openMemory(server, { ...options, retryMs: 50 }),
    });
  };
  const [one, other] = [await makeSecret(`${directory}/one`), await makeSecret(`${directory}/other`)];
  const links = [await join("a1", one), await join("a2", one), await join("b", other), await join("c")];
  try {
    const heard: string[] = [];
    for (const link of links) {
      const { options: { node }, topics } = link;
      await link.follow(topics.orders, (letter) => void heard.push(`${letter.envelope.node} to ${node}`));
    }
    const from = (node: string, sequence: number): Letter =>
      letterOf({ node, epoch: 1, path: "/x", sequence }, TO_GATEWAY, { to: 1, word: { kind: "ShardBeat" } }, null);
    for (let n = 1; n <= 3; n++) {
      for (const link of links) {
        const { options: { node }, topics } = link;
        link.say({ ...status(node), state: "running" });
        link.publish(topics.orders, "s", from(node, n));
      }
      await Promise.all(links.map((link) => link.flushed()));
    }
    await until("all that is believed was heard", () => heard.length >= 18);
    await until("all others are refused", () => links.reduce((sum, { bad }) => sum + bad, 0) >= 60);
    const pairs = ["a1 to a1", "a1 to a2", "a2 to a1", "a2 to a2", "b to b", "c to c"];
    assert.deepEqual([...heard].sort(), pairs.flatMap((pair) => [pair, pair, pair]));
    const seen = links.map(({ board }) => board.live.map(({ node }) => node));
    assert.deepEqual(seen, [["a1", "a2"], ["a1", "a2"], ["b"], ["c"]]);
    assert.deepEqual(links.map(({ bad }) => bad), [12, 12, 18, 18]);
    const codes = (node: string) =>
      said.get(node)!.map((line) => `${/name "(\w+)"/.exec(line)![1]} ${/\((LETTER_\w+)\)$/.exec(line)![1]}`).sort();
    assert.deepEqual(codes("a1"), ["b LETTER_FORGED", "c LETTER_UNSIGNED"]);
    assert.deepEqual(codes("b"), ["a1 LETTER_FORGED", "a2 LETTER_FORGED", "c LETTER_UNSIGNED"]);
    assert.deepEqual(codes("c"), ["a1 LETTER_SIGNED", "a2 LETTER_SIGNED", "b LETTER_SIGNED"]);
  } finally {
    await Promise.all(links.map((link) => link.close()));
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test({
  name: `a stranger on the topics of a signed cluster forges and replays, and nothing changes${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startRedis();
    const secret = await makeSecret(await Deno.makeTempFile({ prefix: "cwts-cluster-key-" }));
    const url = `redis://127.0.0.1:${redis.port}`;
    const cluster = await TestCluster.open(url, {}, secret);
    const broker = await openerOf({ broker: [url] }, undefined, () => undefined)({ node: "stranger" });
    try {
      const signed = ["--cluster-secret", secret];
      const gateway = cluster.gateway("g1", ...signed);
      const organisms = cluster.organisms("o1", ...signed);
      const before = await cluster.trading("o1");
      const data = cluster.data("g1");
      await until("the gate has decided", () => decisions(data) > 5, () => cluster.said);
      assert.match(gateway.out, /killed by redis:.*letters are believed, when signed with the cluster's secret/);

      const topics = topicsOf("main");
      const order: HolderWord = {
        ...{ kind: "SubmitOrder", orderId: 1, strategy: 1, instrument: 0, side: 0, orderType: 0, tif: 0, price: 100 },
        ...{ quantity: 1, postOnly: false, reduceOnly: false, cause: 0 },
      };
      const strange = { node: "stranger", path: "/x" };
      for (const { shard, epoch } of before.shards) {
        let sequence = 1e9;
        const up = (word: HolderWord) =>
          letterOf({ ...strange, epoch: epoch + 1, sequence: ++sequence }, TO_GATEWAY, { to: 1, word }, null);
        const down = (word: SeatWord) =>
          letterOf({ ...strange, epoch: 1, sequence: ++sequence }, TO_HOLDER, { to: epoch, word }, null);
        await broker.publish(topics.orders, shard, up({ kind: "ShardAttach", config: "x", orders: [] }));
        await broker.publish(topics.orders, shard, up(order));
        await broker.publish(topics.reports, shard, down({ kind: "ShardFenced", epoch: epoch + 1 }));
        await broker.publish(
          topics.reports,
          shard,
          down({ kind: "ShardRefused", code: "CONFIG_MISMATCH", reason: "x" }),
        );
      }
      await broker.publish(topics.status, "boss", statusLetter(status("boss"), 1));
      // What was said and signed, played again where it does not belong: each shard's letters to each other shard.
      const listening = await broker.subscribe("stranger", topics.orders, { passing: true });
      const shards = before.shards.map(({ shard }) => shard);
      let replayed = 0;
      for (let looks = 0; looks < 40 && replayed < 200; looks++) {
        for (const one of await listening.take(100, 100)) {
          if (one.kind !== "letter" || one.letter.envelope.node === "stranger" || !shards.includes(one.key)) continue;
          const { envelope } = one.letter;
          const later = { ...one.letter, envelope: { ...envelope, epoch: envelope.epoch + 1 } };
          for (const shard of shards) {
            if (shard !== one.key) await broker.publish(topics.orders, shard, one.letter);
          }
          await broker.publish(topics.orders, one.key, later);
          // The same place: it has been taken, and is not taken again.
          await broker.publish(topics.orders, one.key, one.letter);
          replayed++;
        }
      }
      assert.ok(replayed > 20, String(replayed));
      await gateway.said(
        /letters on main-orders that name "stranger" as their sender are not signed.*\(LETTER_UNSIGNED\)/,
      );
      await gateway.said(
        /letters on main-orders that name "o1" as their sender are not signed with.*\(LETTER_FORGED\)/,
      );
      await organisms.said(/letters on main-reports that name "stranger".*\(LETTER_UNSIGNED\)/);
      await pause(LEASE_MS);
      const after = await cluster.trading("o1");
      assert.deepEqual(after.shards.map(({ epoch }) => epoch), before.shards.map(({ epoch }) => epoch));
      assert.deepEqual([after.gateway.node, after.gateway.epoch], ["g1", 1]);
      assert.doesNotMatch(organisms.out, /halted|refuses|trades now|boss \(epoch/);
      assert.equal(gateway.out.match(/\(LETTER_UNSIGNED\)/g)!.length, 2, "the stranger, and boss");
      const events = notes(data).filter(({ event }) => event !== undefined).map(({ event }) => event);
      assert.deepEqual([...new Set(events)], ["shard-attached"], "no letter of his came to a seat");
      const bad = (node: string) => after.nodes.find((one) => one.node === node)!.bad;
      await cluster.until("they are counted", () => bad("g1") >= 3 * replayed / 2 && bad("o1") >= 7);

      const shown = await outside(["cluster", "status", "--broker", url, ...signed]);
      assert.match(shown.out, /cluster "main" +gateway g1 \(epoch 1\)/, shown.err);
      const blind = await outside(["cluster", "status", "--broker", url]);
      assert.match(blind.err, /that name "g1" as their sender are signed, and this node has no secret/);
      assert.equal(blind.exit, 1);

      // A node without the secret trades nothing, and says why.
      const without = cluster.organisms("o2");
      await without.said(/letters are not signed, so he may trade/);
      await without.said(/that name "g1" as their sender are signed, and this node has no secret.*\(LETTER_SIGNED\)/);
      await gateway.said(/that name "o2" as their sender are not signed, and this node has a secret/);
    } finally {
      await broker.close();
      await cluster.end();
      await Deno.remove(secret);
    }
  },
});
