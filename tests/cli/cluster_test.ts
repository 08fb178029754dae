/**
 * Two nodes on real Redis and NATS servers, one of them behind a network that fails: a kill shuts the other node's gate by
 * whichever broker is left, and where none is left the node shuts it by itself.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { startBehindProxy } from "../services/behind_proxy.ts";
import { missing, need } from "../services/needs.ts";
import { until } from "../transport/letters.ts";
import { makeSecret, type Running, startNode } from "./cluster_nodes.ts";
import { cwts, withDirectory } from "./run.ts";

const absent = [...missing("redis"), ...missing("nats")];
const SILENCE_MS = 3_000;
const FIRM = 0;

Deno.test({
  name: `a kill reaches another node by whichever broker is left, and a node that is cut off stops itself${
    need(absent)
  }`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withDirectory(async (root) => {
      await using redis = await startBehindProxy("redis");
      await using nats = await startBehindProxy("nats");
      const secret = await makeSecret(join(root, "cluster.key"));
      const urls = (ports: { readonly redis: number; readonly nats: number }) => [
        `redis://127.0.0.1:${ports.redis}`,
        `nats://127.0.0.1:${ports.nats}`,
      ];
      const direct = urls({ redis: redis.service.port, nats: nats.service.port });
      const behind = urls({ redis: redis.proxy.port, nats: nats.proxy.port });
      const running: Running[] = [];
      try {
        const plan = { secret, silenceMs: SILENCE_MS };
        running.push(await startNode({ ...plan, directory: join(root, "a"), name: "a", brokers: direct }));
        running.push(await startNode({ ...plan, directory: join(root, "b"), name: "b", brokers: behind }));
        const [a, b] = running;
        await until(
          () => a.said().includes("b is heard") && b.said().includes("a is heard"),
          "they hear each other",
          60_000,
        );
        const kill = async (...args: readonly string[]) => {
          const { code, stdout, stderr } = await cwts([
            ...["kill", "--data-dir", a.directory, "--cluster-secret", secret, "--json", "--reason", "drill"],
            ...direct.flatMap((url) => ["--broker", url]),
            ...args,
          ]).output();
          const words = new TextDecoder();
          assert.notEqual(stdout.length, 0, words.decode(stderr));
          return { code, ...JSON.parse(words.decode(stdout)) };
        };
        // One broker is a black hole for the other node.
        redis.proxy.partition();
        const first = await kill("--to", "reduce-only", "--nodes", "a,b");
        assert.deepEqual(first.cluster.acknowledged.map(({ node }: { node: string }) => node).sort(), ["a", "b"]);
        assert.equal(first.code, 0, JSON.stringify(first));
        assert.equal(b.page.scope(FIRM), ScopeState.ReduceOnly);
        assert.match(b.page.header().actor, /^cluster:cli-\d+:cli:/);
        // It has one way left, and goes on.
        await new Promise((resolve) => setTimeout(resolve, SILENCE_MS + 1_000));
        assert.equal(b.page.scope(FIRM), ScopeState.ReduceOnly);
        // Now it has none.
        nats.proxy.partition();
        const cut = performance.now();
        const second = await kill("--nodes", "a,b");
        assert.deepEqual(second.cluster.silent, ["b"]);
        assert.notEqual(second.code, 0);
        assert.equal(a.page.scope(FIRM), ScopeState.Killed);
        await until(() => b.page.scope(FIRM) >= ScopeState.CancelOnly, "it stops itself", 60_000);
        const took = performance.now() - cut;
        assert.ok(took >= SILENCE_MS - 500, `it stopped itself after ${took} ms, and is to wait for ${SILENCE_MS}`);
        assert.match(b.page.header().reason, /dead-man/);
        // And obeys what it missed as soon as it hears again.
        redis.proxy.heal();
        nats.proxy.heal();
        await until(() => b.page.scope(FIRM) === ScopeState.Killed, "it obeys what it missed", 60_000);
        assert.match(b.said(), /heard nothing on any broker/);
      } finally {
        await Promise.all(running.map((one) => one.stop()));
      }
    }),
});
