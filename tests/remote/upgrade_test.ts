/**
 * A rolling upgrade between two versions of a message, on each real broker and under load: nodes are restarted one after the
 * other, and no letter is lost. Readers first, as it should be: nothing is put aside. Writers first: what came too early waits.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import { fileURLToPath } from "node:url";
import { defineMessage, heldLetters, replayLetter } from "../../runtime/remote/mod.ts";
import { catalogueOf } from "../../tools/schemas/canonical.ts";
import { breaks } from "../../tools/schemas/compatibility.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { openBroker } from "../transport/adapters.ts";
import { until } from "../transport/letters.ts";
import { said1, said2, type UpgradeArgs } from "./upgrade_node.ts";

const SERVERS = { redis: startRedis, nats: startNats, kafka: startKafka } as const;
const SCRIPT = fileURLToPath(new URL("upgrade_node.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const PATIENCE_MS = 60_000;
/** Letters between two restarts. */
const SOME = 200;

function start(args: UpgradeArgs) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", CONFIG, SCRIPT, JSON.stringify(args)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.output();
  return {
    kill: () => child.kill("SIGKILL"),
    async end(): Promise<Record<string, number>> {
      child.kill("SIGTERM");
      const { success, stdout } = await output;
      assert.ok(success, "it ends in order");
      return JSON.parse(new TextDecoder().decode(stdout));
    },
  };
}

interface Handled {
  readonly n: number;
  readonly release: number;
  readonly note: string;
}

async function handled(directory: string): Promise<readonly Handled[]> {
  const text = await Deno.readTextFile(`${directory}/handled`).catch(() => "");
  return text.trim().split("\n").filter((line) => line !== "").map((line) => {
    const [n, release, note] = line.split(" ");
    return { n: Number(n), release: Number(release), note };
  });
}

/** Each number once, and those of one key in order. */
function assertWhole(all: readonly Handled[], sent: number, keys = 8): void {
  assert.deepEqual(all.map(({ n }) => n).sort((a, b) => a - b), Array.from({ length: sent }, (_, i) => i + 1));
  const last = new Map<number, number>();
  for (const { n } of all) {
    assert.ok(n > (last.get(n % keys) ?? 0), `${n} came after ${last.get(n % keys)}`);
    last.set(n % keys, n);
  }
}

for (const kind of ["redis", "nats", "kafka"] as const) {
  const absent = missing(kind);
  Deno.test({
    name: `nodes are upgraded one after the other over ${kind}, and no letter is lost or put aside${need(absent)}`,
    ignore: absent.length > 0,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using server = await SERVERS[kind]();
      const { port, directory } = server;
      const node = (role: "writer" | "reader", release: 1 | 2) => start({ role, release, kind, port, directory });
      const more = async (count: number, what: string) => {
        const before = (await handled(directory)).length;
        await until(async () => (await handled(directory)).length >= before + count, what, PATIENCE_MS);
      };
      const running = [node("writer", 1), node("reader", 1)];
      try {
        let [writer, reader] = running;
        await more(SOME, "the older ones understand each other");
        const older = await reader.end();
        running.push(reader = node("reader", 2));
        await more(SOME, "the newer reader understands the older writer");
        await writer.end();
        running.push(writer = node("writer", 2));
        await more(SOME, "the newer ones understand each other");
        const { sent } = await writer.end();
        await until(async () => (await handled(directory)).length >= sent, "all has come", PATIENCE_MS);
        const newer = await reader.end();
        const all = await handled(directory);
        assertWhole(all, sent);
        for (const { quarantined, deadLettered, lost } of [older, newer]) {
          assert.deepEqual([quarantined, deadLettered, lost], [0, 0, 0]);
        }
        // Of each kind there were some: written and read by the older, by both, by the newer.
        const kinds = new Set(all.map(({ release, note }) => `${release} ${note}`));
        assert.deepEqual([...kinds].sort(), ["1 none", "2 upcast", "2 written"]);
      } finally {
        for (const one of running) {
          try {
            one.kill();
          } catch { /* It has ended. */ }
        }
      }
    },
  });
}

const absent = missing("redis");
Deno.test({
  name: `a writer that is upgraded before its reader loses nothing: what came too early waits for it${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedis();
    const { port, directory } = server;
    const node = (role: "writer" | "reader", release: 1 | 2) =>
      start({ role, release, kind: "redis", port, directory });
    const broker = await openBroker("redis", { node: "operator", port });
    try {
      const older = node("reader", 1);
      const writer = node("writer", 2);
      await until(async () => (await heldLetters(broker)).length >= 20, "some wait", PATIENCE_MS);
      const { sent } = await writer.end();
      await until(async () => (await heldLetters(broker)).length === sent, "all wait", PATIENCE_MS);
      assert.equal((await older.end()).quarantined, sent);
      const held = await heldLetters(broker);
      assert.ok(held.every(({ held: { code } }) => code === "VERSION_NEWER"));
      const newer = node("reader", 2);
      for (const { held: { id } } of held) await replayLetter(broker, id, { node: "operator", epoch: 1 });
      await until(async () => (await handled(directory)).length >= sent, "all has come", PATIENCE_MS);
      await newer.end();
      assert.deepEqual(
        (await handled(directory)).map(({ n }) => n).sort((a, b) => a - b),
        Array.from({ length: sent }, (_, i) => i + 1),
      );
    } finally {
      await broker.close();
    }
  },
});

Deno.test("the gate lets this upgrade through, and refuses one that would lose letters", () => {
  assert.deepEqual(breaks(catalogueOf([said1]), catalogueOf([said2])), []);
  const breaking = { ...defineMessage({ id: "said", version: 1, schema: z.strictObject({ m: z.int() }) }), version: 2 };
  assert.deepEqual(breaks(catalogueOf([said1]), catalogueOf([breaking])).length, 2);
});
