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
  /** Gateway: words of older holders and orders that were refused. */
  readonly refused: number;
}

/**
 * "standby": a gateway that waits for the lease. "waiting": organisms that wait for a gateway. "stopping": it ends in order,
 * and will not be heard again.
 */
export type NodeState = "running" | "standby" | "waiting" | "fenced" | "stopping";

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
  /** Gateway only: its time and pace, its mode and the word of the firm. */
  readonly time: Micros;
  readonly speed: number;
  readonly mode: SystemMode | "";
  readonly firm: ScopeStateName | "";
}
