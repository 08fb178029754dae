/// <reference lib="dom" />
/** Every node of a cluster: what it is, how it is, what it says, and the kill that reaches all of them. */
import type { ComponentChildren } from "preact";
import { computed, signal } from "@preact/signals";
import type { ClusterOverview, NodeLine, ShardLine } from "../../protocol/cluster_overview.ts";
import { NodesKill } from "./nodes_kill.tsx";
import { Empty, Guarded, Panel, State } from "./panel.tsx";
import { fresh, link } from "./state.ts";

export const overview = signal<ClusterOverview | null>(null);
const concerns = computed(() => overview.value?.concerns ?? []);

export function NodesPage({ login }: { readonly login: ComponentChildren }) {
  return (
    <div class={fresh.value ? "page nodes-page" : "page nodes-page stale"}>
      <a class="skip" href="#kill">Skip to the kill switch</a>
      <Top />
      {login}
      <main class="nodes-main">
        <NodesKill />
        <Guarded name="concerns">
          <Concerns />
        </Guarded>
        <Guarded name="nodes">
          <Nodes />
        </Guarded>
        <Guarded name="shards">
          <Shards />
        </Guarded>
        <Guarded name="brokers">
          <Brokers />
        </Guarded>
      </main>
    </div>
  );
}

function Top() {
  const all = overview.value;
  return (
    <header class="top">
      <h1>
        CWTS <span class="muted">cluster {all?.cluster}</span>
      </h1>
      <div class="modes" role="status" aria-live="polite">
        {all === null || all.gateway.epoch === 0 ? <span class="mode mode-unknown">No gateway is heard</span> : (
          <>
            <span class={`mode mode-${all.gateway.mode}`}>{all.gateway.mode}</span>
            {all.gateway.firm !== "ACTIVE" && (
              <span class="mode mode-EmergencyShutdown">Firm {all.gateway.firm.replaceAll("_", " ")}</span>
            )}
            <span class="muted">gateway {all.gateway.node}, epoch {all.gateway.epoch}</span>
          </>
        )}
      </div>
      <span role="status">{linkText()}</span>
    </header>
  );
}

function linkText(): string {
  switch (link.value.kind) {
    case "live":
      return "Live";
    case "lost":
      return `Connection lost: ${link.value.detail}`;
    case "locked":
      return "Log in to see the nodes";
    default:
      return "Connecting";
  }
}

function Concerns() {
  const { length } = concerns.value;
  return (
    <Panel id="concerns" title="To be looked at" aside={length === 0 ? "nothing" : String(length)}>
      {length === 0
        ? <Empty>Nothing is wrong that any node has said.</Empty>
        : (
          <ul class="concerns" aria-label="Concerns of all nodes">
            {concerns.value.map((concern) => <li key={concern}>{concern}</li>)}
          </ul>
        )}
    </Panel>
  );
}

function Nodes() {
  const nodes = overview.value?.nodes ?? [];
  return (
    <Panel id="nodes" title="Nodes" aside={String(nodes.length)}>
      <table aria-label="Nodes">
        <thead>
          <tr>
            {[
              "Node",
              "Role",
              "State",
              "Heard",
              "Epoch",
              "Configuration",
              "Offered",
              "Firm",
              "Last kill",
              "Shards",
              "Says",
            ].map((
              name,
            ) => <th key={name} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>{nodes.map((node) => <NodeRow key={node.node} node={node} />)}</tbody>
      </table>
    </Panel>
  );
}

function NodeRow({ node }: { readonly node: NodeLine }) {
  const kill = node.kills?.at(-1);
  const held = (overview.value?.shards ?? []).filter(({ holder }) => holder === node.node);
  return (
    <tr>
      <th scope="row">{node.node}</th>
      <td>{node.role}</td>
      <td>
        <State state={node.state} />
      </td>
      <td class="number">{node.heardMs} ms</td>
      <td class="number">{node.epoch === 0 ? "" : node.epoch}</td>
      <td>{node.config.slice(0, 12)}</td>
      <td>{node.offer === null ? "" : `epoch ${node.offer.epoch} ${offered(node.offer)}`}</td>
      <td>{node.firm === "" ? "" : <State state={node.firm} />}</td>
      <td>
        {node.kills === null ? "hears none" : kill === undefined ? "" : `${kill.scope} ${kill.state} by ${kill.from}`}
      </td>
      <td>{held.map(({ shard }) => shard).join(", ")}</td>
      <td>{node.detail}</td>
    </tr>
  );
}

const offered = ({ refused, switched }: NonNullable<NodeLine["offer"]>): string =>
  refused !== null ? "refused" : switched ? "in force" : "acknowledged";

function Shards() {
  const shards = overview.value?.shards ?? [];
  return (
    <Panel id="shards" title="Shards" aside={String(shards.length)}>
      <table aria-label="Shards">
        <thead>
          <tr>
            {["Shard", "Holder", "Epoch", "State", "Lag out", "Lag in", "Refused", "Because"].map((name) => (
              <th key={name} scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>{shards.map((shard) => <ShardRow key={shard.shard} shard={shard} />)}</tbody>
      </table>
    </Panel>
  );
}

function ShardRow({ shard }: { readonly shard: ShardLine }) {
  return (
    <tr>
      <th scope="row">{shard.shard}</th>
      <td>{shard.holder || "nobody"}</td>
      <td class="number">{shard.epoch}</td>
      <td>
        <State state={shard.state} />
      </td>
      <td class="number">{shard.lag.orders}</td>
      <td class="number">{shard.lag.reports}</td>
      <td class="number">{shard.refused}</td>
      <td>{shard.reason}</td>
    </tr>
  );
}

function Brokers() {
  const classes = overview.value?.classes ?? [];
  if (classes.length === 0) return null;
  return (
    <Panel id="brokers" title="Brokers in use">
      <table aria-label="Brokers in use">
        <thead>
          <tr>{["Class", "Broker", "", "Nodes"].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {classes.map((line) => (
            <tr key={`${line.class} ${line.broker}`}>
              <th scope="row">{line.class}</th>
              <td>{line.broker}</td>
              <td>{line.first ? "" : "fallback"}</td>
              <td>{line.nodes.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
