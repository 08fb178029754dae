/** Opening a scope again: causes, what may be asked, and what is shown. The rule: `actors/controls/rearm.ts`. */
import type { ScopeName, ScopeStateName } from "./control.ts";
import type { Principal } from "./access.ts";

/** Why a scope may be opened again. The list is closed; "other" is explained by the reason. */
export const REARM_CAUSES = [
  "false-alarm",
  "limit-corrected",
  "strategy-fixed",
  "data-restored",
  "venue-restored",
  "positions-reconciled",
  "drill",
  "other",
] as const;
export type RearmCause = typeof REARM_CAUSES[number];

export type RearmCommand =
  | { readonly verb: "propose"; readonly scope: ScopeName; readonly cause: RearmCause; readonly reason: string }
  | { readonly verb: "approve"; readonly id: number; readonly digest: string }
  | { readonly verb: "withdraw"; readonly id: number; readonly reason: string };

export interface RearmOutcome {
  readonly scope: ScopeName;
  /** As it is now. */
  readonly state: ScopeStateName;
  /** What waits for a second person; null when nothing does. */
  readonly proposal: { readonly id: number; readonly digest: string } | null;
}

export interface RearmProposalView {
  readonly id: number;
  readonly scope: ScopeName;
  readonly from: ScopeStateName;
  readonly to: ScopeStateName;
  readonly cause: RearmCause;
  readonly reason: string;
  readonly person: string;
  readonly role: string;
  /** Wall milliseconds. */
  readonly at: number;
  readonly digest: string;
}

export interface RearmView {
  readonly pending: readonly RearmProposalView[];
  /** How long a scope stays REDUCE_ONLY before it may become ACTIVE, milliseconds. */
  readonly quietMs: number;
}

/** What the console may ask of re-arming. Throws UserError with the code of the refusal. */
export interface RearmPort {
  view(): RearmView;
  request(by: Principal, command: RearmCommand, from: string): Promise<RearmOutcome>;
}
