/** `watchdog`: the dead-man's switch. A process of its own that stops the firm when the node gives no sign of life. */
import type { Command } from "commander";
import { chooseDataDir, type DataDirFlags, isHeld, requireNodeDirectory } from "./data_dir.ts";
import { DeadMan } from "./dead_man.ts";
import { parseDuration } from "./duration.ts";
import { OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { callOthers, type ClusterFlags, clusterText, othersOf } from "./kill_cluster.ts";

interface WatchdogFlags extends DataDirFlags, ClusterFlags {
  readonly limit: string;
  readonly once?: boolean;
}

/** Between two looks: together with the limit of 2 s, and what a machine may take away, under the 3 s that are promised. */
const LOOK_MS = 50;

const EXAMPLES = `
Examples:
  $ deno task cwts watchdog                      beside a node, for as long as it runs
  $ deno task cwts watchdog --limit 1s --data-dir ./cwts-data

It reads the sign of life on the control page, so it works when the node's event loop hangs. It kills the firm in the
page; a node that goes on then finds its gate shut. It cannot cancel at a venue what a hanging node has resting there.
With --broker, or brokers that are configured, it tells every other node, which a node that hangs cannot.
`;

export function addWatchdog(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("watchdog").description("stop the firm when the node gives no sign of life")
    .option("--limit <time>", "silence that counts as death", "2s")
    .option("--once", "end after the first kill")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory and the cluster")
    .option("--broker <urls>", "tell every other node by these brokers, with commas between", split)
    .option("--cluster <name>", 'which cluster on these brokers (default: as configured, or "main")')
    .option("--cluster-secret <file>", "the secret that the nodes share, if they do")
    .option("--nodes <names>", "nodes that must answer, with commas between")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: WatchdogFlags) => {
      const directory = chooseDataDir(flags, io);
      const others = othersOf(flags, io);
      const limitMs = parseDuration(flags.limit, "--limit") * 1_000;
      requireNodeDirectory(directory);
      const { ControlPage } = await import("../ffi/mod.ts");
      const { FIRM_SCOPE, ScopeState } = await import("../ffi/layout.gen.ts");
      using page = ControlPage.openExisting(directory);
      const deadMan = new DeadMan(limitMs);
      io.out(`watching ${directory}: the firm is killed after ${limitMs} ms without a sign of life`);
      for (;;) {
        const why = deadMan.look(page.header(), isHeld(directory), performance.now());
        if (why !== null) {
          const wall = Math.round((performance.timeOrigin + performance.now()) * 1_000) * 1_000;
          const { gateSequence } = page.tighten(FIRM_SCOPE, ScopeState.Killed, `dead-man: ${why}`, "watchdog", wall);
          io.out(
            `${paint(io, "red", "KILLED")} firm: ${why}; no order is accepted after decision ${gateSequence}`,
          );
          if (others !== null) await tell(others, `dead-man: ${why}`, io);
          if (flags.once) break;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      finish(OK);
    });
}

const split = (urls: string): readonly string[] => urls.split(",").map((url) => url.trim()).filter((url) => url !== "");

/** The page is shut by then: whatever goes wrong is said, and the watch goes on. */
async function tell(others: NonNullable<ReturnType<typeof othersOf>>, reason: string, io: CliIo): Promise<void> {
  try {
    const call = { scope: "firm", state: 3, reason, author: "watchdog" } as const;
    for (const line of clusterText(await callOthers(others, call), io)) io.out(line);
  } catch (error) {
    io.err(`the other nodes could not be told: ${(error as Error).message}`);
  }
}
