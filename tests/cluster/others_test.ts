/** The same roles on Kafka and NATS, with users and TLS on the latter: what a broker does differently must not show. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { startKafka } from "../services/kafka.ts";
import { missing, need } from "../services/needs.ts";
import { startNats } from "../services/nats.ts";
import { makeCertificates, type Security } from "../services/security.ts";
import { outside } from "../cli/run.ts";
import { decisions, TestCluster, until } from "./processes.ts";

ensureCore();

/** Three processes trade, and the standby takes over from a gateway that is killed. */
async function lives(cluster: TestCluster): Promise<void> {
  try {
    const gateway = cluster.gateway("g1");
    cluster.organisms("o1");
    await cluster.trading("o1");
    await until("the gate has decided", () => decisions(cluster.data("g1")) > 5, () => cluster.said);
    const standby = cluster.gateway("g2");
    await standby.said(/standby: another gateway holds the lease/);
    gateway.kill("SIGKILL");
    await cluster.until("the standby serves", ({ gateway }) => gateway.epoch === 2);
    const { gateway: now } = await cluster.trading("o1");
    assert.equal(now.firm, "CANCEL_ONLY");
  } finally {
    await cluster.end();
  }
}

const kafka = missing("kafka");
Deno.test({
  name: `three processes trade over Kafka, and a standby takes over${need(kafka)}`,
  ignore: kafka.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using service = await startKafka();
    await lives(await TestCluster.open(`kafka://127.0.0.1:${service.port}`));
  },
});

const nats = missing("nats", true);
Deno.test({
  name: `three processes trade over NATS with a user and TLS, and others are told why not${need(nats)}`,
  ignore: nats.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "cwts-certificates-" });
    try {
      const security: Security = { user: "ann", password: "open sesame", tls: await makeCertificates(directory) };
      await using service = await startNats({ security });
      const address = `127.0.0.1:${service.port}`;
      const right = `nats://${address}?ca=${security.tls.ca}`;
      const ann = { CWTS_BROKER_USER: security.user };
      const refused = async (broker: string, password: string, code: RegExp) => {
        const found = await outside(["start", "--role", "organisms", "--broker", broker], {
          CWTS_BROKER_PASSWORD: password,
        });
        assert.equal(found.exit, 1, found.err);
        assert.match(found.err, code);
        assert.ok(!found.err.includes(password), found.err);
      };
      await refused(right, "something else", /error: BROKER_LOGIN: /);
      await refused(`nats://${address}`, security.password, /error: BROKER_(TLS|UNREACHABLE|LOGIN): /);
      await lives(await TestCluster.open(right, { ...ann, CWTS_BROKER_PASSWORD: security.password }));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
