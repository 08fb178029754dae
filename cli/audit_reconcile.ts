/** `audit reconcile`: what a start found when it held the log of a run against its venue. */
import type { Command } from "commander";
import { join } from "node:path";
import { UserError } from "../config/errors.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface ReconcileFlags extends DataDirFlags {
  readonly run?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts audit reconcile              of the latest run that was held against its venue
  $ deno task cwts audit reconcile --run 7 --json

Exit code 1 when log and venue did not agree.
`;

export function addAuditReconcile(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("reconcile").description("show how the log of a run and its venue differed")
    .option("--run <number>", "whose log (default: the latest that has a report)")
    .option("--json", "print the whole report")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReconcileFlags) => {
      const path = chooseDataDir(flags, io);
      const { listRuns, runDirectory } = await import("../actors/node/data_dir.ts");
      const { RECONCILIATION_FILE, reconciliationLines } = await import("../actors/node/paper/reconcile.ts");
      const named = flags.run === undefined ? null : parseWhole(flags.run, "--run", 1);
      const runs = named === null ? [...listRuns(path)].reverse() : [named];
      for (const run of runs) {
        const file = join(runDirectory(path, run), RECONCILIATION_FILE);
        const text = await Deno.readTextFile(file).catch((error) => {
          if (error instanceof Deno.errors.NotFound) return null;
          throw error;
        });
        if (text === null) continue;
        const report = JSON.parse(text);
        if (flags.json) io.out(JSON.stringify(report));
        else for (const line of reconciliationLines(report, path)) io.out(line);
        return finish(report.agreed ? OK : FAILURE);
      }
      throw new UserError(
        "NO_RECONCILIATION",
        `${
          named === null ? `no run of ${path}` : `run ${named}`
        } was held against a venue: start a node with --feed paper`,
      );
    });
}
