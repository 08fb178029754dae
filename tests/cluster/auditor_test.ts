/** An auditor that follows the gateway's log over a topic, and what it says when something does not fit. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { verifyAudit } from "../../ffi/mod.ts";
import { checkpointLetter, recordsLetter } from "../../actors/auditors/replica/letters.ts";
import { openRedis } from "../../runtime/transport/redis.ts";
import { outside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { TestCluster, until } from "./processes.ts";

ensureCore();

const absent = missing("redis");

/** Of the copies that an auditor has made, the only log. */
function copied(out: string): { readonly node: string; readonly directory: string } {
  const [node] = [...Deno.readDirSync(out)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  return { node, directory: `${out}/${node}/runs/000001` };
}

Deno.test({
  name: `an auditor follows the log over its topic, verifies it, and raises an alarm that every node's status shows${
    need(absent)
  }`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startRedis();
    const broker = `redis://127.0.0.1:${redis.port}`;
    const cluster = await TestCluster.open(broker, { CWTS_AUDIT_BROKER: broker });
    try {
      cluster.gateway("g1");
      await cluster.until("the gateway serves", ({ gateway }) => gateway.epoch === 1);
      const key = `${cluster.directory}/node.pub`;
      const printed = await outside(["audit", "key", "--data-dir", cluster.data("g1")]);
      await Deno.writeTextFile(key, printed.out);
      const stranger = `${cluster.directory}/other.pub`;
      await Deno.writeTextFile(stranger, `ed25519 ${btoa("x".repeat(32))}\n`);

      const right = cluster.start("auditor", "a1", "--data-dir", cluster.data("a1"), "--audit-key", key);
      await right.said(/[0-9a-f]{16}\/1: \d+ records, signatures and roots verified/);
      const nothing = await cluster.until(
        "it says so",
        ({ nodes }) => nodes.some(({ node, detail }) => node === "a1" && /signatures and roots verified/.test(detail)),
      );
      assert.ok(!nothing.concerns.some((one) => one.startsWith("a1")), String(nothing.concerns));

      const wrong = cluster.start("auditor", "a2", "--data-dir", cluster.data("a2"), "--audit-key", stranger);
      await wrong.said(
        /FOLLOW_SIGNATURE: the checkpoint of \d+ records of \S+ is not believed: none of its signatures/,
      );
      await cluster.until("all see it", ({ concerns }) => concerns.some((one) => /^a2: FOLLOW_SIGNATURE/.test(one)));
      const { out, exit } = await outside(["cluster", "status", "--broker", broker]);
      assert.match(out, /! a2: FOLLOW_SIGNATURE: the checkpoint of/);
      assert.equal(exit, 1);

      // Somebody else writes to the topic: what is there already stays, and what comes behind is not taken.
      const { node, directory } = copied(cluster.data("a1"));
      const writer = await openRedis({ node: "liar", host: "127.0.0.1", port: redis.port, partitions: 1 });
      try {
        await writer.publish("cwts-audit", `${node}/1`, recordsLetter({ node, run: 1 }, 1e9, [new Uint8Array(48)]));
        await cluster.until(
          "the gap is seen",
          ({ concerns }) => concerns.some((one) => /^a1: FOLLOW_GAP: records \d+ to 999999999 of/.test(one)),
        );
        // A checkpoint of another log under this one's name.
        const a3 = cluster.start("auditor", "a3", "--data-dir", cluster.data("a3"), "--audit-key", key);
        await a3.said(/FOLLOW_GAP/);
        const note = `cwts/other/000001\n1\n${btoa("y".repeat(32))}\n\n\u2014 cwts/other/000001 ${
          btoa("z".repeat(68))
        }\n`;
        await writer.publish("foreign", `${node}/1`, checkpointLetter({ node, run: 1 }, 1, note));
        const a4 = cluster.start("auditor", "a4", "--data-dir", cluster.data("a4"), "--config", await foreign(cluster));
        await a4.said(/FOLLOW_SIGNATURE: a checkpoint of \S+ is one of cwts\/other\/000001/);
        await a4.said(/signatures are not looked at/);
      } finally {
        await writer.close();
      }
      right.kill("SIGTERM");
      assert.equal(await right.ended, 0, right.out);
      const copy = verifyAudit(directory);
      assert.ok(copy.ok && copy.records > 0, "the copy verifies up to there");
      await until("the node wrote on", () => verifyAudit(`${cluster.data("g1")}/runs/000001`).records > copy.records);
    } finally {
      await cluster.end();
    }
  },
});

async function foreign(cluster: TestCluster): Promise<string> {
  const path = `${cluster.directory}/foreign.toml`;
  await Deno.writeTextFile(path, `[audit]\ntopic = "foreign"\n`);
  return path;
}

Deno.test("keys that cannot be read, or go with another role, are one sentence", async () => {
  const broker = ["--broker", "redis://127.0.0.1:1"];
  const lacks = await outside(["start", "--role", "auditor", ...broker, "--audit-key", "/nowhere/node.pub"]);
  assert.notEqual(lacks.exit, 0);
  assert.match(lacks.err, /--audit-key \/nowhere\/node\.pub: .*: write it on the gateway with/);
  const other = await outside(["start", "--role", "organisms", ...broker, "--audit-key", "x"]);
  assert.equal(other.exit, 2);
  assert.match(other.err, /--audit-key goes with --role auditor/);
});
