/** `audit export`: the records of a log for other tools, in memory that does not grow with the log. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { suggestion } from "../config/nearest.ts";
import type { ExactRecord } from "../ffi/mod.ts";
import type { RunNames, Wanted } from "../actors/node/reading/mod.ts";
import { parseTypes } from "./audit_show.ts";
import { exportFile } from "./export_file.ts";
import type { ExportFile } from "./export_part.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { nameDamage } from "./good_part.ts";
import { parsePlace } from "./place.ts";
import { Progress } from "./progress.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const FORMATS = ["jsonl", "csv", "parquet"] as const;
type Format = typeof FORMATS[number];

const EXAMPLES = `
Examples:
  $ deno task cwts audit export --format jsonl > log.jsonl
  $ deno task cwts audit export --format csv --type Decision,Execution --organism anglerfish-1 --out orders.csv
  $ deno task cwts audit export --format parquet --from 2024-01-02T14:30:00Z --to 2024-01-02T15:00:00Z --out log.parquet

The columns are described in docs/audit.md. An export proves nothing: audit prove does.
`;

interface ExportFlags extends RunFlags {
  readonly format: string;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: string;
  readonly organism?: string;
  readonly names?: boolean;
}

export function addAuditExport(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("export").description("write records as JSON Lines, CSV or Parquet"))
    .requiredOption("--format <format>", FORMATS.join(", "))
    .option("--out <file>", "write to this new file (default: the standard output)")
    .option("--from <place>", "from this record on, by its index or a moment")
    .option("--to <place>", "up to this record, by its index or a moment; it is not among them")
    .option("--type <names>", "only these kinds of record")
    .option("--organism <name>", "only orders of this organism and what was reported about them")
    .option(
      "--names",
      "people by their names, where the keys are there; what is written so cannot be forgotten any more",
    )
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ExportFlags) => {
      const format = parseFormat(flags.format);
      if (format === "parquet" && flags.out === undefined) {
        throw new UserError("USAGE", "a Parquet file is not for a terminal: name it with --out");
      }
      const directory = await chooseLog(flags, io);
      const { readNames, wantedRecords } = await import("../actors/node/reading/mod.ts");
      const names = readNames(directory);
      const wanted = parseWanted(flags, names);
      const { withNames } = await import("../actors/node/names.ts");
      const people = flags.names ? withNames(directory) : (record: ExactRecord) => record;
      if (wanted.to !== undefined && "index" in wanted.to) await nameDamage(directory, wanted.to.index, io);
      const progress = new Progress(io);
      let written = 0;
      using file: ExportFile = await exportFile(format, flags.out, names, io);
      for (const record of wantedRecords(directory, wanted)) {
        file.add(people(record));
        if (++written % 10_000 === 0) progress.show(`${written.toLocaleString("en")} records`);
      }
      file.done();
      progress.end();
      if (flags.out !== undefined) io.err(`${written.toLocaleString("en")} records in ${flags.out}`);
      finish(OK);
    });
}

function parseFormat(text: string): Format {
  const format = FORMATS.find((one) => one === text);
  if (format === undefined) throw new UserError("USAGE", `--format ${text} is none: ${suggestion(text, FORMATS)}`);
  return format;
}

function parseWanted({ from, to, type, organism }: ExportFlags, names: RunNames): Wanted {
  const strategy = organism === undefined ? undefined : names.strategy(organism);
  if (organism !== undefined && strategy === undefined) {
    throw new UserError("USAGE", `no organism ${organism} is on this log: ${suggestion(organism, names.organisms)}`);
  }
  return {
    from: from === undefined ? undefined : parsePlace(from, "--from"),
    to: to === undefined ? undefined : parsePlace(to, "--to"),
    types: type === undefined ? undefined : parseTypes(type),
    strategy,
  };
}
