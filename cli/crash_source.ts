/** Which run's crashes a command means. */
import { join } from "node:path";
import type { CrashPlaces } from "../actors/node/mod.ts";
import { chooseDataDir } from "./data_dir.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import type { RunFlags } from "./run_flags.ts";

export interface CrashSource extends CrashPlaces {
  /** As people say it: "run 3 of ./cwts-data". */
  readonly name: string;
}

/** Throws UserError NO_RUN. */
export async function chooseCrashes(flags: RunFlags, io: CliIo): Promise<CrashSource> {
  if (flags.log !== undefined) return { log: flags.log, file: null, name: flags.log };
  const { crashFile } = await import("../actors/node/crash_file.ts");
  const { listRuns, runDirectory } = await import("../actors/node/data_dir.ts");
  const dataDir = chooseDataDir(flags, io);
  const wanted = flags.run === undefined ? undefined : parseWhole(flags.run, "--run", 1);
  const log = runDirectory(dataDir, wanted);
  const run = wanted ?? listRuns(dataDir).at(-1)!;
  return { log, file: crashFile(dataDir, run), name: `run ${run} of ${join(dataDir)}` };
}
