/** Two real processes on each real server: one is killed with SIGKILL, and the other hears of it and goes on when it is back. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ActorSystem, type AskResult, MICROS_PER_MS, type Signal } from "../../runtime/mod.ts";
import { RemoteNode } from "../../runtime/remote/mod.ts";
import { assertAccounted } from "../../runtime/testkit/mod.ts";
import { missing, need } from "../services/needs.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { startRedis } from "../services/redis.ts";
import { skewed, skewMissing } from "../services/skew.ts";
import { openBroker } from "../transport/adapters.ts";
import { until } from "../transport/letters.ts";
import { type FarArgs, UNHURRIED } from "./far_node.ts";
import { type CounterMessage, counterMessages, puppet } from "./nodes.ts";

const ROOT = new URL("../../", import.meta.url);
const SERVERS = { redis: startRedis, nats: startNats, kafka: startKafka } as const;

function spawn(args: FarArgs, env: Record<string, string> = {}) {
  const script = fileURLToPath(new URL("far_node.ts", import.meta.url));
  const config = fileURLToPath(new URL("deno.json", ROOT));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", config, script, JSON.stringify(args)],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said: Record<string, number>[] = [];
  const reading = (async () => {
    let text = "";
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n");
      text = lines.pop()!;
      said.push(...lines.map((line) => JSON.parse(line)));
    }
  })();
  return {
    said,
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await reading;
    },
  };
}

async function lives(kind: keyof typeof SERVERS): Promise<void> {
  await using server = await SERVERS[kind]();
  const { port } = server;
  const broker = await openBroker(kind, { node: "near", port });
  const system = new ActorSystem({ seed: 1, start: 5_000_000, speed: 1 });
  const running = system.run();
  const remote = await RemoteNode.open({ system, broker, node: "near", ...UNHURRIED });
  await remote.start();
  const far = remote.find("sum", counterMessages);
  const asks = (ms: number): Promise<AskResult<number>> =>
    system.ask<CounterMessage, number>(far, (replyTo) => ({ kind: "Sum", replyTo }), ms * MICROS_PER_MS);
  const adds = (n: number) => system.inject(() => void far.tell({ kind: "Add", n }));
  const downs = (signals: readonly unknown[]) => (signals as Signal[]).filter(({ kind }) => kind === "down");
  let other = spawn({ kind, port, node: "far" });
  try {
    await until(() => remote.alive.includes("far"), "the other process is there", 60_000);
    const watcher = puppet(system);
    await watcher.does((context) => context.monitor(far));
    for (let n = 1; n <= 20; n++) adds(n);
    assert.deepEqual(await asks(30_000), { ok: true, value: 210 });
    await until(() => remote.counters.unconfirmed === 0, "it watches", 30_000);

    await other.kill();
    assert.deepEqual(await asks(200), { ok: false, failure: "timeout" });
    // What is asked before its silence is long enough learns of it, and does not wait for its deadline.
    const begun = performance.now();
    assert.deepEqual(await asks(60_000), { ok: false, failure: "unreachable" });
    assert.ok(performance.now() - begun < 50_000);
    await until(() => downs(watcher.signals).length === 1, "the monitor is told");
    const [down] = downs(watcher.signals);
    assert.deepEqual(down.kind === "down" && down.reason, { kind: "node-lost", node: "far" });
    assert.deepEqual(await asks(60_000), { ok: false, failure: "unreachable" });
    adds(100);

    other = spawn({ kind, port, node: "far" });
    await until(() => remote.alive.includes("far"), "it is back", 60_000);
    await until(() => other.said.some(({ told }) => told === 100), "what was told meanwhile has come", 60_000);
    const answer = await asks(30_000);
    // Its last letters before the kill may not have been committed, and come again in their order; the count is its own.
    assert.ok(answer.ok && answer.value >= 100, JSON.stringify(answer));
    const numbers = other.said.flatMap(({ told }) => told === undefined ? [] : [told]);
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
    assert.equal(downs(watcher.signals).length, 1, "and nobody is told twice");

    // The server itself dies and comes back: nothing is lost.
    await server.kill();
    adds(1_000);
    assert.deepEqual(await asks(200), { ok: false, failure: "unreachable" });
    await server.resume();
    await until(() => other.said.some(({ told }) => told === 1_000), "what was told meanwhile has come", 60_000);
    assert.equal(remote.counters.unexplained, 0, JSON.stringify(remote.counters));
    assert.equal(downs(watcher.signals).length, 1);
  } finally {
    await other.kill();
    await remote.close();
    await system.stop();
    system.halt();
    await running;
    await broker.close();
    assertAccounted(system);
  }
}

for (const kind of ["redis", "nats", "kafka"] as const) {
  const absent = missing(kind);
  Deno.test({
    name: `a process that is killed is missed by the others and comes back to them, over ${kind}${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => lives(kind),
  });
}

const unskewed = [...missing("redis"), ...skewMissing];
Deno.test({
  name: `a question reaches a node whose clock is minutes off before its deadline, and ends at it${need(unskewed)}`,
  ignore: unskewed.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedis();
    const { port } = server;
    const broker = await openBroker("redis", { node: "near", port });
    const system = new ActorSystem({ seed: 1, start: 5_000_000, speed: 1 });
    const running = system.run();
    const remote = await RemoteNode.open({ system, broker, node: "near", ...UNHURRIED });
    await remote.start();
    const far = remote.find("sum", counterMessages);
    try {
      for (const minutes of [-9, 9]) {
        const other = spawn({ kind: "redis", port, node: "far" }, skewed(minutes * 60));
        try {
          await until(() => remote.alive.includes("far"), "the other process is there", 60_000);
          const asks = (): Promise<AskResult<number>> =>
            system.ask<CounterMessage, number>(far, (replyTo) => ({ kind: "Sum", replyTo }), 20_000 * MICROS_PER_MS);
          assert.deepEqual(await asks(), { ok: true, value: 0 });
        } finally {
          await other.kill();
        }
        // Nobody is there to answer: by the asker's clock, whatever the other's said.
        const begun = performance.now();
        const ask = system.ask<CounterMessage, number>(
          far,
          (replyTo) => ({ kind: "Sum", replyTo }),
          1_000 * MICROS_PER_MS,
        );
        assert.equal((await ask).ok, false);
        assert.ok(performance.now() - begun >= 900);
        await until(() => !remote.alive.includes("far"), "it is missed", 60_000);
      }
    } finally {
      await remote.close();
      await system.stop();
      system.halt();
      await running;
      await broker.close();
      assertAccounted(system);
    }
  },
});
