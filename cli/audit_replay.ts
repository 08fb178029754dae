/** `audit replay`: the decisions of a log made again over what is on record before each, and compared with it. */
import type { Command } from "commander";
import { CODE_TEXT } from "../ffi/layout.gen.ts";
import type { GateVerdict, JudgedLog } from "../ffi/mod.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit replay                     every decision of the latest run
  $ deno task cwts audit replay --to 1200 --json    those before record 1200

Exit code 1 means that a decision is another now than on record: the log was changed and its hashes with it, or this version
of CWTS decides otherwise than the one that wrote it. audit verify finds changes without the hashes.
`;

interface ReplayFlags extends RunFlags {
  readonly to?: string;
  readonly json?: boolean;
}

export function addAuditReplay(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("replay").description("make the decisions of a log again, and compare"))
    .option("--to <index>", "only what is before this record")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReplayFlags) => {
      const to = flags.to === undefined ? undefined : parseWhole(flags.to, "--to", 0);
      const directory = await chooseLog(flags, io);
      const { judgeDecisions } = await import("../ffi/mod.ts");
      const judged = judgeDecisions({ directory, to });
      if (flags.json) io.out(JSON.stringify({ log: directory, ...judged }));
      else for (const line of await replayText(judged, directory, io)) io.out(line);
      finish(judged.first === null ? OK : FAILURE);
    });
}

async function replayText({ records, decisions, first }: JudgedLog, directory: string, io: CliIo): Promise<string[]> {
  const count = `${decisions.toLocaleString("en")} decision${decisions === 1 ? "" : "s"}`;
  if (first === null) {
    return [
      `${paint(io, "green", "agrees")}  ${directory}: ${count} in ${records.toLocaleString("en")} records made again`,
    ];
  }
  const { gateChecks } = await import("../ffi/mod.ts");
  const checks = gateChecks();
  return [
    `${
      paint(io, "red", "DIFFERS")
    }  ${directory}: the decision of record ${first.recorded.auditIndex}, the first of ${count}`,
    `on record   ${verdictText(first.recorded, checks)}`,
    `made again  ${verdictText(first.again, checks)}`,
  ];
}

function verdictText(
  { code, check, measured, limit, reference, scope }: GateVerdict,
  checks: readonly string[],
): string {
  const [name] = CODE_TEXT[code] ?? [`code ${code}`];
  const by = checks[check] === undefined ? "" : ` by check ${check + 1}, ${checks[check]}`;
  const whose = scope === NO_SCOPE ? "" : `, scope ${scope}`;
  return `${
    code === 0 ? "accepted" : `refused ${name}${by}`
  }: measured ${measured}, limit ${limit}, reference ${reference}${whose}`;
}

const NO_SCOPE = 0xffffffff;
