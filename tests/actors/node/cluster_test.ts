/** What a node makes of its cluster's configuration, and of a class that has left its first broker. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { clusterSecret, showFallback } from "../../../actors/node/cluster.ts";
import type { Concern } from "../../../actors/protocol/mod.ts";
import { loadConfig, parseBroker, UserError } from "../../../config/mod.ts";

async function withFile(text: string, use: (load: () => ReturnType<typeof loadConfig>, directory: string) => void) {
  const directory = await Deno.makeTempDir({ prefix: "cwts-cluster-" });
  try {
    const file = join(directory, "cwts.toml");
    await Deno.writeTextFile(file, text);
    use(() => loadConfig({ directory, file, environment: {} }), directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const GOOD = ['node = "a"', 'brokers = ["redis://127.0.0.1:6379", "nats://10.0.0.6"]', 'secret_file = "key"'];

Deno.test("a cluster that is configured wrongly is refused with one sentence that names the key", async () => {
  const refused: readonly (readonly [string[], RegExp])[] = [
    [GOOD.slice(1), /cluster\.node.*must name this node/],
    [GOOD.slice(0, 2), /cluster\.secret_file.*must name the file/],
    [[...GOOD, "silence_ms = 1000"], /cluster\.silence_ms.*three times beat_ms/],
    [[GOOD[0], 'brokers = ["redis://h", "redis://h"]', GOOD[2]], /cluster\.brokers.*names a broker twice/],
    [[GOOD[0], 'brokers = ["http://h"]', GOOD[2]], /a broker is redis, rediss, nats or kafka, not http/],
    [[GOOD[0], 'brokers = ["redis://u:p@h"]', GOOD[2]], /CWTS_BROKER_USER/],
    [[...GOOD, 'silence_state = "active"'], /must be one of cancel-only, killed/],
  ];
  for (const [lines, sentence] of refused) {
    await withFile(["[cluster]", ...lines].join("\n"), (load) => {
      assert.throws(
        load,
        (error: Error) => error instanceof UserError && sentence.test(error.message),
        String(sentence),
      );
    });
  }
  await withFile(["[cluster]", ...GOOD].join("\n"), (load) => {
    assert.equal(load().config.cluster.brokers.length, 2);
  });
});

Deno.test("a broker is named with its usual port and with TLS", () => {
  assert.deepEqual(parseBroker("kafka://h"), { kind: "kafka", host: "h", port: 9092 });
  assert.deepEqual(parseBroker("rediss://h:7000"), {
    kind: "redis",
    host: "h",
    port: 7000,
    tls: { caFile: undefined },
  });
  assert.deepEqual(parseBroker("nats://[::1]?ca=a.pem"), {
    kind: "nats",
    host: "::1",
    port: 4222,
    tls: { caFile: "a.pem" },
  });
});

Deno.test("the secret of a cluster must be there, long enough, and nobody else's to read", async () => {
  await withFile(["[cluster]", ...GOOD].join("\n"), (load, directory) => {
    const { config } = load();
    const secretFile = join(directory, "key");
    const secret = () => clusterSecret({ ...config, cluster: { ...config.cluster, secretFile } });
    const refused = (sentence: RegExp) =>
      assert.throws(secret, (error: UserError) => error.code === "CLUSTER_SECRET" && sentence.test(error.message));
    refused(/is not there/);
    Deno.writeFileSync(secretFile, new Uint8Array(31), { mode: 0o600 });
    refused(/has 31 bytes, and needs 32/);
    Deno.writeFileSync(secretFile, new Uint8Array(32));
    Deno.chmodSync(secretFile, 0o640);
    refused(/can be read by others/);
    Deno.chmodSync(secretFile, 0o600);
    assert.deepEqual(secret()!.map(({ length }) => length), [32]);
    assert.equal(clusterSecret({ ...config, cluster: { ...config.cluster, brokers: [] } }), null);
  });
});

Deno.test("a class that has left its first broker is a concern until it is back", () => {
  const told: Concern[] = [];
  const parts = {
    system: { clock: { now: () => 7 } },
    mode: { report: (concern: Concern) => void told.push(concern) },
  };
  const show = showFallback(parts as unknown as Parameters<typeof showFallback>[0]);
  const change = { topic: "orders", route: 1, again: 0 };
  show({ ...change, from: null, to: "kafka", preferred: true });
  assert.equal(told.length, 0);
  show({ ...change, from: "kafka", to: "redis", preferred: false, route: 2, again: 40 });
  show({ ...change, from: "redis", to: "kafka", preferred: true, route: 3, again: 41 });
  assert.deepEqual(told.map(({ id, active, demands }) => [id, active, demands]), [
    ["broker-fallback:orders", true, "SafeMode"],
    ["broker-fallback:orders", false, "SafeMode"],
  ]);
  assert.equal(told[0].detail, "orders goes over redis instead of kafka; 40 letters were sent again");
});
