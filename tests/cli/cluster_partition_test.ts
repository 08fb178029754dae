/** A node in a network namespace whose cable is pulled: packets are lost, and nobody is told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { Namespace, namespaceMissing } from "../services/namespace.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { until } from "../transport/letters.ts";
import { makeSecret, type Running, startNode } from "./cluster_nodes.ts";
import { cwts, ROOT, withDirectory } from "./run.ts";

const noNamespace = await namespaceMissing();
const absent = [...missing("redis"), ...(noNamespace === null ? [] : ["rights to make a network namespace"])];
const SILENCE_MS = 3_000;
const FIRM = 0;

Deno.test({
  name: `a node whose cable is pulled stops itself, and obeys a kill it missed when it is back${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withDirectory(async (root) => {
      await using namespace = await Namespace.make();
      await using redis = await startRedis({ host: namespace.host });
      const secret = await makeSecret(join(root, "cluster.key"));
      const running: Running[] = [];
      const brokers = (host: string) => [`redis://${host}:${redis.port}`];
      try {
        const plan = { secret, silenceMs: SILENCE_MS };
        running.push(
          await startNode({ ...plan, directory: join(root, "a"), name: "a", brokers: brokers("127.0.0.1") }),
        );
        running.push(
          await startNode({
            ...{ ...plan, directory: join(root, "b"), name: "b", brokers: brokers(namespace.host) },
            command(args) {
              const [command, all] = namespace.inside(Deno.execPath(), "run", "-q", "-A", "main.ts", ...args);
              return new Deno.Command(command, {
                ...{ args: [...all], cwd: ROOT, env: { NO_COLOR: "1" } },
                ...{ stdin: "null", stdout: "piped", stderr: "piped" },
              });
            },
          }),
        );
        const [a, b] = running;
        await until(
          () => a.said().includes("b is heard") && b.said().includes("a is heard"),
          "they hear each other",
          60_000,
        );
        await namespace.pull();
        const cut = performance.now();
        const { stdout } = await cwts([
          ...["kill", "--data-dir", a.directory, "--cluster-secret", secret, "--json", "--nodes", "a,b"],
          ...["--broker", brokers("127.0.0.1")[0], "--reason", "drill"],
        ]).output();
        const { cluster } = JSON.parse(new TextDecoder().decode(stdout));
        assert.deepEqual(cluster.silent, ["b"]);
        assert.equal(a.page.scope(FIRM), ScopeState.Killed);
        await until(() => b.page.scope(FIRM) === ScopeState.CancelOnly, "it stops itself", 60_000);
        const took = performance.now() - cut;
        assert.ok(took >= SILENCE_MS - 500, `it stopped itself after ${took} ms, and is to wait for ${SILENCE_MS}`);
        assert.match(b.page.header().reason, /dead-man/);
        await namespace.plug();
        await until(() => b.page.scope(FIRM) === ScopeState.Killed, "it obeys what it missed", 90_000);
      } finally {
        await namespace.plug();
        await Promise.all(running.map((one) => one.stop()));
      }
    }),
});
