/** A node that sends its log to a real broker, and the command that makes it anew. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { verifyAudit } from "../../ffi/mod.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { inside, outside, withDirectory } from "./run.ts";

ensureCore();

const STARTS = { redis: startRedis, nats: startNats, kafka: startKafka } as const;

for (const kind of ["redis", "nats", "kafka"] as const) {
  const lacks = missing(kind);
  Deno.test({
    name: `audit follow makes the log anew from a topic of ${kind}, root for root, through a death of the broker${
      need(lacks)
    }`,
    ignore: lacks.length > 0,
    async fn() {
      await withDirectory(async (directory) => {
        const service = await STARTS[kind]();
        try {
          const [data, out] = [`${directory}/data`, `${directory}/followed`];
          const broker = `${kind}://127.0.0.1:${service.port}`;
          const start = ["start", "--speed", "max", "--console-port", "off", "--data-dir", data, "--duration", "20s"];
          const follow = () => inside(["audit", "follow", "--broker", broker, "--out", out, "--once"]);
          for (let run = 1; run <= 2; run++) {
            const node = await outside(start, { CWTS_AUDIT_BROKER: broker });
            assert.equal(node.exit, 0, node.err);
            assert.doesNotMatch(node.err, /TOPIC_/);
            const { exit, err } = await follow();
            assert.equal(exit, 0, err);
            await service.kill();
            await service.resume();
          }
          const [node] = [...Deno.readDirSync(out)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
          for (let run = 1; run <= 2; run++) {
            const [log, copy] = [data, `${out}/${node}`].map((at) => verifyAudit(`${at}/runs/00000${run}`));
            assert.deepEqual([copy.ok, copy.records, copy.root], [true, log.records, log.root]);
          }
          const against = await inside(["audit", "verify", "--data-dir", data, "--against", `${out}/${node}`]);
          assert.match(against.out, /^agree /);
        } finally {
          await service.stop();
        }
      });
    },
  });
}

Deno.test("a broker that is none is refused in a sentence, by the command and by the node", async () => {
  const { exit, err } = await inside(["audit", "follow", "--broker", "http://x", "--out", "/nowhere"]);
  assert.equal(exit, 2);
  assert.match(err, /--broker "http:\/\/x": a broker is redis, rediss, nats or kafka, not http/);
  const node = await outside(["start", "--duration", "1s"], { CWTS_AUDIT_BROKER: "redis://me:secret@localhost" });
  assert.notEqual(node.exit, 0);
  assert.match(
    node.err,
    /audit\.broker in the variable CWTS_AUDIT_BROKER must be a broker.*: user and password do not belong in an address/,
  );
  assert.doesNotMatch(node.err, /secret/);
});
