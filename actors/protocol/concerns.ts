/**
 * What takes a node out of FullPerformance: one table from the kind of concern to the mode it demands. Whoever raises a
 * concern makes it here, so that nobody decides for himself how far it pushes the node.
 *
 * SafeMode lets only reducing orders and cancels pass, and ends by itself when no concern has been active for the recovery
 * time. EmergencyShutdown kills the firm, and only people end it.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { SystemMode } from "../../supervision/mod.ts";
import type { Concern } from "./control.ts";

interface ConcernRule {
  readonly demands: Exclude<SystemMode, "FullPerformance">;
  /** What ends it, for people. */
  readonly ends: string;
}

// deno-fmt-ignore
export const CONCERNS = {
  "stale-market":       { demands: "SafeMode", ends: "the instrument's market speaks again" },
  "portfolio-drawdown": { demands: "SafeMode", ends: "the drawdown has been calm" },
  "gave-up":            { demands: "SafeMode", ends: "a restart of the node" },
  "halted":             { demands: "EmergencyShutdown", ends: "a restart of the node" },
  "audit-failure":      { demands: "EmergencyShutdown", ends: "a restart of the node on a disk that takes records" },
  "audit-sink":         { demands: "SafeMode", ends: "the copy has caught up and agrees" },
  "venue-breaker":      { demands: "SafeMode", ends: "the venue answered its probes" },
  "store-breaker":      { demands: "SafeMode", ends: "the file took what was written to it again" },
  "position-mismatch":  { demands: "SafeMode", ends: "gate, books and drop copy agree again" },
  "order-mismatch":     { demands: "SafeMode", ends: "gate, books and drop copy agree again" },
  "fill-mismatch":      { demands: "SafeMode", ends: "gate, books and drop copy agree again" },
  "report-mismatch":    { demands: "SafeMode", ends: "a restart of the node" },
  "credit-mismatch":    { demands: "SafeMode", ends: "the count after trade and the gate's agree again" },
  "surveillance-gap":   { demands: "SafeMode", ends: "the feed has caught up" },
  "broker-down":        { demands: "SafeMode", ends: "the broker brings what is sent again" },
  "broker-fallback":    { demands: "SafeMode", ends: "the first broker of the class carries the topic again" },
  "gateway-lease":      { demands: "SafeMode", ends: "the broker confirms the lease under a new epoch" },
  "cluster-silence":    { demands: "SafeMode", ends: "this node hears the others again" },
  "release-mismatch":   { demands: "EmergencyShutdown", ends: "a restart of the node with what was released" },
} as const satisfies Readonly<Record<string, ConcernRule>>;

export type ConcernKind = keyof typeof CONCERNS;
export const CONCERN_KINDS = Object.keys(CONCERNS) as readonly ConcernKind[];

/** Id of a concern about `subject`, if it is about something: "stale-market:ALPHA". */
export const concernId = (kind: ConcernKind, subject = ""): string => subject === "" ? kind : `${kind}:${subject}`;

export interface ConcernFacts {
  readonly kind: ConcernKind;
  /** Of several of a kind, which. */
  readonly subject?: string;
  readonly active: boolean;
  /** One sentence. */
  readonly detail: string;
  readonly time: Micros;
}

/** The concern, demanding what the table says. */
export function concern({ kind, subject, active, detail, time }: ConcernFacts): Concern {
  return { kind: "Concern", id: concernId(kind, subject), active, demands: CONCERNS[kind].demands, detail, time };
}
