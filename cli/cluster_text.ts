/** The overview of a cluster for people. */
import type { ClusterOverview } from "../actors/node/mod.ts";
import { type CliIo, columns, paint } from "./io.ts";

export function clusterText(overview: ClusterOverview, io: Pick<CliIo, "color">): string[] {
  const { gateway, nodes, shards, concerns } = overview;
  const short = (hash: string) => hash.slice(0, 12);
  const head = gateway.epoch === 0
    ? "no gateway"
    : `gateway ${gateway.node} (epoch ${gateway.epoch}), ${gateway.mode}, firm ${gateway.firm}, configuration ${
      short(gateway.config)
    }`;
  return [
    `${paint(io, "bold", `cluster "${overview.cluster}"`)}  ${head}`,
    ...columns([
      ["node", "role", "state", "heard", "epoch", "configuration", "refused", ""],
      ...nodes.map(({ node, role, state, heardMs, epoch, config, bad, detail }) => [
        node,
        role,
        state,
        `${heardMs} ms`,
        epoch === 0 ? "" : String(epoch),
        short(config),
        String(bad),
        detail,
      ]),
    ]),
    ...(shards.length === 0 ? [] : columns([
      ["shard", "holder", "epoch", "state", "lag", "refused", ""],
      ...shards.map(({ shard, holder, epoch, state, lag, refused, reason }) => [
        shard,
        holder || "nobody",
        String(epoch),
        state,
        `${lag.orders}/${lag.reports}`,
        String(refused),
        reason,
      ]),
    ])),
    ...concerns.map((concern) => paint(io, "yellow", `! ${concern}`)),
  ];
}
