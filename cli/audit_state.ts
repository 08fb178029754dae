/** `audit state`: a run as it stood behind one record or at one moment, from its log alone. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import type { RunState } from "../actors/node/reading/mod.ts";
import { stateText } from "./audit_state_text.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parsePlace, type PlaceText } from "./place.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { timeText } from "./time_text.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit state                               at the end of the log
  $ deno task cwts audit state --at 1200                     behind record 1200
  $ deno task cwts audit state --at 2024-01-02T14:30:20.5Z   behind the last record that is not later
  $ deno task cwts audit state --at 1200 --json              ticks, lots, units of 1e-8: docs/audit.md
`;

export function addAuditState(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("state").description("positions, orders, profit, limits and kill states at one moment"))
    .option("--at <place>", "behind this record, by its index or a moment (default: the end)")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RunFlags & { readonly at?: string; readonly json?: boolean }) => {
      const at = flags.at === undefined ? null : parsePlace(flags.at, "--at");
      const directory = await chooseLog(flags, io);
      const state = await stateAt(directory, at);
      const { exactJson, rowsNow } = await import("../actors/node/reading/mod.ts");
      if (flags.json) {
        const { records, time, mode, ended } = state;
        io.out(exactJson({ log: directory, records, time, mode, ended, ...rowsNow(state) }));
      } else for (const line of stateText(state)) io.out(line);
      finish(OK);
    });
}

/** Throws UNKNOWN_PLACE for a place that the log does not reach. */
async function stateAt(directory: string, at: PlaceText | null): Promise<RunState> {
  const { readNamed } = await import("../actors/node/names.ts");
  const { RunState } = await import("../actors/node/reading/mod.ts");
  const state = new RunState();
  for (const record of readNamed(directory)) {
    // Clocks of records may differ by a little: the first one that is later ends it.
    if (at !== null && "nanos" in at && BigInt(record.time) * 1_000n > at.nanos) break;
    state.take(record);
    if (at !== null && "index" in at && record.index === at.index) return state;
  }
  if (at !== null && "index" in at) {
    throw new UserError(
      "UNKNOWN_PLACE",
      `no record ${at.index} is on this log: ${
        state.records === 0 ? "it is empty" : `the last is ${state.records - 1}`
      }`,
    );
  }
  if (at !== null && state.records === 0) {
    const [first] = readNamed(directory);
    const begins = first === undefined ? "it is empty" : `it begins at ${timeText(first.time)}`;
    throw new UserError("UNKNOWN_PLACE", `nothing is on this log at that time: ${begins}`);
  }
  return state;
}
