/** `audit verify`: reads every record of a log and says whether each is as it was written. */
import type { Command } from "commander";
import type { AuditDamage, AuditVerdict } from "../ffi/mod.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { Progress } from "./progress.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit verify
  $ deno task cwts audit verify --data-dir ./cwts-data --run 3 --json

Exit code 1 means damage. A chain of hashes finds every change inside the log; that records were cut off at its end it can
only find against a root written down elsewhere, so keep the root that the run summary prints.
`;

const MEANING: Readonly<Record<Exclude<AuditDamage, "none">, string>> = {
  "torn tail": "the last record is incomplete, as after a loss of power while it was written",
  changed: "the record's bytes are not those that were written",
  missing: "a record is missing before this place",
  reordered: "the records are not in the order in which they were written",
  unreadable: "there is no readable record head here",
  "segment missing": "a whole segment file is missing",
};

interface VerifyFlags extends RunFlags {
  readonly json?: boolean;
}

export function addAuditVerify(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("verify").description("check every record of a log"))
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: VerifyFlags) => {
      const directory = await chooseLog(flags, io);
      const { verifyAuditInBackground } = await import("../ffi/mod.ts");
      const progress = new Progress(io);
      const verdict = await verifyAuditInBackground(
        directory,
        (records) => progress.show(`${records.toLocaleString("en")} records checked`),
      );
      const seconds = progress.seconds;
      progress.end();
      const rate = Math.round(verdict.records / seconds);
      if (flags.json) io.out(JSON.stringify({ log: directory, ...verdict, seconds, recordsPerSecond: rate }));
      else for (const line of verdictText(verdict, directory, rate, io)) io.out(line);
      finish(verdict.ok ? OK : FAILURE);
    });
}

export function verdictText(
  verdict: AuditVerdict,
  directory: string,
  rate: number,
  io: Pick<CliIo, "color">,
): string[] {
  const { records, segments, bytes, root, damage } = verdict;
  const size = `${records.toLocaleString("en")} records, ${segments} segment${segments === 1 ? "" : "s"}, ${
    (bytes / 1_048_576).toFixed(1)
  } MiB`;
  if (damage === "none") {
    return [
      `${paint(io, "green", "intact")}  ${directory}: ${size}`,
      `root ${root}`,
      `${rate.toLocaleString("en")} records/s`,
    ];
  }
  return [
    `${paint(io, "red", "DAMAGED")}  ${directory}: ${damage} at record ${verdict.badIndex}`,
    `${MEANING[damage]} (segment ${verdict.badSegment}, byte ${verdict.badOffset})`,
    `${records.toLocaleString("en")} records before it are intact, up to root ${root}`,
  ];
}
