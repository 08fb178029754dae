/** `start`: runs a node until it is told to stop, the feed ends or the duration is over. */
import { type Command, Option } from "commander";
import { loadConfig, type LoadedConfig, UserError, VERSION } from "../config/mod.ts";
import { describeFailure, FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { onSignals, signalHandler } from "./signals.ts";
import type { NodeIo, RunOutcome, RunProgress } from "../actors/node/mod.ts";
import { addClusterFlags, addNodeNameFlags, type ClusterFlags } from "./cluster_flags.ts";
import { Progress } from "./progress.ts";
import { addNodeFlags, flagValues, type NodeFlags } from "./node_options.ts";
import { clusterOf, introduceRole, refuseClusterFlags, roleOption, type ROLES, runRole } from "./role.ts";

interface StartFlags extends NodeFlags, ClusterFlags {
  readonly summary?: "json" | "text";
  readonly role: typeof ROLES[number];
  readonly auditKey?: string;
}

const EXAMPLES = `
Examples:
  $ deno task start                                   simulated market, console on http://127.0.0.1:8787
  $ deno task start --duration 30s --seed 7 --speed max --summary json
  $ deno task start --feed replay:capture.gz --speed 10
  $ deno task start --feed bars --speed max --console-port off
  $ deno task start --chaos 2                         two crashes on purpose a second; watch the tree heal
  $ deno task start --role gateway --broker redis://127.0.0.1:6379    one of several nodes: docs/operations.md
`;

export function addStart(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const command = addNodeFlags(program.command("start").description("run a node in paper mode"))
    .addOption(new Option("--summary <format>", "what to print at the end").choices(["json", "text"]).default("text"))
    .option("--audit-key <file>", "role auditor: public keys of the nodes whose log it follows (audit.broker)")
    .addOption(roleOption());
  addNodeNameFlags(addClusterFlags(command))
    .addHelpText("after", EXAMPLES)
    .action(async (flags: StartFlags) => {
      const loaded = loadConfig({ file: flags.config, flags: flagValues(flags) });
      const format = flags.summary ?? "text";
      if (flags.role === "all") {
        refuseClusterFlags(flags);
        return finish(await runHere(loaded, format, io, io.out));
      }
      const cluster = clusterOf(flags.role, flags, loaded.config, io);
      for (const line of introduceRole(flags.role, cluster, loaded)) io.out(line);
      const { auditKey } = flags;
      if (auditKey !== undefined && flags.role !== "auditor") {
        throw new UserError("USAGE", "--audit-key goes with --role auditor");
      }
      if (flags.role !== "gateway") {
        return finish(await runRole(loaded.config, cluster, io, { json: format === "json", auditKey }));
      }
      const { runGateway } = await import("../actors/node/mod.ts");
      finish(await runHere(loaded, format, io, io.out, (nodeIo) => runGateway(loaded.config, cluster, nodeIo)));
    });
}

/**
 * Runs a node in this process; `talk` hears everything but the summary. Ctrl-C, SIGTERM and the end of its terminal (but
 * not under `nohup`) stop it in order, a second one stops it at once.
 */
export async function runHere(
  loaded: LoadedConfig,
  format: "json" | "text",
  io: CliIo,
  talk: (line: string) => void,
  /** Null: it never ran. */
  run?: (io: NodeIo) => Promise<RunOutcome | null>,
): Promise<number> {
  const { runNode, summaryText } = await import("../actors/node/mod.ts");
  const { hangupIgnored } = await import("../ffi/mod.ts");
  for (const line of introduction(loaded, io)) talk(line);
  const progress = new Progress(io);
  // A log that grows for ever at real time is no service to anyone.
  const wanted = io.terminal || loaded.config.node.speed !== 1;
  const above = (write: (line: string) => void) => (line: string) => {
    progress.end();
    write(line);
  };
  const stopping = new AbortController();
  const stop = signalHandler({
    now: () => performance.now(),
    stopInOrder() {
      stopping.abort();
      above(io.err)("stopping: cancelling orders and closing the log (once more to stop at once)");
    },
    stopAtOnce: () => Deno.exit(130),
  });
  using _ = onSignals(stop, { hangup: hangupIgnored() ? "ignore" : "stop" });
  try {
    const nodeIo: NodeIo = {
      out: above(talk),
      err: above(io.err),
      signal: stopping.signal,
      progress: wanted ? (state) => progress.show(progressText(state, loaded.config.node.duration)) : undefined,
    };
    const outcome = run === undefined ? await runNode(loaded.config, nodeIo) : await run(nodeIo);
    progress.end();
    if (outcome === null) return OK;
    const { summary, faults } = outcome;
    io.out(format === "json" ? JSON.stringify(summary) : summaryText(summary));
    for (const fault of faults) io.err(`error: ${describeFailure(fault).sentence}`);
    return summary.audit.verified && faults.length === 0 ? OK : FAILURE;
  } finally {
    progress.end();
  }
}

/** "12:34 of 1:00:00 market time, 42,496 events, 421 orders". */
export function progressText({ marketSeconds, events, orders }: RunProgress, duration: number | undefined): string {
  const of = duration === undefined ? "" : ` of ${clock(duration)}`;
  const count = (n: number) => n.toLocaleString("en");
  return `${clock(marketSeconds)}${of} market time, ${count(events)} events, ${count(orders)} orders`;
}

/** Seconds as h:mm:ss, with days in front when there are any. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n % 60).padStart(2, "0");
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24];
  const time = `${hours > 0 || days > 0 ? `${hours}:${two(Math.floor(whole / 60))}` : Math.floor(whole / 60)}:${
    two(whole)
  }`;
  return days > 0 ? `${days.toLocaleString("en")} d ${time}` : time;
}

function introduction({ config, file, hash }: LoadedConfig, io: CliIo): string[] {
  const { node, feed } = config;
  const feedName = feed.paths.length > 0 ? `${feed.kind} (${feed.paths.join(", ")})` : feed.kind;
  const pace = node.speed === "max"
    ? "as fast as possible"
    : node.speed === 1
    ? "real time"
    : `${node.speed} × real time`;
  const traders = config.organisms.map(({ id, instruments }) => `${id} on ${instruments.join(", ")}`).join("; ");
  return [
    `${paint(io, "bold", `CWTS ${VERSION}`)}  paper mode: no order reaches a real market`,
    `feed: ${feedName}, ${pace}, seed ${node.seed}`,
    `organisms: ${traders || "none"}`,
    `data: ${node.dataDir}  (audit log: ${config.audit.durability})`,
    `configuration: ${file ?? "defaults"}, ${hash.slice(0, 12)}`,
    `${
      node.duration === undefined ? "runs until stopped" : `stops after ${node.duration} s of market time`
    }; Ctrl-C stops`,
  ];
}
