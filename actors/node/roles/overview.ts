/**
 * All nodes and shards as one picture, made of what each node says of itself. What both sides of a shard say is put side by
 * side: letters under way are what one has sent and the other has not taken.
 */
import type { NodeBoard } from "../../placement/status.ts";
import type { NodeStatus, ShardStatus } from "../../protocol/mod.ts";

export interface NodeLine {
  readonly node: string;
  readonly role: string;
  /** "silent" when it has said nothing for some beats. */
  readonly state: string;
  /** Milliseconds since it was heard. */
  readonly heardMs: number;
  readonly version: string;
  readonly config: string;
  readonly epoch: number;
  readonly bad: number;
  readonly detail: string;
}

export interface ShardLine {
  readonly shard: string;
  /** Who trades it; "": nobody. */
  readonly holder: string;
  readonly epoch: number;
  readonly state: "trading" | "halted";
  readonly reason: string;
  /** Letters under way to the gateway and to the holder. */
  readonly lag: { readonly orders: number; readonly reports: number };
  /** Words of older holders and orders that were refused. */
  readonly refused: number;
}

export interface ClusterOverview {
  readonly cluster: string;
  /** Of the gateway with the highest epoch; epoch 0: none is heard. */
  readonly gateway: {
    readonly node: string;
    readonly epoch: number;
    readonly mode: string;
    readonly firm: string;
    readonly config: string;
  };
  readonly nodes: readonly NodeLine[];
  readonly shards: readonly ShardLine[];
  /** What somebody should look at. */
  readonly concerns: readonly string[];
}

export function overviewOf(cluster: string, board: NodeBoard): ClusterOverview {
  const live = board.live;
  const heard = board.gateway;
  const gateway = heard !== null && heard.live && heard.status.state !== "standby" ? heard.status : null;
  const nodes = board.all.map(({ status, silent }): NodeLine => ({
    node: status.node,
    role: status.role,
    state: live.includes(status) || status.state === "stopping" ? status.state : "silent",
    heardMs: Math.round(silent / 1e6),
    version: status.version,
    config: status.config,
    epoch: status.epoch,
    bad: status.bad,
    detail: status.detail,
  }));
  const shards = (gateway?.shards ?? []).map((seat) => lineOf(seat, live));
  return {
    cluster,
    gateway: {
      node: gateway?.node ?? "",
      epoch: gateway?.epoch ?? 0,
      mode: gateway?.mode ?? "",
      firm: gateway?.firm ?? "",
      config: gateway?.config ?? "",
    },
    nodes,
    shards,
    concerns: concernsOf(gateway, live, nodes, shards),
  };
}

function lineOf(seat: ShardStatus, live: readonly NodeStatus[]): ShardLine {
  const other = live.flatMap((node) => node.role === "organisms" ? node.shards : [])
    .filter((one) => one.shard === seat.shard)
    .reduce<ShardStatus | null>((best, one) => (best === null || one.epoch > best.epoch ? one : best), null);
  const same = other !== null && other.epoch === seat.epoch ? other : null;
  const reason = seat.halted ?? same?.halted ?? null;
  return {
    shard: seat.shard,
    holder: seat.holder,
    epoch: seat.epoch,
    state: reason === null ? "trading" : "halted",
    reason: reason ?? "",
    lag: {
      orders: Math.max(0, (same?.sent ?? seat.taken) - seat.taken),
      reports: Math.max(0, seat.sent - (same?.taken ?? seat.sent)),
    },
    refused: seat.refused,
  };
}

function concernsOf(
  gateway: NodeStatus | null,
  live: readonly NodeStatus[],
  nodes: readonly NodeLine[],
  shards: readonly ShardLine[],
): string[] {
  const concerns: string[] = [];
  if (gateway === null) concerns.push("no gateway is heard: nothing trades");
  if (live.filter(({ role, state }) => role === "gateway" && state === "running").length > 1) {
    concerns.push("two gateways believe that they are the one: the older epoch is refused everywhere, and ends");
  }
  for (const { node, state } of nodes) if (state === "silent") concerns.push(`${node} is silent`);
  for (const { node, config, role } of live) {
    if (gateway !== null && role !== "console" && config !== gateway.config) {
      concerns.push(`${node} has another configuration than the gateway: its shards trade nothing`);
    }
  }
  for (const { shard, state, reason } of shards) if (state === "halted") concerns.push(`${shard}: ${reason}`);
  return concerns;
}
