/**
 * All nodes and shards as one picture, made of what each node says of itself. What both sides of a shard say is put side by
 * side: letters under way are what one has sent and the other has not taken.
 */
import { clockSentence, type NodeBoard } from "../../placement/status.ts";
import type {
  CarrierStatus,
  ClassLine,
  ClusterOverview,
  NodeLine,
  NodeStatus,
  ShardLine,
  ShardStatus,
} from "../../protocol/mod.ts";

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
    carriers: status.carriers ?? [],
    kept: status.role === "organisms" ? status.shards.reduce((sum, { refused }) => sum + refused, 0) : 0,
    firm: status.firm,
    kills: status.kills ?? null,
    offer: status.offer ?? null,
  }));
  const classes = classesOf(live);
  const shards = (gateway?.shards ?? []).map((seat) => lineOf(seat, live, gateway!, board));
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
    classes,
    concerns: [
      ...concernsOf(gateway, live, nodes, shards),
      ...deaf(live),
      ...board.all.filter(({ status }) => live.includes(status))
        .flatMap(({ status, aheadMs }) => clockSentence(status.node, aheadMs, "that of who asks") ?? []),
      ...classes.filter(({ first }) => !first).map(fallback),
    ],
  };
}

function classesOf(live: readonly NodeStatus[]): ClassLine[] {
  const lines = new Map<string, CarrierStatus & { readonly nodes: string[] }>();
  for (const { node, carriers = [] } of live) {
    for (const carrier of carriers) {
      const name = `${carrier.class} ${carrier.broker}`;
      const line = lines.get(name) ?? { ...carrier, nodes: [] };
      line.nodes.push(node);
      lines.set(name, line);
    }
  }
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

/** Nodes that can be killed and have not said that they obeyed what others have. */
function deaf(live: readonly NodeStatus[]): string[] {
  const kills = new Map(live.flatMap(({ kills = [] }) => kills).map((kill) => [kill.id, kill]));
  const hearers = live.filter(({ kills }) => kills !== undefined);
  return [...kills.values()].flatMap(({ id, scope, from }) =>
    hearers.filter((node) => !node.kills!.some((one) => one.id === id))
      .map(({ node }) =>
        `${node} has not said that it obeyed the kill of ${scope} by ${from}: kill it on its own machine`
      )
  );
}

const fallback = ({ class: name, broker, nodes }: ClassLine): string =>
  `what is ${name} goes over ${broker}, not over the first broker of its class, from ${nodes.join(", ")}`;

/** What a side had sent a beat ago and the other has not taken by now is under way; what it has just sent may be. */
function lineOf(seat: ShardStatus, live: readonly NodeStatus[], gateway: NodeStatus, board: NodeBoard): ShardLine {
  const other = live.flatMap((node) => node.role === "organisms" ? node.shards : [])
    .filter((one) => one.shard === seat.shard)
    .reduce<ShardStatus | null>((best, one) => (best === null || one.epoch > best.epoch ? one : best), null);
  const same = other !== null && other.epoch === seat.epoch ? other : null;
  const sentBefore = (node: string, now: ShardStatus): number =>
    board.before(node)?.shards.find(({ shard, epoch }) => shard === now.shard && epoch === now.epoch)?.sent ?? now.sent;
  const reason = seat.halted ?? same?.halted ?? null;
  return {
    shard: seat.shard,
    holder: seat.holder,
    epoch: seat.epoch,
    state: reason === null ? "trading" : "halted",
    reason: reason ?? "",
    lag: {
      orders: same === null ? 0 : Math.max(0, sentBefore(same.holder, same) - seat.taken),
      reports: same === null ? 0 : Math.max(0, sentBefore(gateway.node, seat) - same.taken),
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
  if (gateway?.state === "waiting") {
    concerns.push(`${gateway.node} waits for the broker of its lease: nothing but withdrawals passes`);
  }
  for (const { node, config, role } of live) {
    if (gateway !== null && role !== "console" && config !== gateway.config) {
      concerns.push(`${node} has another configuration than the gateway: its shards trade nothing`);
    }
  }
  const newest = Math.max(0, ...live.map(({ offer }) => offer?.epoch ?? 0));
  for (const { node, offer } of live) {
    if (offer?.epoch === newest && offer.refused !== null) {
      concerns.push(`${node} cannot run configuration epoch ${newest}: ${offer.refused}`);
    }
  }
  for (const { node, alarms = [] } of live) concerns.push(...alarms.map((alarm) => `${node}: ${alarm}`));
  for (const { shard, state, reason } of shards) if (state === "halted") concerns.push(`${shard}: ${reason}`);
  return concerns;
}
