/** A whole node that stands still, and the watchdog beside it: nanoseconds until the firm is killed. */
import { fileURLToPath } from "node:url";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";

/** A few looks of the watchdog. */
const SETTLE_MS = 500;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export async function deadMan(): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-dead-" });
  const spawn = (args: readonly string[], stdout: "null" | "piped" = "null") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=node", "main.ts", ...args, "--data-dir", directory],
      cwd: ROOT,
      stdout,
      stderr: "null",
    }).spawn();
  const node = spawn(["start", "--console-port", "off", "--durability", "memory"]);
  try {
    await until(() => sequenceOf(directory) > 0);
    using page = ControlPage.openExisting(directory);
    const watchdog = spawn(["watchdog", "--once"], "piped");
    // Its process is what takes time to start; from its first line on it looks, and a sign of life is young.
    const lines = watchdog.stdout.getReader();
    await lines.read();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    node.kill("SIGSTOP");
    const before = performance.now();
    await until(() => page.scope(0) === ScopeState.Killed);
    const nanos = (performance.now() - before) * 1e6;
    await lines.cancel();
    await watchdog.status;
    return nanos;
  } finally {
    node.kill("SIGCONT");
    node.kill("SIGTERM");
    await node.status;
    await Deno.remove(directory, { recursive: true });
  }
}

function sequenceOf(directory: string): number {
  try {
    using page = ControlPage.openExisting(directory);
    return page.header().gateSequence;
  } catch {
    return 0;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !condition();) {
    if (performance.now() > end) throw new Error("nothing happened for 30 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
