/** What a role needs to join its cluster. */
import type { BrokerAddress } from "../../../config/mod.ts";
import type { NodeRole } from "../../protocol/mod.ts";
import type { BrokerOpener } from "./brokers.ts";

/** How a node is told kills. */
export interface KillWays {
  /** All of them at once. */
  readonly brokers: readonly BrokerAddress[];
  readonly urls: readonly string[];
  /** File of the secret; absent: whoever may write to the brokers may kill. */
  readonly secretFile?: string;
  /** Spreads the looks at a failed broker. */
  readonly chance: () => number;
}

export interface ClusterOptions {
  readonly cluster: string;
  readonly node: string;
  readonly role: NodeRole;
  /** Default DEFAULT_LEASE_MS. */
  readonly leaseMs?: number;
  /** How it is killed with the others; absent: it cannot be. */
  readonly kill?: KillWays;
  /** How long a gateway that cannot confirm its lease waits for the broker before it ends, wall milliseconds; default: for ever. */
  readonly waitMs?: number;
  /** Opens the broker, or several as one. Throws BrokerError. */
  readonly open: BrokerOpener;
  readonly err: (line: string) => void;
}
