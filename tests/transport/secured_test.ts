/** Servers that want a user and speak TLS, and what is said to those who come without. Kafka in its older line. */
import assert from "node:assert/strict";
import { startKafka } from "../services/kafka.ts";
import { missing, need } from "../services/needs.ts";
import { startNats } from "../services/nats.ts";
import { startRedis } from "../services/redis.ts";
import { makeCertificates, type Security } from "../services/security.ts";
import { freePort, type Service } from "../services/service.ts";
import { openBroker, type ServerKind } from "./adapters.ts";
import { gather, numbered, numberOf } from "./letters.ts";

const START: Readonly<Record<ServerKind, (security: Security) => Promise<Service>>> = {
  redis: (security) => startRedis({ security }),
  nats: (security) => startNats({ security }),
  kafka: (security) => startKafka({ security, line: "3.9" }),
};

for (const kind of Object.keys(START) as ServerKind[]) {
  const absent = missing(kind, true);
  Deno.test({
    name: `a secured ${kind} lets in who has user, password and authority, and tells others why not${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const directory = await Deno.makeTempDir({ prefix: "cwts-certificates-" });
      try {
        const security: Security = { user: "ann", password: "open sesame", tls: await makeCertificates(directory) };
        await using service = await START[kind](security);
        const { user, password, tls: { ca: caFile } } = security;
        const way = { node: "ann", port: service.port, user, password, tls: { caFile } };
        const broker = await openBroker(kind, way);
        await broker.publishBatch("topic", numbered(1, 10));
        const subscription = await broker.subscribe("g", "topic", { sessionMs: 1_000 });
        assert.deepEqual((await gather([subscription], 10)).map(numberOf), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        const lease = await broker.lease("lease", { ttlMs: 1_000 });
        assert.equal(lease?.epoch, 1);
        await broker.close();

        const refused = async (code: string, message: RegExp, change: Partial<typeof way>) => {
          const error = await openBroker(kind, { ...way, ...change }).then(() => null, (error) => error);
          assert.equal(error?.code, code, `${JSON.stringify(change)}: ${error}`);
          assert.match(error.message, message);
        };
        await refused("BROKER_LOGIN", /refuses user "ann": check user and password/, { password: "guess" });
        await refused("BROKER_LOGIN", /refuses/, { user: undefined, password: undefined });
        await refused("BROKER_TLS", /wants it: give tls/, { tls: undefined });
        // The machine's own authorities know nothing of ours.
        await refused("BROKER_TLS", /cannot be trusted: check tls.caFile/, { tls: {} as { caFile: string } });
        await refused("BROKER_TLS", /authorities .* cannot be read/, { tls: { caFile: `${directory}/none.pem` } });
        await refused("BROKER_UNREACHABLE", /does not answer: is it running there/, { port: freePort() });
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}
