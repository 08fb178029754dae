/** `doctor`: looks at the machine and says what is missing and how to mend it. */
import type { Command } from "commander";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import type { Check } from "./doctor_checks.ts";

interface DoctorFlags extends DataDirFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task doctor
  $ deno task doctor --data-dir /var/lib/cwts --json

Exit code 1 means that something a node needs is missing. What only tests need is shown as optional.
`;

export function addDoctor(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("doctor").description("check the machine and say how to mend what is missing")
    .option("--data-dir <dir>", "data directory to check")
    .option("--config <file>", "TOML file to check")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DoctorFlags) => {
      const { examine } = await import("./doctor_checks.ts");
      const checks = await examine(chooseDataDir(flags, io), flags.config);
      const ok = checks.every((check) => check.ok || !check.needed);
      if (flags.json) io.out(JSON.stringify({ ok, checks }));
      else for (const line of doctorText(checks, io)) io.out(line);
      finish(ok ? OK : FAILURE);
    });
}

export function doctorText(checks: readonly Check[], io: Pick<CliIo, "color">): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const { name, ok, needed, found, fix } of checks) {
    const mark = ok ? paint(io, "green", "ok  ") : needed ? paint(io, "red", "FAIL") : paint(io, "yellow", "opt ");
    lines.push(`${mark}  ${name.padEnd(width)}  ${found}`);
    if (!ok) lines.push(`      ${" ".repeat(width)}  → ${fix}`);
  }
  return lines;
}
