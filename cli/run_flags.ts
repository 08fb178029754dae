/** Which run's log an audit command means. */
import type { Command } from "commander";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";

export interface RunFlags extends DataDirFlags {
  readonly run?: string;
  readonly log?: string;
}

/** The flags that choose a log. */
export function addRunFlags(command: Command): Command {
  return command
    .option("--data-dir <dir>", "data directory of the node")
    .option("--run <number>", "which run of the directory (default: the latest)")
    .option("--log <dir>", "directory that holds the segments themselves, for a copied log")
    .option("--config <file>", "TOML file that names the data directory");
}

/** Directory of the chosen log. Throws UserError NO_RUN. */
export async function chooseLog(flags: RunFlags, io: CliIo): Promise<string> {
  if (flags.log !== undefined) return flags.log;
  const { runDirectory } = await import("../actors/node/data_dir.ts");
  const run = flags.run === undefined ? undefined : parseWhole(flags.run, "--run", 1);
  return runDirectory(chooseDataDir(flags, io), run);
}
