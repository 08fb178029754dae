/**
 * The supervision tree of a node.
 *
 *     node                    one_for_one; a branch that gives up shuts the node down or into SafeMode
 *     ├─ control              mode-controller, limits-desk
 *     ├─ guard                guardian, surveillance, drop-copy, bookkeeper, market-watch
 *     ├─ venue                the exchange of the feed
 *     ├─ market               who moves it: a crowd, a recording, or bars
 *     ├─ organisms            one child per organism, each on its own
 *     ├─ people               flattener: the orders that people ask for
 *     └─ chaos                only with --chaos
 */
import type { Config } from "../../config/mod.ts";
import { type Backoff, type ChildSpec, type SupervisorSpec, worker } from "../../supervision/mod.ts";
import { dropCopy, type DropCopyArgs } from "../auditors/drop_copy.ts";
import { surveillance, type SurveillanceArgs } from "../auditors/surveillance.ts";
import { limitsDesk, type LimitsDeskArgs } from "../controls/mod.ts";
import { guardian, type GuardianArgs } from "../guardians/guardian.ts";
import { marketWatch, type MarketWatchArgs } from "../guardians/market_watch.ts";
import { modeController, type ModeControllerArgs } from "../guardians/mode_controller.ts";
import { bookkeeper, type BookkeeperArgs } from "./bookkeeper.ts";
import { chaos, type ChaosArgs } from "./chaos.ts";
import { GATE, MODE_CONTROL, mustHold, SENDS_ORDERS, VENUE } from "./tree_rules.ts";

export interface TreeParts {
  readonly mode: ModeControllerArgs;
  readonly limits: LimitsDeskArgs;
  readonly guardian: GuardianArgs;
  readonly surveillance: SurveillanceArgs;
  readonly dropCopy: DropCopyArgs;
  readonly bookkeeper: BookkeeperArgs;
  readonly marketWatch: MarketWatchArgs;
  readonly venue: ChildSpec;
  readonly market: readonly ChildSpec[];
  readonly organisms: readonly ChildSpec[];
  readonly flattener: ChildSpec;
  /** Absent unless crashes on purpose are wanted. */
  readonly chaos: ChaosArgs | null;
}

export const ROOT = "node";
export const GUARD_BRANCH = `/${ROOT}/guard`;
export const LIMITS_DESK = `/${ROOT}/control/limits-desk`;
export const VENUE_BRANCH = `/${ROOT}/venue`;

/** Path of an organism's actor. */
export const organismPath = (id: string): string => `/${ROOT}/organisms/${id}`;

export function nodeTree(config: Config["supervision"], parts: TreeParts): SupervisorSpec {
  const { intensity, periodMs } = config;
  const backoff: Backoff = {
    initialMs: config.backoffInitialMs,
    maxMs: config.backoffMaxMs,
    factor: config.backoffFactor,
    jitter: config.backoffJitter,
    resetAfterMs: config.backoffResetMs,
  };
  const branch = (id: string, children: readonly ChildSpec[], more: Partial<SupervisorSpec> = {}): SupervisorSpec => ({
    id,
    strategy: "one_for_one",
    intensity,
    periodMs,
    children,
    ...more,
  });
  const tagged = (child: ChildSpec, tag: string, more: { readonly backoff?: Backoff } = {}) =>
    ({ ...child, ...more, tags: [...child.tags ?? [], tag] }) as ChildSpec;
  return mustHold({
    id: ROOT,
    strategy: "one_for_one",
    intensity,
    periodMs,
    onGiveUp: "halt",
    children: [
      branch("control", [
        worker("mode-controller", modeController, parts.mode, { tags: [MODE_CONTROL] }),
        worker("limits-desk", limitsDesk, parts.limits),
      ], { onGiveUp: "halt" }),
      branch("guard", [
        worker("guardian", guardian, parts.guardian, { tags: [GATE] }),
        worker("surveillance", surveillance, parts.surveillance),
        worker("drop-copy", dropCopy, parts.dropCopy),
        worker("bookkeeper", bookkeeper, parts.bookkeeper),
        worker("market-watch", marketWatch, parts.marketWatch),
      ], { onGiveUp: "halt" }),
      branch("venue", [tagged(parts.venue, VENUE)], { onGiveUp: "halt" }),
      branch("market", parts.market, { onGiveUp: "safe-mode" }),
      // An organism that keeps failing is left down; its siblings trade on.
      branch("organisms", parts.organisms.map((child) => tagged(child, SENDS_ORDERS, { backoff })), {
        onGiveUp: "safe-mode",
      }),
      branch("people", [tagged(parts.flattener, SENDS_ORDERS)], { onGiveUp: "safe-mode" }),
      ...(parts.chaos ? [worker("chaos", chaos, parts.chaos)] : []),
    ],
  });
}
