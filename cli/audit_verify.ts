/** `audit verify`: reads every record of a log and says whether each is as it was written. */
import type { Command } from "commander";
import type { AuditDamage, AuditVerdict } from "../ffi/mod.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { verifyIndependently } from "./audit_second.ts";
import { Progress } from "./progress.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit verify
  $ deno task cwts audit verify --data-dir ./cwts-data --run 3 --json
  $ deno task cwts audit verify --independent       once more, without native code

Exit code 1 means damage. The hashes find every change inside the log; that records were cut off at its end they can only
find against a root written down elsewhere, so keep the root that the run summary prints.
`;

const MEANING: Readonly<Record<Exclude<AuditDamage, "none">, string>> = {
  "torn tail": "the last group of records has no seal, as after a loss of power while it was written",
  changed: "the bytes of the record, or of the seal behind it, are not those that were written",
  missing: "a record or a seal is missing before this place",
  reordered: "records or seals are not in the order in which they were written",
  unreadable: "there is no readable record head here",
  "segment missing": "a whole segment file is missing",
  "other format": "this log was written in another format version; check it with the version of CWTS that wrote it",
};

interface VerifyFlags extends RunFlags {
  readonly json?: boolean;
  readonly independent?: boolean;
}

export function addAuditVerify(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("verify").description("check every record of a log"))
    .option("--json", "print one JSON object")
    .option("--independent", "use the second verifier, which shares no code with the native core")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: VerifyFlags) => {
      const directory = await chooseLog(flags, io);
      if (flags.independent) return finish(await verifyIndependently(directory, flags.json ?? false, io));
      const { verifyAuditInBackground } = await import("../ffi/mod.ts");
      const progress = new Progress(io);
      const verdict = await verifyAuditInBackground(
        directory,
        (bytes) => progress.show(`${(bytes / 1_048_576).toFixed(0)} MiB checked`),
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
  const { records, segments, bytes, root, chain, damage } = verdict;
  const size = `${records.toLocaleString("en")} records, ${segments} segment${segments === 1 ? "" : "s"}, ${
    (bytes / 1_048_576).toFixed(1)
  } MiB`;
  if (damage === "none") {
    return [
      `${paint(io, "green", "intact")}  ${directory}: ${size}`,
      `root ${root}`,
      `chain ${chain}`,
      `${rate.toLocaleString("en")} records/s`,
    ];
  }
  return [
    `${paint(io, "red", "DAMAGED")}  ${directory}: ${damage} at record ${verdict.badIndex}`,
    `${MEANING[damage]} (segment ${verdict.badSegment}, byte ${verdict.badOffset})`,
    `${records.toLocaleString("en")} records before it are intact, up to root ${root}`,
  ];
}
