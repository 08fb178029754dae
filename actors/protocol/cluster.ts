/** What a node tells the others about itself, a few times a second, and what can be made of it. */
import type { Micros } from "../../runtime/mod.ts";
import type { ScopeStateName, SystemMode } from "./control.ts";

export const NODE_ROLES = ["gateway", "organisms", "auditor", "console"] as const;
export type NodeRole = typeof NODE_ROLES[number];

/** A shard, as the node that says so sees it. */
export interface ShardStatus {
  readonly shard: string;
  /** Who holds it; "": nobody. Of a gateway: who attached last. */
  readonly holder: string;
  readonly epoch: number;
  /** Why nothing passes; null: it trades. */
  readonly halted: string | null;
  /** Letters that this side has sent, and the last that it has taken from the other. */
  readonly sent: number;
  readonly taken: number;
  /** Gateway: words of older holders and orders that were refused. Holder: orders that a kill has kept from leaving. */
  readonly refused: number;
}

/**
 * "standby": a gateway that waits for the lease. "waiting": organisms that wait for a gateway, or a gateway that waits for the
 * broker of its lease and lets nothing in. "stopping": it ends in order, and will not be heard again.
 */
export type NodeState = "running" | "standby" | "waiting" | "fenced" | "stopping";

/** Over which broker a node sends a class of topics, where it has several. */
export interface CarrierStatus {
  readonly class: string;
  /** As an address without user and password. */
  readonly broker: string;
  /** Whether it is the first of its class. */
  readonly first: boolean;
}

/** A kill that a node has obeyed lately, or has made. */
export interface ObeyedStatus {
  readonly id: string;
  readonly scope: string;
  /** What the scope is there; ACTIVE: the node has no such scope. */
  readonly state: ScopeStateName;
  readonly from: string;
  readonly reason: string;
}

/** The latest configuration that was offered to a node, and what it says of it. */
export interface OfferStatus {
  readonly epoch: number;
  readonly hash: string;
  /** Why it cannot run it, in a sentence; null: it can. */
  readonly refused: string | null;
  /** Whether it is the one that nodes start with. */
  readonly switched: boolean;
}

export interface NodeStatus {
  readonly node: string;
  /** Unique in the cluster for each start of a process. */
  readonly start: number;
  readonly role: NodeRole;
  readonly state: NodeState;
  readonly version: string;
  /** Hash of the configuration. */
  readonly config: string;
  /** Of the gateway's lease: its own, or the one that it trades over; 0: none. */
  readonly epoch: number;
  readonly shards: readonly ShardStatus[];
  /** Letters that were refused because they are none of ours. */
  readonly bad: number;
  /** What a person should know; "": nothing. */
  readonly detail: string;
  /** Gateway only: its time and pace, and its mode. */
  readonly time: Micros;
  readonly speed: number;
  readonly mode: SystemMode | "";
  /** The word of the firm on its page, as far as it has one. */
  readonly firm: ScopeStateName | "";
  /** Kills of the last minute, the latest last; absent: it hears none. */
  readonly kills?: readonly ObeyedStatus[];
  /** Absent: none was offered. */
  readonly offer?: OfferStatus;
  /** What somebody should look at there, each a sentence; absent: nothing. */
  readonly alarms?: readonly string[];
  /** Absent: one broker carries everything. */
  readonly carriers?: readonly CarrierStatus[];
  /** Its machine's clock when it said this, milliseconds since the Unix epoch; absent: it did not say. Decides nothing. */
  readonly clock?: number;
}
