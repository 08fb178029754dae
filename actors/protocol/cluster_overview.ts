/** All nodes of a cluster as one picture, and what a console of it may ask for. */
import type { CarrierStatus, ObeyedStatus, OfferStatus } from "./cluster.ts";
import type { KilledElsewhere } from "./control.ts";

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
  /** Over which of several brokers it sends what; empty: there is one. */
  readonly carriers: readonly CarrierStatus[];
  /** Orders of its organisms that a kill has kept from leaving. */
  readonly kept: number;
  /** The word of the firm on its page; "": it has none. */
  readonly firm: string;
  /** Kills of the last minute that it has obeyed or made, the latest last; null: it hears none. */
  readonly kills: readonly ObeyedStatus[] | null;
  /** The latest configuration that was offered, and what it says of it; null: it knows of none. */
  readonly offer: OfferStatus | null;
}

/** Nodes that send a class of topics over one broker. */
export interface ClassLine {
  readonly class: string;
  readonly broker: string;
  /** Whether it is the first of its class. */
  readonly first: boolean;
  readonly nodes: readonly string[];
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
  /** Of several brokers, which carries what; empty: there is one. */
  readonly classes: readonly ClassLine[];
  /** What somebody should look at. */
  readonly concerns: readonly string[];
}

/** What the console of a cluster reads, and the one thing that it can do. */
export interface NodesPort {
  overview(): ClusterOverview;
  /** Makes a scope stricter on every node, and says who has done it. */
  kill(scope: string, state: 1 | 2 | 3, reason: string, who: string): Promise<KilledElsewhere>;
}
