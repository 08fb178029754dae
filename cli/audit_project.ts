/** `audit project`: keeps the state of a run in a SQLite file, from its log, as often as somebody likes. */
import type { Command } from "commander";
import { dirname, join } from "node:path";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { Progress } from "./progress.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit project                   into <data-dir>/projections/000001.sqlite
  $ deno task cwts audit project --follow          and goes on while the node runs, until the run ends or Ctrl-C
  $ sqlite3 cwts-data/projections/000001.sqlite "SELECT * FROM positions"

The file may be deleted at any time. Tables and columns are described in docs/audit.md.
`;

/** Milliseconds between two looks at a log that grows. */
const LOOK_EVERY = 200;

interface ProjectFlags extends RunFlags {
  readonly db?: string;
  readonly follow?: boolean;
  readonly rebuild?: boolean;
  readonly batch: string;
}

export function addAuditProject(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("project").description("keep orders, positions, profit, alerts and limits in a database"))
    .option("--db <file>", "SQLite file (default: of the run, in the data directory)")
    .option("--follow", "go on while the log grows")
    .option("--rebuild", "forget what is projected and begin anew")
    .option("--batch <records>", "records per transaction", "5000")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ProjectFlags) => {
      const batch = parseWhole(flags.batch, "--batch", 1);
      const log = await chooseLog(flags, io);
      const path = flags.db ?? databaseOf(log);
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const { Projector, SqliteStore } = await import("../actors/node/reading/mod.ts");
      using store = new SqliteStore(path);
      if (flags.rebuild) await store.clear();
      using projector = await Projector.open(log, store);
      const progress = new Progress(io);
      let stopped = false;
      const stop = () => stopped = true;
      if (flags.follow) Deno.addSignalListener("SIGINT", stop);
      try {
        let added = await projector.catchUp({ batch });
        while (flags.follow && !stopped && !projector.ended) {
          progress.show(`${projector.records.toLocaleString("en")} records`);
          await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
          added += await projector.catchUp({ batch });
        }
        progress.end();
        const all = projector.records.toLocaleString("en");
        io.out(`${all} records in ${path}, ${added.toLocaleString("en")} of them new`);
      } finally {
        if (flags.follow) Deno.removeSignalListener("SIGINT", stop);
      }
      finish(OK);
    });
}

/** Beside the runs of the data directory: a log that was copied elsewhere has its database beside it. */
function databaseOf(log: string): string {
  const [, directory, run] = /^(.*)\/runs\/(\d{6})\/?$/.exec(log) ?? [];
  return run === undefined
    ? `${log.replace(/\/+$/, "")}.sqlite`
    : join(directory === "" ? "/" : directory, "projections", `${run}.sqlite`);
}
