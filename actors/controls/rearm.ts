/**
 * The rule about opening a scope again: a pure step from what waits to what waits next, and the state to be stored, if any.
 *
 * Two persons of different roles, a cause, and two steps: KILLED and CANCEL_ONLY become REDUCE_ONLY, and REDUCE_ONLY becomes
 * ACTIVE after a quiet time. The owner of a node without people is one person, and the record says so.
 */
import { UserError } from "../../config/errors.ts";
import type { Principal } from "../protocol/access.ts";
import type { ScopeName, ScopeStateName } from "../protocol/control.ts";
import type { RearmCause, RearmCommand } from "../protocol/rearm.ts";
import { approveSecond, digestOf, pendingOf, permit, PROPOSAL_MS, roleFor, type Waiting } from "./two_persons.ts";

export interface RearmProposal extends Waiting {
  readonly scope: ScopeName;
  readonly from: ScopeStateName;
  readonly to: "REDUCE_ONLY" | "ACTIVE";
  readonly cause: RearmCause;
  readonly reason: string;
}

export interface RearmState {
  readonly pending: readonly RearmProposal[];
  /**
   * The control page's newest request that each pending proposal, by its number, was made in sight of: whatever was stopped
   * since, the proposal did not know.
   */
  readonly seen: Readonly<Record<string, number>>;
  /** When each scope became REDUCE_ONLY by a re-arm, wall milliseconds. */
  readonly reduced: Readonly<Record<ScopeName, number>>;
  /** Number of the next change. */
  readonly next: number;
}

/** What the control page says of the scope in question. */
export interface Standing {
  readonly state: ScopeStateName;
  /** Newest request on the page, and when it was made, wall milliseconds. */
  readonly epoch: number;
  readonly requested: number;
}

export interface RearmStep {
  readonly state: RearmState;
  readonly scope: ScopeName;
  readonly proposal: RearmProposal | null;
  /** What is to be stored, and why; null for nothing. */
  readonly store: { readonly to: "REDUCE_ONLY" | "ACTIVE"; readonly reason: string } | null;
  /** For the audit log. */
  readonly event: Readonly<Record<string, unknown>> & { readonly action: string };
}

/** `now` in wall milliseconds. Throws UserError; the state is then as before. */
export function decideRearm(
  state: RearmState,
  by: Principal,
  command: RearmCommand,
  now: number,
  standing: (scope: ScopeName) => Standing,
  quietMs: number,
): RearmStep {
  permit(by, "rearm");
  if (by.kind === "machine") throw new UserError("ROLE_FORBIDDEN", "a machine opens nothing again: log in as a person");
  const current = dropLapsed(state, now);
  switch (command.verb) {
    case "propose":
      return propose(current, by, command, now, standing(command.scope), quietMs);
    case "approve":
      return approve(current, by, command, now, standing, quietMs);
    case "withdraw":
      return withdraw(current, command);
  }
}

type Of<V extends RearmCommand["verb"]> = Extract<RearmCommand, { verb: V }>;

function propose(
  state: RearmState,
  by: Principal,
  { scope, cause, reason }: Of<"propose">,
  now: number,
  standing: Standing,
  quietMs: number,
): RearmStep {
  const { state: from, epoch } = standing;
  if (from === "ACTIVE") throw new UserError("REARM_ACTIVE", `${scope} is ACTIVE already`);
  const to = from === "REDUCE_ONLY" ? "ACTIVE" : "REDUCE_ONLY";
  if (to === "ACTIVE") refuseEarly(state, scope, now, standing, quietMs);
  const other = state.pending.find((one) => one.scope === scope);
  if (other !== undefined) {
    throw new UserError("CHANGE_OVERLAPS", `change ${other.id} of ${scope} waits already: approve or withdraw it`);
  }
  const { person } = by;
  const proposal = {
    id: state.next,
    scope,
    from,
    to,
    cause,
    reason,
    person,
    role: roleFor(by, "rearm"),
    at: now,
  } as const;
  const next = { ...state, next: state.next + 1 };
  // Nobody is enrolled: there is no second person to ask, and the record says that there was none.
  if (by.kind === "owner") return open(next, proposal, now, { alone: true });
  return {
    state: {
      ...next,
      pending: [...state.pending, proposal],
      seen: { ...state.seen, [proposal.id]: epoch },
    },
    scope,
    proposal,
    store: null,
    event: { action: "rearm-proposed", ...proposal, digest: digestOf(proposal) },
  };
}

function approve(
  state: RearmState,
  by: Principal,
  { id, digest }: Of<"approve">,
  now: number,
  standingOf: (scope: ScopeName) => Standing,
  quietMs: number,
): RearmStep {
  const proposal = pendingOf(state.pending, state.next, id);
  approveSecond(by, "rearm", proposal, digest, now);
  const { scope, from, to, person } = proposal;
  const standing = standingOf(scope);
  if (standing.state !== from) {
    throw new UserError("CHANGE_STALE", `${scope} is ${standing.state} and not ${from} any more: propose it again`);
  }
  if (standing.epoch !== state.seen[id]) {
    throw new UserError(
      "CHANGE_STALE",
      `something was stopped since change ${id} was proposed: look at it, withdraw the change, and propose it again`,
    );
  }
  if (to === "ACTIVE") refuseEarly(state, scope, now, standing, quietMs);
  return open(without(state, id), proposal, now, { alone: false, proposedBy: person, digest });
}

function withdraw(state: RearmState, { id, reason }: Of<"withdraw">): RearmStep {
  const proposal = pendingOf(state.pending, state.next, id);
  return {
    state: without(state, id),
    scope: proposal.scope,
    proposal: null,
    store: null,
    event: { action: "rearm-withdrawn", id, scope: proposal.scope, reason },
  };
}

function open(
  state: RearmState,
  proposal: RearmProposal,
  now: number,
  how: Readonly<Record<string, unknown>>,
): RearmStep {
  const { scope, to, cause, reason } = proposal;
  const { [scope]: _, ...reduced } = state.reduced;
  return {
    state: { ...state, reduced: to === "REDUCE_ONLY" ? { ...reduced, [scope]: now } : reduced },
    scope,
    proposal: null,
    store: { to, reason: `${cause}: ${reason}` },
    event: { action: "rearmed", ...proposal, ...how },
  };
}

/** A request on the page is at least as new as the one that made this scope REDUCE_ONLY, where nothing else is known. */
function refuseEarly(
  { reduced }: RearmState,
  scope: ScopeName,
  now: number,
  standing: Standing,
  quietMs: number,
): void {
  const since = reduced[scope] ?? standing.requested;
  if (now - since >= quietMs) return;
  const left = Math.min(quietMs, Math.max(0, quietMs - (now - since)));
  throw new UserError(
    "REARM_QUIET",
    `${scope} has to stay REDUCE_ONLY for another ${Math.ceil(left / 1000)} s before it may become ACTIVE`,
  );
}

function without(state: RearmState, id: number): RearmState {
  const { [id]: _, ...seen } = state.seen;
  return { ...state, seen, pending: state.pending.filter((one) => one.id !== id) };
}

const dropLapsed = (state: RearmState, now: number): RearmState =>
  state.pending.filter((one) => now >= one.at + PROPOSAL_MS).reduce((left, { id }) => without(left, id), state);

/** A store of the desk itself tells those who wait nothing new: what they had in sight moves on with it. */
export function seenAfter(state: RearmState, before: number, after: number): RearmState {
  const seen = Object.entries(state.seen).map(([id, epoch]) => [id, epoch === before ? after : epoch] as const);
  return { ...state, seen: Object.fromEntries(seen) };
}
