/**
 * A node that does nothing, as a process: a broker, a subscription, a lease. Says once a line comes in what it has cost until then:
 * CPU time in milliseconds, and resident bytes.
 */
import process from "node:process";
import { DEFAULT_LEASE_MS } from "../../runtime/transport/mod.ts";
import { openBroker, type ServerKind } from "../../tests/transport/adapters.ts";

const [kind, port] = Deno.args;
const broker = await openBroker(kind as ServerKind, { node: "idle", port: Number(port) });
await broker.lease("idle", { ttlMs: DEFAULT_LEASE_MS });
const subscription = await broker.subscribe("idle", "idle");
void (async () => {
  for (;;) await subscription.commit(await subscription.take(500, 1_000));
})();
while (subscription.partitions.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
console.log("ready");
for await (const _ of Deno.stdin.readable) {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, rss: Deno.memoryUsage().rss }));
}
