/** The part of `kill` that goes to other nodes: which brokers, and what became of it there. */
import { brokerCredentials, type Config, loadConfig, UserError } from "../config/mod.ts";
import type { ClusterKill } from "../actors/cluster/mod.ts";
import { SCOPE_STATES } from "../actors/protocol/control.ts";
import { parseBroker } from "./broker_url.ts";
import { type CliIo, paint } from "./io.ts";

export interface ClusterFlags {
  readonly config?: string;
  readonly broker?: readonly string[];
  readonly cluster?: string;
  readonly clusterSecret?: string;
  readonly nodes?: string;
  readonly here?: boolean;
}

/** Whom a kill is told beside the node of this machine. */
export interface Others {
  readonly cluster: string;
  readonly brokers: readonly string[];
  /** Absent: the nodes have none, and obey whoever may write to their brokers. */
  readonly secretFile?: string;
  readonly nodes: readonly string[];
  readonly withinMs: number;
}

/** As the flags say, or else the configuration; null for nobody. Throws UserError USAGE or BROKER_URL. A broken configuration stops no kill. */
export function othersOf(flags: ClusterFlags, io: CliIo): Others | null {
  if (flags.here) return null;
  const { name, brokers, secretFile, nodes, ackMs } = clusterOf(flags, io);
  const all = flags.broker ?? brokers;
  if (all.length === 0) return null;
  for (const text of all) parseBroker(text);
  return {
    cluster: flags.cluster ?? name,
    brokers: all,
    secretFile: flags.clusterSecret ?? secretFile,
    nodes: flags.nodes === undefined
      ? nodes
      : flags.nodes.split(",").map((name) => name.trim()).filter((name) => name !== ""),
    withinMs: ackMs,
  };
}

type Cluster = Pick<Config["cluster"], "name" | "brokers" | "secretFile" | "nodes" | "ackMs">;

const NONE: Cluster = { name: "main", brokers: [], nodes: [], ackMs: 2_000 };

function clusterOf({ config }: ClusterFlags, io: CliIo): Cluster {
  try {
    return loadConfig({ file: config }).config.cluster;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    io.err(`warning: ${error.message}; no other nodes are known from it`);
    return NONE;
  }
}

export interface Call {
  readonly scope: string;
  readonly state: 1 | 2 | 3;
  readonly reason: string;
  readonly author: string;
}

/** Says it on every broker, and waits for the nodes that must answer. Throws CLUSTER_SECRET. */
export async function callOthers(
  { cluster, brokers, secretFile, nodes, withinMs }: Others,
  call: Call,
): Promise<ClusterKill> {
  const { callFromCommand, openSecret, readSecrets, waysTo } = await import("../actors/cluster/mod.ts");
  const from = `cli-${Deno.pid}`;
  const wall = Date.now();
  const secret = secretFile === undefined ? openSecret(cluster) : readSecrets(secretFile);
  const routes = waysTo(brokers, from, { who: brokerCredentials(), chance: Math.random });
  return await callFromCommand({ kind: "kill", id: `${from}.${wall}`, from, wall, ...call }, {
    ...{ cluster, secret, nodes, withinMs },
    routes,
    ready: Promise.race(routes.map(({ broker }) => broker.opening)),
    now: () => performance.now(),
  });
}

/** Whether every broker that answers has it, and every node that should has said so. */
export const reachedAll = ({ kept, silent }: ClusterKill): boolean => kept.length > 0 && silent.length === 0;

export function clusterText({ kept, failed, acknowledged, silent }: ClusterKill, io: Pick<CliIo, "color">): string[] {
  return [
    ...acknowledged.map(({ node, outcome, state, gateSequence, afterMs }) =>
      outcome === "absent"
        ? `${node}: has no such scope (${afterMs} ms)`
        : `${
          paint(io, "red", SCOPE_STATES[state])
        } on ${node}: nothing passes after decision ${gateSequence} (heard after ${afterMs} ms)`
    ),
    ...silent.map((node) =>
      `${paint(io, "red", "NO ANSWER")} from ${node}: it obeys when it hears of it; kill it on its own machine`
    ),
    ...failed.map(({ broker, why }) => `${broker} did not take it: ${why}`),
    ...(kept.length === 0 ? ["NO BROKER took it: kill each node on its own machine"] : []),
    ...(kept.length > 0 && acknowledged.length === 0 && silent.length === 0 ? ["no other node was heard"] : []),
  ];
}
