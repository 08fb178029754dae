/** A node whose terminal is closed: it ends in order, and under `nohup` it goes on. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { ControlPage, readAudit, RecordType } from "../../ffi/mod.ts";
import { ROOT, withDirectory } from "./run.ts";

ensureCore();

const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** Decisions of the gate; 0 before there is a node. */
async function decisions(directory: string): Promise<number> {
  // Whoever opens a page that is not there makes it.
  if (!await exists(`${directory}/control.page`)) return 0;
  using page = ControlPage.open(directory);
  return page.header().heartbeat > 0 ? page.header().gateSequence : 0;
}

const stopped = (directory: string) =>
  [...readAudit(`${directory}/runs/000001`)].some(({ type }) => type === RecordType.NodeStopped);

/** A node on a terminal of its own, which closes when `close` is called. */
function onTerminal(directory: string, before: "" | "nohup") {
  const node = `${before} ${Deno.execPath()} run -q -P=node main.ts start --speed max --seed 7 --console-port off ` +
    `--data-dir ${directory}${before === "" ? "" : ` > ${directory}/said`}`;
  const terminal = new Deno.Command("script", {
    args: ["-qec", `echo $$ > ${directory}/pid; exec ${node}`, "/dev/null"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async close(): Promise<void> {
      terminal.kill("SIGKILL");
      await terminal.status;
    },
    node: () => Number(Deno.readTextFileSync(`${directory}/pid`)),
  };
}

const lives = (pid: number): boolean => {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
};

Deno.test({
  name: "a node whose terminal is closed ends in order",
  ignore: Deno.build.os !== "linux",
  sanitizeResources: false,
  async fn() {
    await withDirectory(async (directory) => {
      const terminal = onTerminal(directory, "");
      await until("the node trades", async () => await decisions(directory) > 50);
      await terminal.close();
      await until("the node ends", () => !lives(terminal.node()));
      assert.ok(stopped(directory));
    });
  },
});

Deno.test({
  name: "a node under nohup goes on when its terminal is closed",
  ignore: Deno.build.os !== "linux",
  sanitizeResources: false,
  async fn() {
    await withDirectory(async (directory) => {
      const terminal = onTerminal(directory, "nohup");
      await until("the node trades", async () => await decisions(directory) > 50);
      await terminal.close();
      const then = await decisions(directory);
      await until("the node goes on", async () => await decisions(directory) > then + 1_000);
      Deno.kill(terminal.node(), "SIGTERM");
      await until("the node ends", () => !lives(terminal.node()));
      assert.ok(stopped(directory));
    });
  },
});
