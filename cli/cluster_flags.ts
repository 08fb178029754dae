/** The flags of commands that speak to other nodes. */
import { type Command, Option } from "commander";
import { UserError } from "../config/mod.ts";
import type { ClusterOptions } from "../actors/node/mod.ts";
import { brokerOpener } from "./broker_url.ts";

export interface ClusterFlags {
  readonly broker?: readonly string[];
  readonly cluster?: string;
  readonly node?: string;
  readonly leaseMs?: string;
}

export function addClusterFlags(command: Command): Command {
  return command
    .option(
      "--broker <url…>",
      "redis://host:port, rediss://, nats:// or kafka://; ?tls and ?ca=<file> for TLS",
      gather,
    )
    .option("--cluster <name>", "which cluster on that broker", "main");
}

export function addNodeNameFlags(command: Command): Command {
  return command
    .option("--node <name>", "name of this node; no two that run bear the same (default: role and process)")
    .addOption(new Option("--lease-ms <ms>", "how long a node that says nothing keeps what it holds (default: 2000)"));
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Throws UserError USAGE or BROKER_URL. */
export function openerOf({ broker = [] }: ClusterFlags): ClusterOptions["open"] {
  if (broker.length === 0) {
    throw new UserError("USAGE", "name the broker with --broker, for example redis://127.0.0.1:6379");
  }
  if (broker.length > 1) throw new UserError("USAGE", "--broker is given once: a second broker is not used yet");
  return brokerOpener(broker[0]);
}

/** Milliseconds of a lease. Throws UserError USAGE. */
export function leaseOf({ leaseMs }: ClusterFlags): number | undefined {
  if (leaseMs === undefined) return undefined;
  const ms = Number(leaseMs);
  if (Number.isInteger(ms) && ms >= 200 && ms <= 600_000) return ms;
  throw new UserError("USAGE", `--lease-ms is a number of milliseconds from 200 to 600000, not ${leaseMs}`);
}
