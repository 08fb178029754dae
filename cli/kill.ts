/** `kill`: shuts the gate for a scope, from any terminal on the machine. */
import { type Command, Option } from "commander";
import { UserError } from "../config/errors.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { callOthers, type ClusterFlags, clusterText, othersOf, reachedAll } from "./kill_cluster.ts";
import type { ScopeOutcome } from "./scope_request.ts";

interface KillFlags extends DataDirFlags, ClusterFlags {
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
  $ deno task kill --broker redis://10.0.0.5 --broker nats://10.0.0.6 --cluster-secret cluster.key     every node
  $ deno task kill --broker redis://10.0.0.5                                                           without a secret

The gate is shut when the word is stored, before this command has printed anything, and stays shut across restarts until
someone re-arms it. Resting orders of the scope are cancelled by the node; this command waits up to two seconds to see it.
Where brokers are configured ([cluster]) or given, every other node is told on all of them at once, and each says that it has
obeyed; --here stops this machine's node alone. User and password of brokers:
CWTS_BROKER_USER, CWTS_BROKER_PASSWORD.
`;

export function addKill(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("kill").description("shut the gate for a scope and cancel its resting orders")
    .option("--scope <scope>", "firm, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>", "firm")
    .addOption(
      new Option("--to <state>", "what the scope becomes, at least").choices(Object.keys(STATES)).default("killed"),
    )
    .option("--reason <text>", "why; goes on record", "operator request")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory and the cluster")
    .option("--broker <url>", "tell every node by this broker; several with commas, or given again", collect)
    .option("--cluster <name>", 'which cluster on these brokers (default: as configured, or "main")')
    .option("--cluster-secret <file>", "the secret that the nodes share, if they do")
    .option("--nodes <names>", "nodes that must answer, with commas between")
    .option("--here", "this machine's node alone, whatever is configured")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: KillFlags) => {
      const directory = chooseDataDir(flags, io);
      const { operatorName, requestScope } = await import("./scope_request.ts");
      const { scope, reason } = flags;
      const [state, actor] = [STATES[flags.to as keyof typeof STATES], operatorName()];
      // The word of this machine is stored before anything is waited for, or may go wrong elsewhere.
      const storing = requestScope({ directory, scope, state, reason, actor });
      storing.catch(() => {});
      const others = othersOf(flags, io);
      const calling = others === null ? null : callOthers(others, { scope, state, reason, author: actor });
      calling?.catch(() => {});
      let outcome: ScopeOutcome | null = null;
      try {
        outcome = await storing;
      } catch (error) {
        if (calling === null || !(error instanceof UserError)) throw error;
        // There may be no node here, or none with such a scope: the others are told all the same.
        io.err(`not here: ${error.message}`);
      }
      const cluster = await calling;
      if (flags.json) io.out(JSON.stringify({ ...outcome, ...(cluster === null ? {} : { cluster }) }));
      else {
        for (const line of outcome === null ? [] : killText(outcome, directory, io)) io.out(line);
        for (const line of cluster === null ? [] : clusterText(cluster, io)) io.out(line);
      }
      const unconfirmed = outcome !== null && outcome.nodeRunning && !outcome.confirmed;
      finish(unconfirmed || (cluster !== null && !reachedAll(cluster)) ? FAILURE : OK);
    });
}

const collect = (urls: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...urls.split(",").map((url) => url.trim()).filter((url) => url !== ""),
];

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
