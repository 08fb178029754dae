/** The flags that describe a node, shared by the commands that run one or look at its configuration. */
import { type Command, Option } from "commander";
import { UserError } from "../config/errors.ts";
import type { FlagValue } from "../config/layers.ts";
import { parseDuration } from "./duration.ts";

export interface NodeFlags {
  readonly config?: string;
  readonly duration?: string;
  readonly seed?: string;
  readonly feed?: string;
  readonly speed?: string;
  readonly dataDir?: string;
  readonly durability?: string;
  readonly chaos?: string;
  readonly consolePort?: string;
  readonly consoleHost?: string;
}

export function addNodeFlags(command: Command): Command {
  return command
    .option("--config <file>", "TOML file (default: ./cwts.toml when it exists)")
    .option("--duration <time>", "stop by itself after this much market time, for example 30s or 2h")
    .option("--seed <number>", "origin of all chance; equal seeds give equal runs")
    .option("--feed <kind>", "simulated, replay:<path>[,<path>…], bars, bars:<path>, paper or paper:<directory>")
    .option("--speed <factor>", "1 is real time, 10 ten times as fast, max as fast as possible")
    .option("--data-dir <dir>", "where the audit log and the kill states live")
    .addOption(new Option("--durability <kind>", "when a record counts as kept: memory, batch or fsync"))
    .option("--chaos <rate>", "crash random actors on purpose, per second of market time")
    .option("--console-port <port>", "port of the console; 0 takes any; off switches it off")
    .option("--console-host <host>", "address the console listens on");
}

/** The flags as configuration values. Throws UserError USAGE. */
export function flagValues(flags: NodeFlags): FlagValue[] {
  const values: FlagValue[] = [];
  const set = (key: string, flag: string, value: unknown) => {
    if (value !== undefined) values.push({ key, flag, value });
  };
  if (flags.duration !== undefined) set("node.duration", "--duration", parseDuration(flags.duration, "--duration"));
  set("node.seed", "--seed", flags.seed);
  set("node.speed", "--speed", flags.speed);
  set("node.dataDir", "--data-dir", flags.dataDir);
  set("audit.durability", "--durability", flags.durability);
  set("chaos.rate", "--chaos", flags.chaos);
  set("console.host", "--console-host", flags.consoleHost);
  if (flags.consolePort === "off") set("console.enabled", "--console-port", false);
  else if (flags.consolePort !== undefined) {
    // Whoever names a port wants the console, whatever the file says.
    set("console.enabled", "--console-port", true);
    set("console.port", "--console-port", flags.consolePort);
  }
  if (flags.feed !== undefined) {
    const colon = flags.feed.indexOf(":");
    const kind = colon < 0 ? flags.feed : flags.feed.slice(0, colon);
    const paths = colon < 0 ? [] : flags.feed.slice(colon + 1).split(",").filter((path) => path !== "");
    if (kind === "simulated" && colon >= 0) {
      throw new UserError("USAGE", `--feed simulated takes no path: did you mean replay:${paths[0] ?? "<path>"}?`);
    }
    set("feed.kind", "--feed", kind);
    if (kind === "paper") set("venue.directory", "--feed", paths[0]);
    else if (paths.length > 0) set("feed.paths", "--feed", paths);
  }
  return values;
}
