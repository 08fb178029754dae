/** Configurations of a whole cluster: offered by one person, acknowledged by nodes, put in force by a second person. */
import type { Principal } from "./access.ts";

export interface ConfigurationOffer {
  /** Rises with every offer. */
  readonly epoch: number;
  readonly hash: string;
  /** Who offered it, and why. */
  readonly person: string;
  readonly reason: string;
  /** Names exactly this offer, for its approval. */
  readonly digest: string;
  readonly state: "waiting" | "switched" | "withdrawn";
  readonly acknowledged: readonly string[];
  /** Nodes that cannot run it, each with its sentence. */
  readonly refused: readonly { readonly node: string; readonly why: string }[];
  /** Live nodes that have not said anything. */
  readonly silent: readonly string[];
}

export interface ConfigurationSwitch {
  readonly epoch: number;
  readonly hash: string;
  /** Limits that changed at once. */
  readonly changed: number;
  /** What counts at the next start of the gateway. */
  readonly later: readonly string[];
}

/** What people may ask of a gateway. Throws UserError with the code of the refusal. */
export interface ConfigurationPort {
  /** The latest; null: none was offered. */
  view(): ConfigurationOffer | null;
  /** `shared`: as `sharedOf` makes it. */
  offer(by: Principal, shared: string, reason: string, from: string): Promise<ConfigurationOffer>;
  /** `without`: also where nodes have not acknowledged it. */
  approve(
    by: Principal,
    asked: { readonly epoch: number; readonly digest: string; readonly without: boolean },
    from: string,
  ): Promise<ConfigurationSwitch>;
  withdraw(by: Principal, epoch: number, reason: string, from: string): Promise<void>;
}
