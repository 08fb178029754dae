/**
 * Makes a scope stricter on the control page from outside the node and waits for the node to carry it out.
 *
 * The store itself shuts the gate: the next order the node looks at is refused, even if its event loop is busy or hangs.
 * What the wait adds is the confirmation that resting orders are cancelled.
 */
import { ScopeState } from "../ffi/layout.gen.ts";
import { ControlPage } from "../ffi/mod.ts";
import { UserError } from "../config/errors.ts";
import { nearest } from "../config/nearest.ts";
import { namedSlots, refuseLooser } from "../actors/node/scopes.ts";
import { isHeld, requireNodeDirectory } from "./data_dir.ts";

export const FIRM = "firm";
/** The node has this long to confirm before the caller hears that it has not. */
export const CONFIRM_MS = 2_000;
const LOOK_MS = 1;

export interface ScopeRequest {
  readonly directory: string;
  readonly scope: string;
  /** A `ScopeState`. */
  readonly state: number;
  readonly reason: string;
  readonly actor: string;
}

export interface ScopeOutcome {
  readonly scope: string;
  readonly state: string;
  readonly previous: string;
  readonly epoch: number;
  /** No decision numbered above this accepted. */
  readonly gateSequence: number;
  /** From the decision to act to the word being stored. */
  readonly gateShutMicros: number;
  readonly nodeRunning: boolean;
  readonly confirmed: boolean;
  /** From the store to the node's last confirmed cancel, as seen from here; null when not confirmed. */
  readonly confirmedMillis: number | null;
  readonly cancelled: number;
  readonly unknown: number;
}

const STATE_NAMES: Readonly<Record<number, string>> = {
  [ScopeState.Active]: "ACTIVE",
  [ScopeState.ReduceOnly]: "REDUCE_ONLY",
  [ScopeState.CancelOnly]: "CANCEL_ONLY",
  [ScopeState.Killed]: "KILLED",
};

/** Throws UserError NO_DATA_DIR, UNKNOWN_SCOPE or KILL_LOOSENS, NativeError when the page cannot be used. */
export async function requestScope(request: ScopeRequest): Promise<ScopeOutcome> {
  requireNodeDirectory(request.directory);
  using page = ControlPage.open(request.directory);
  const slot = slotOf(page, request.scope);
  const previous = STATE_NAMES[page.scope(slot)] ?? "unknown";

  const before = performance.now();
  const wallNanos = Math.round((performance.timeOrigin + before) * 1_000) * 1_000;
  const { epoch, gateSequence } = page.tighten(slot, request.state, request.reason, request.actor, wallNanos);
  const stored = performance.now();
  refuseLooser(page, slot, request.state);

  const { nodeRunning, confirmed } = await carriedOut(page, request.directory, epoch);
  const header = page.header();
  return {
    scope: request.scope,
    state: STATE_NAMES[request.state],
    previous,
    epoch,
    gateSequence,
    gateShutMicros: Math.round((stored - before) * 1_000),
    nodeRunning,
    confirmed,
    confirmedMillis: confirmed ? Math.round((performance.now() - stored) * 100) / 100 : null,
    cancelled: confirmed ? header.doneCancelled : 0,
    unknown: confirmed ? header.doneUnknown : 0,
  };
}

/** Waits until the node has carried the request out, if there is one. */
export async function carriedOut(page: ControlPage, directory: string, epoch: number) {
  const nodeRunning = page.header().ownerPid !== 0 && isHeld(directory);
  const confirmed = nodeRunning && await waitFor(() => page.header().doneEpoch >= epoch);
  return { nodeRunning, confirmed };
}

async function waitFor(condition: () => boolean): Promise<boolean> {
  const end = performance.now() + CONFIRM_MS;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

function slotOf(page: ControlPage, scope: string): number {
  const slot = scope === FIRM ? 0 : page.find(scope);
  if (slot !== null) return slot;
  const known = knownScopes(page);
  const near = nearest(scope, known);
  throw new UserError(
    "UNKNOWN_SCOPE",
    `there is no scope "${scope}": ${near === undefined ? "" : `did you mean ${near}? `}known are ${known.join(", ")}`,
  );
}

function knownScopes(page: ControlPage): string[] {
  return namedSlots(page).map((slot) => page.name(slot) || FIRM);
}

/** Who stands behind a command, for the record. */
export function operatorName(): string {
  return `cli:${Deno.env.get("USER") ?? Deno.env.get("USERNAME") ?? "unknown"}`;
}
