/** What a node costs that has nothing to do: its own processor and memory, and what goes between it and the server. */
import { fileURLToPath } from "node:url";
import { startBehindProxy } from "../../tests/services/behind_proxy.ts";
import type { ServerKind } from "../../tests/transport/adapters.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const NODE = fileURLToPath(new URL("idle_node.ts", import.meta.url));
/** Until what belongs to the start is over. */
const SETTLES_MS = 3_000;

export interface IdleCost {
  readonly cpuMsPerSecond: number;
  readonly rssMiB: number;
  /** To the server and back. */
  readonly upBytesPerSecond: number;
  readonly downBytesPerSecond: number;
}

/** Over `forMs`. */
export async function idleCost(kind: ServerKind, forMs: number): Promise<IdleCost> {
  await using behind = await startBehindProxy(kind);
  const { proxy } = behind;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", CONFIG, NODE, kind, String(proxy.port)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.read();
    if (done) throw new Error("the idle node has ended");
    return value;
  };
  const writer = child.stdin.getWriter();
  const look = async () => {
    await writer.write(new TextEncoder().encode("\n"));
    const { cpuMs, rss } = JSON.parse(await line()) as { cpuMs: number; rss: number };
    return { cpuMs, rss, ...proxy.passed, at: performance.now() };
  };
  try {
    await line();
    await new Promise((resolve) => setTimeout(resolve, SETTLES_MS));
    const before = await look();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const after = await look();
    const seconds = (after.at - before.at) / 1000;
    return {
      cpuMsPerSecond: (after.cpuMs - before.cpuMs) / seconds,
      rssMiB: after.rss / 2 ** 20,
      upBytesPerSecond: (after.up - before.up) / seconds,
      downBytesPerSecond: (after.down - before.down) / seconds,
    };
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await lines.cancel();
    await writer.abort().catch(() => {});
  }
}
