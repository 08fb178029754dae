/** `audit repair`: a person cuts an unfinished group that no rule may cut off the end of a log. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { actingAs, type AsFlags, hostName, withDesk } from "./host_access.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface RepairFlags extends DataDirFlags, AsFlags {
  readonly run?: string;
  readonly cut: string;
  readonly reason: string;
}

const EXAMPLES = `
Examples:
  $ deno task cwts audit verify --run 7                                  says where the good part ends
  $ deno task cwts audit repair --run 7 --cut 1200 --reason "power lost at 14:02, last group torn" --as dan

At most the one group behind the last good seal goes, and never what a signed checkpoint covers. Its bytes are kept beside the
log, and the cut goes on record in the log of the next run, or of the one that runs.
`;

export function addAuditRepair(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("repair").description("cut an unfinished group off a log that a loss of power damaged")
    .requiredOption("--cut <index>", "records that stay")
    .requiredOption("--reason <text>", "what happened: it goes on record")
    .option("--run <number>", "which run of the directory (default: the latest)")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--as <person>", "who you are, where people are enrolled: it takes the action certify")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RepairFlags) => {
      const index = parseWhole(flags.cut, "--cut", 1);
      const { reason } = flags;
      if (reason.trim() === "") throw new UserError("USAGE", "--reason must say what happened");
      const path = chooseDataDir(flags, io);
      const { listRuns, runDirectory } = await import("../actors/node/data_dir.ts");
      const run = flags.run === undefined ? listRuns(path).at(-1) : parseWhole(flags.run, "--run", 1);
      const directory = runDirectory(path, run);
      const who = await withDesk(
        path,
        io,
        async (desk) => desk.governed ? (await actingAs(desk, flags, io, "certify")).id : hostName(),
      );
      const { cutLog } = await import("../actors/node/repair.ts");
      const { RetentionBook } = await import("../actors/node/retention/mod.ts");
      const cut = cutLog(directory, index);
      const { kept, bytes, root } = cut;
      new RetentionBook(path).change({ action: "log-cut", run, index, bytes, kept, root, reason, who }, () => {});
      io.out(`run ${run}: ${bytes} bytes behind record ${index - 1} were cut off and are kept in ${kept}`);
      finish(OK);
    });
}
