/** A whole node that stands still, and the watchdog beside it: nanoseconds until the firm is killed. */
import { fileURLToPath } from "node:url";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export async function deadMan(): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-dead-" });
  const spawn = (args: readonly string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=node", "main.ts", ...args, "--data-dir", directory],
      cwd: ROOT,
      stdout: "null",
      stderr: "null",
    }).spawn();
  const node = spawn(["start", "--console-port", "off", "--durability", "memory"]);
  try {
    await until(() => sequenceOf(directory) > 0);
    using page = ControlPage.openExisting(directory);
    const watchdog = spawn(["watchdog", "--once"]);
    // Until it watches: it has a process to start.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    node.kill("SIGSTOP");
    const before = performance.now();
    await until(() => page.scope(0) === ScopeState.Killed);
    const nanos = (performance.now() - before) * 1e6;
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
