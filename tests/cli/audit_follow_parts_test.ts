/** Large records over real brokers that take little, with a death of the broker and of the follower in between. */
import assert from "node:assert/strict";
import { TopicSink } from "../../actors/auditors/replica/topic.ts";
import { ensureCore } from "../../ffi/build.ts";
import { verifyAudit } from "../../ffi/mod.ts";
import { openBroker } from "../../runtime/transport/open.ts";
import { Logs } from "../actors/auditors/replica/logs.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { cwts, inside } from "./run.ts";

ensureCore();

const NODE = "0011223344556677";
const STARTS = { redis: startRedis, nats: startNats, kafka: startKafka } as const;
/** As a broker whose limit was set low. */
const TAKES = 24 * 1024;

for (const kind of ["redis", "nats", "kafka"] as const) {
  const lacks = missing(kind);
  Deno.test({
    name: `large records come in parts through ${kind}, whoever dies in between, and the root is the same${
      need(lacks)
    }`,
    ignore: lacks.length > 0,
    async fn() {
      using logs = new Logs();
      const service = await STARTS[kind]();
      try {
        const write = () => {
          logs.append(200);
          log.appendJson(11, log.records, { text: "y".repeat(250_000) });
          logs.sign();
        };
        const log = logs.begin(1, 4 * 1024 * 1024);
        write();
        const broker = `${kind}://127.0.0.1:${service.port}`;
        const places = { dataDir: logs.data, run: 1, node: NODE, broker, topic: "cwts-audit" };
        const options = { node: "sink", partitions: 1, retryMs: 200, maxBytes: TAKES };
        const open = () => openBroker({ kind, host: "127.0.0.1", port: service.port }, options);
        await using sink = new TopicSink(places, open);
        const caughtUp = async () => {
          for (let looks = 0;; looks++) {
            const { caughtUp, faults } = await sink.look();
            if (caughtUp) return;
            assert.ok(faults.every(({ lasting }) => !lasting) && looks < 300, JSON.stringify(faults));
            if (faults.length > 0) await new Promise((next) => setTimeout(next, 200));
          }
        };
        await caughtUp();
        const out = `${logs.directory}/followed`;
        const args = ["audit", "follow", "--broker", broker, "--out", out];
        // One that is killed at once, wherever it was, and the broker with it.
        const follower = cwts(args).spawn();
        await new Promise((next) => setTimeout(next, kind === "kafka" ? 6_000 : 1_500));
        follower.kill("SIGKILL");
        await follower.output();
        await service.kill();
        write();
        await sink.look();
        await service.resume();
        await caughtUp();
        const { exit, err } = await inside([...args, "--once"]);
        assert.equal(exit, 0, err);
        const [there, copy] = [logs.runPath(), `${out}/${NODE}/runs/000001`].map((at) => verifyAudit(at));
        assert.deepEqual([copy.ok, copy.records, copy.root], [true, there.records, there.root]);
      } finally {
        await service.stop();
      }
    },
  });
}
