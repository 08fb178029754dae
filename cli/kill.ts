/** `kill`: shuts the gate for a scope, from any terminal on the machine. */
import { type Command, Option } from "commander";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import type { ScopeOutcome } from "./scope_request.ts";

interface KillFlags extends DataDirFlags {
  readonly scope: string;
  readonly reason: string;
  readonly to: string;
  readonly json?: boolean;
}

/** By name, as the control page numbers them. */
const STATES = { "reduce-only": 1, "cancel-only": 2, "killed": 3 } as const;

const EXAMPLES = `
Examples:
  $ deno task kill                                    the whole firm
  $ deno task kill --scope organism:anglerfish-1 --reason "quotes look wrong"
  $ deno task kill --scope account:main               everything below the account; a customer likewise
  $ deno task kill --scope instrument:ALPHA --json
  $ deno task kill --to reduce-only --reason "volatile"       only what reduces a position passes; nothing is cancelled

The gate is shut when the word is stored, before this command has printed anything, and stays shut across restarts until
someone re-arms it. Resting orders of the scope are cancelled by the node; this command waits up to two seconds to see it.
`;

export function addKill(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("kill").description("shut the gate for a scope and cancel its resting orders")
    .option("--scope <scope>", "firm, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>", "firm")
    .addOption(
      new Option("--to <state>", "what the scope becomes, at least").choices(Object.keys(STATES)).default("killed"),
    )
    .option("--reason <text>", "why; goes on record", "operator request")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: KillFlags) => {
      const directory = chooseDataDir(flags, io);
      const { operatorName, requestScope } = await import("./scope_request.ts");
      const outcome = await requestScope({
        directory,
        scope: flags.scope,
        state: STATES[flags.to as keyof typeof STATES],
        reason: flags.reason,
        actor: operatorName(),
      });
      if (flags.json) io.out(JSON.stringify(outcome));
      else for (const line of killText(outcome, directory, io)) io.out(line);
      finish(outcome.nodeRunning && !outcome.confirmed ? FAILURE : OK);
    });
}

export function killText(outcome: ScopeOutcome, directory: string, io: Pick<CliIo, "color">): string[] {
  const { scope, gateShutMicros, gateSequence, nodeRunning, confirmed, confirmedMillis, cancelled, unknown } = outcome;
  const { state } = outcome;
  const passes = {
    REDUCE_ONLY: `in force in ${gateShutMicros} µs; after decision ${gateSequence} only what reduces a position passes`,
    CANCEL_ONLY: `in force in ${gateShutMicros} µs; after decision ${gateSequence} only cancels pass`,
    KILLED: `gate shut in ${gateShutMicros} µs; no order is accepted after decision ${gateSequence}`,
  };
  const lines = [`${paint(io, "red", state)} ${scope}: ${passes[state as keyof typeof passes]}`];
  if (!nodeRunning) {
    lines.push(`no node is running on ${directory}: the state is kept, and the next start comes up in it`);
  } else if (!confirmed) {
    lines.push(
      "NOT CONFIRMED within 2 s: the gate is shut, but the node has not said that resting orders are cancelled; " +
        "look at the console, and stop the node if it hangs",
    );
  } else {
    lines.push(
      `confirmed in ${confirmedMillis} ms: ${cancelled} resting order${cancelled === 1 ? "" : "s"} cancelled` +
        (unknown > 0 ? `, ${unknown} UNKNOWN: check them at the venue` : ""),
    );
  }
  lines.push(`re-arm with: deno task rearm --scope ${scope} --cause <cause> --reason "…" --data-dir ${directory}`);
  return lines;
}
