/**
 * System modes: how far the node is allowed to trade, as a pure function of the concerns that are active.
 *
 * FullPerformance: trade. SafeMode: only orders that reduce a position. EmergencyShutdown: gate shut, resting orders
 * cancelled; left only by an explicit re-arm, never by itself.
 */

export type SystemMode = "FullPerformance" | "SafeMode" | "EmergencyShutdown";

/** A reason to leave FullPerformance, or, with `active` false, the end of one. */
export interface ConcernReport {
  /** Stable name, for example "stale-market:ALPHA". */
  readonly id: string;
  readonly active: boolean;
  /** How far the concern pushes the mode while it is active. */
  readonly demands: "SafeMode" | "EmergencyShutdown";
  /** One sentence for people. */
  readonly detail: string;
}
