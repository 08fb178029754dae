/** The flags of commands that speak to other nodes. */
import { type Command, Option } from "commander";
import { brokerCredentials, type Config, planOf, UserError } from "../config/mod.ts";
import type { BrokerOpener } from "../actors/node/roles/brokers.ts";
import type { KillWays } from "../actors/node/roles/cluster_options.ts";
import { parseDuration } from "./duration.ts";

export interface ClusterFlags {
  readonly broker?: readonly string[];
  readonly durable?: string;
  readonly fast?: string;
  readonly cluster?: string;
  readonly node?: string;
  readonly leaseMs?: string;
  readonly brokerWait?: string;
  readonly clusterSecret?: string;
}

export function addClusterFlags(command: Command): Command {
  return command
    .option(
      "--broker <url…>",
      "redis://host:port, rediss://, nats:// or kafka://; ?tls and ?ca=<file> for TLS; several with commas: the first keeps the leases",
      gather,
    )
    .option("--durable <brokers>", "which of several carry orders and reports, first choice first: kafka,redis")
    .option("--fast <brokers>", "which of several carry status, first choice first (default: redis, nats, kafka)")
    .option("--cluster <name>", 'which cluster on that broker (default: as configured, or "main")');
}

export function addNodeNameFlags(command: Command): Command {
  return command
    .option("--node <name>", "name of this node; no two that run bear the same (default: role and process)")
    .addOption(new Option("--lease-ms <ms>", "how long a node that says nothing keeps what it holds (default: 2000)"))
    .option(
      "--cluster-secret <file>",
      "who has it may trade with the nodes and kill them, and nobody else (default: whoever may write there)",
    )
    .option("--broker-wait <time>", "how long a gateway without its broker waits before it ends (default: for ever)");
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...listed(value)];

const listed = (text: string): readonly string[] =>
  text.split(",").map((one) => one.trim()).filter((one) => one !== "");

/** The brokers of the flags, or else those of `[cluster]`. Throws UserError USAGE, BROKER_URL or BROKER_CLASS. */
export function openerOf(
  { broker, durable, fast }: ClusterFlags,
  configured?: Config["cluster"],
  environment?: (name: string) => string | undefined,
): BrokerOpener {
  const addresses = broker ?? configured?.brokers ?? [];
  if (addresses.length === 0) {
    throw new UserError("USAGE", "name the broker with --broker, for example redis://127.0.0.1:6379");
  }
  const plan = planOf({
    addresses,
    durable: durable === undefined ? configured?.durable : listed(durable),
    fast: fast === undefined ? configured?.fast : listed(fast),
  });
  const who = brokerCredentials(environment);
  return async (options, onRoute) => {
    const { brokersOpener } = await import("../actors/node/roles/brokers.ts");
    return await brokersOpener(plan, { who, chance: Math.random })(options, onRoute);
  };
}

/** How a node with a role is killed: over all its brokers. Throws as `openerOf` does. */
export function killWaysOf(
  { broker, clusterSecret }: ClusterFlags,
  configured: Pick<Config["cluster"], "brokers" | "secretFile">,
): KillWays {
  const urls = broker ?? configured.brokers;
  const { addresses } = planOf({ addresses: urls });
  return { brokers: addresses, urls, secretFile: clusterSecret ?? configured.secretFile, chance: Math.random };
}

/** Milliseconds that a gateway waits for its broker; absent: for ever. Throws UserError USAGE. */
export const brokerWaitOf = ({ brokerWait }: ClusterFlags): number | undefined =>
  brokerWait === undefined ? undefined : parseDuration(brokerWait, "--broker-wait") * 1_000;

/** Milliseconds of a lease. Throws UserError USAGE. */
export function leaseOf({ leaseMs }: ClusterFlags): number | undefined {
  if (leaseMs === undefined) return undefined;
  const ms = Number(leaseMs);
  if (Number.isInteger(ms) && ms >= 200 && ms <= 600_000) return ms;
  throw new UserError("USAGE", `--lease-ms is a number of milliseconds from 200 to 600000, not ${leaseMs}`);
}
