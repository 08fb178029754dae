/** The overview of a cluster for people. */
import type { ClusterOverview } from "../actors/node/mod.ts";
import type { ObeyedStatus, OfferStatus } from "../actors/protocol/cluster.ts";
import { type CliIo, columns, paint } from "./io.ts";

const obeyed = ({ scope, state, from, reason }: ObeyedStatus): string =>
  state === "ACTIVE" ? `has no ${scope}, which ${from} killed` : `${scope} ${state} by ${from}: ${reason}`;

const offeredText = ({ refused, switched }: OfferStatus): string =>
  refused !== null ? "refused" : switched ? "in force" : "acknowledged";

export function clusterText(overview: ClusterOverview, io: Pick<CliIo, "color">): string[] {
  const { gateway, nodes, shards, classes, concerns } = overview;
  const short = (hash: string) => hash.slice(0, 12);
  const head = gateway.epoch === 0
    ? "no gateway"
    : `gateway ${gateway.node} (epoch ${gateway.epoch}), ${gateway.mode}, firm ${gateway.firm}, configuration ${
      short(gateway.config)
    }`;
  return [
    `${paint(io, "bold", `cluster "${overview.cluster}"`)}  ${head}`,
    ...columns([
      ["node", "role", "state", "heard", "epoch", "configuration", "offered", "refused", "firm", ""],
      ...nodes.map(({ node, role, state, heardMs, epoch, config, offer, bad, firm, kills, detail }) => [
        node,
        role,
        state,
        `${heardMs} ms`,
        epoch === 0 ? "" : String(epoch),
        short(config),
        offer === null ? "" : `epoch ${offer.epoch} ${offeredText(offer)}`,
        String(bad),
        firm,
        [detail, ...(kills ?? []).slice(-1).map(obeyed)].filter((text) => text !== "").join("; "),
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
    ...(classes.length === 0 ? [] : columns([
      ["class", "broker in use", "", "sent over it by"],
      ...classes.map((
        { class: name, broker, first, nodes },
      ) => [name, broker, first ? "" : "fallback", nodes.join(", ")]),
    ])),
    ...concerns.map((concern) => paint(io, "yellow", `! ${concern}`)),
  ];
}
