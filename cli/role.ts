/** `start --role`: the node as one of several, with a part of the work. */
import { Option } from "commander";
import { type Config, type LoadedConfig, UserError, VERSION } from "../config/mod.ts";
import type { ClusterOptions } from "../actors/node/mod.ts";
import type { PublicKey } from "../actors/auditors/verifier/mod.ts";
import type { NodeRole } from "../actors/protocol/cluster.ts";
import { brokerWaitOf, type ClusterFlags, killWaysOf, leaseOf, openerOf } from "./cluster_flags.ts";
import { clusterText } from "./cluster_text.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { onSignals, signalHandler } from "./signals.ts";

export const ROLES = ["all", "gateway", "organisms", "auditor", "console"] as const;

export const roleOption = (): Option =>
  new Option("--role <role>", "all: one node alone; or a part of the work, beside others on a broker").choices(ROLES)
    .default("all");

/** What a node with a role joins. Throws UserError USAGE. */
export function clusterOf(
  role: NodeRole,
  flags: ClusterFlags,
  { cluster }: Config,
  io: Pick<CliIo, "err">,
): ClusterOptions {
  return {
    cluster: flags.cluster ?? cluster.name,
    node: flags.node ?? cluster.node ?? `${role}-${Deno.pid}`,
    role,
    leaseMs: leaseOf(flags),
    waitMs: brokerWaitOf(flags),
    open: openerOf(flags, cluster),
    kill: killWaysOf(flags, cluster),
    err: io.err,
  };
}

/** Without a role a node speaks to nobody. Throws UserError USAGE. */
export function refuseClusterFlags(
  { broker, node, leaseMs, durable, fast, brokerWait, clusterSecret }: ClusterFlags,
): void {
  const flags = [
    ...[["--broker", broker], ["--node", node], ["--lease-ms", leaseMs]],
    ...[["--durable", durable], ["--fast", fast], ["--broker-wait", brokerWait], ["--cluster-secret", clusterSecret]],
  ] as const;
  for (const [flag, value] of flags) {
    if (value !== undefined) throw new UserError("USAGE", `${flag} goes with a --role other than all`);
  }
}

/** A role without a gate of its own, until Ctrl-C or SIGTERM; a second one ends it at once. */
export async function runRole(
  config: Config,
  cluster: ClusterOptions,
  io: CliIo,
  { json, auditKey }: { readonly json: boolean; readonly auditKey?: string },
): Promise<number> {
  const { runAuditor, runConsole, runOrganisms } = await import("../actors/node/mod.ts");
  const { hangupIgnored } = await import("../ffi/mod.ts");
  const stopping = new AbortController();
  const stop = signalHandler({
    now: () => performance.now(),
    stopInOrder() {
      stopping.abort();
      io.err("stopping: giving back what is held here (once more to stop at once)");
    },
    stopAtOnce: () => Deno.exit(130),
  });
  using _ = onSignals(stop, { hangup: hangupIgnored() ? "ignore" : "stop" });
  const roleIo = { out: io.out, err: io.err, signal: stopping.signal };
  if (cluster.role === "organisms") await runOrganisms(config, cluster, roleIo);
  else if (cluster.role === "auditor") await runAuditor(config, cluster, roleIo, { keys: await keysIn(auditKey) });
  else {
    let shown = "";
    await runConsole(config, cluster, roleIo, (overview) => {
      const text = json ? JSON.stringify(overview) : clusterText(overview, io).join("\n");
      // Times since a node was heard change always, and say nothing by themselves.
      const rest = text.replace(/\d+ ms|"heardMs":\d+/g, "");
      if (rest !== shown) io.out(text);
      shown = rest;
    });
  }
  return OK;
}

export function introduceRole(role: string, { cluster, node }: ClusterOptions, { hash, file }: LoadedConfig): string[] {
  return [
    `CWTS ${VERSION}  ${role} of the cluster "${cluster}", as ${node}`,
    `configuration: ${file ?? "defaults"}, ${hash.slice(0, 12)}`,
  ];
}

/** Throws UserError AUDIT_KEY for a file that is not there, or holds none. */
async function keysIn(path: string | undefined): Promise<readonly PublicKey[]> {
  if (path === undefined) return [];
  const { readKeys } = await import("../actors/auditors/verifier/mod.ts");
  try {
    const keys = readKeys(Deno.readTextFileSync(path));
    if (keys.length > 0) return keys;
    throw new RangeError("it holds no key");
  } catch (error) {
    throw new UserError(
      "AUDIT_KEY",
      `--audit-key ${path}: ${
        (error as Error).message
      }: write it on the gateway with deno task cwts audit key > node.pub`,
    );
  }
}
