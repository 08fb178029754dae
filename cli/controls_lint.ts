/** `controls lint`: which limits mean nothing, by what a running node uses, or by what the configuration says alone. */
import type { Command } from "commander";
import { lintLimits } from "../actors/controls/lint.ts";
import { listLimits } from "../actors/controls/names.ts";
import type { LimitRow, LimitsView } from "../actors/protocol/mod.ts";
import { loadConfig, UserError } from "../config/mod.ts";
import { type ConsoleFlags, withConsoleClient } from "./console_client.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, columns, paint } from "./io.ts";

interface LintFlags extends ConsoleFlags {
  readonly factor: string;
  readonly volumePercent: string;
  readonly static?: boolean;
  readonly from?: string;
  readonly json?: boolean;
}

export function addControlsLint(controls: Command, io: CliIo, finish: (exit: number) => void): void {
  controls.command("lint").description("find limits that mean nothing; exit code 1 when there are any")
    .option("--factor <times>", "a limit may be so many times the most that was used", "20")
    .option("--volume-percent <percent>", "a position may be this share of what the market traded", "10")
    .option("--static", "without a node: only what the limits of the configuration say about each other")
    .option("--from <file>", "limits and usage as `controls limits --json` printed them")
    .option("--as <person>", "who you are; asks for the password")
    .option("--console <url>", "console of the node (default: as configured)")
    .option("--config <file>", "TOML file that names the console")
    .option("--json", "print JSON Lines")
    .action(async (flags: LintFlags) => {
      const rule = {
        factor: positive(flags.factor, "--factor"),
        volumeShare: positive(flags.volumePercent, "--volume-percent") / 100,
      };
      const rows = await rowsOf(flags, io);
      const findings = lintLimits(rows, rule);
      if (flags.json) { for (const finding of findings) io.out(JSON.stringify(finding)); }
      else {
        for (const line of columns(findings.map(({ code, limit, detail }) => [code, limit, detail]))) io.out(line);
        const verdict = findings.length === 0
          ? paint(io, "green", "fine")
          : paint(io, "red", `${findings.length} findings`);
        io.out(`${verdict}: ${rows.length} limits`);
      }
      finish(findings.length === 0 ? OK : FAILURE);
    });
}

async function rowsOf(flags: LintFlags, io: CliIo): Promise<readonly LimitRow[]> {
  if (flags.static) {
    const unknown = { used: null, peak: null, volume: null };
    return listLimits(loadConfig({ file: flags.config }).config).map((row) => ({ ...row, ...unknown }));
  }
  if (flags.from === undefined) {
    return (await withConsoleClient(flags, io, (client) => client.send("GET", "/limits")) as LimitsView).limits;
  }
  try {
    const { limits } = JSON.parse(await Deno.readTextFile(flags.from)) as LimitsView;
    if (Array.isArray(limits)) return limits;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new UserError("USAGE", `${flags.from} does not hold what controls limits --json prints`);
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new UserError("USAGE", `${flag} must be a number above 0, not "${text}"`);
}
