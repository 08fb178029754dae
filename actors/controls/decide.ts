/**
 * The rule about limits: a pure step from what is in force and what waits to what is in force and waits next.
 *
 * Tightening takes one person and counts at once. Loosening takes two persons of different roles, and may be for a time,
 * after which it goes back by itself. The step decides and describes; the keeper records, stores and loads.
 */
import { type Config, configHash, UserError } from "../../config/mod.ts";
import type { Principal } from "../protocol/access.ts";
import type { LimitRef, LimitsCommand, LimitUsage, LimitValue } from "../protocol/limits.ts";
import type { Role } from "../protocol/roles.ts";
import { compareLooseness, valueOf, withLimit } from "./names.ts";
import { approveSecond, digestOf, pendingOf, permit, PROPOSAL_MS, roleFor } from "./two_persons.ts";

/** Longest time a temporary limit may hold. */
export const LONGEST_MS = 31 * 24 * 60 * 60_000;

export interface Proposal {
  readonly id: number;
  readonly ref: LimitRef;
  readonly from: LimitValue;
  readonly to: LimitValue;
  readonly reason: string;
  readonly person: string;
  readonly role: Role;
  readonly usage: LimitUsage;
  readonly at: number;
  readonly expires: number | null;
}

/** A loosening that goes back by itself. */
export interface Temporary {
  readonly id: number;
  readonly ref: LimitRef;
  readonly value: LimitValue;
  readonly back: LimitValue;
  readonly until: number;
}

export interface State {
  readonly config: Config;
  readonly pending: readonly Proposal[];
  readonly temporary: readonly Temporary[];
  /** Number of the next change. */
  readonly next: number;
}

export interface Step {
  readonly state: State;
  readonly id: number;
  readonly lowered: readonly LimitRef[];
  /** For the audit log. */
  readonly event: Readonly<Record<string, unknown>> & { readonly action: string };
  /** One sentence for the firm. */
  readonly alert: string;
}

export const nameOf = ({ scope, limit, instrument }: LimitRef): string =>
  instrument === null ? `${limit} of ${scope}` : `${limit} of ${scope} in ${instrument}`;
const textOf = (value: LimitValue): string => (value === null ? "none" : String(value));

/** `now` in wall milliseconds. Throws UserError; the state is then as before. */
export function decide(state: State, by: Principal, command: LimitsCommand, now: number, usage: LimitUsage): Step {
  switch (command.verb) {
    case "tighten":
      return tighten(state, by, command);
    case "propose":
      return propose(state, by, command, now, usage);
    case "approve":
      return approve(state, by, command, now);
    case "withdraw":
      return withdraw(state, by, command);
  }
}

type Of<V extends LimitsCommand["verb"]> = Extract<LimitsCommand, { verb: V }>;

function tighten(state: State, by: Principal, { ref, value, reason }: Of<"tighten">): Step {
  permit(by, "tighten-limits");
  const from = valueOf(state.config, ref);
  const { config, lowered } = withLimit(state.config, ref, value, true);
  const to = valueOf(config, ref);
  const looseness = compareLooseness(config, ref, to, from);
  if (looseness > 0) {
    throw new UserError(
      "LIMIT_LOOSENS",
      `${nameOf(ref)} is ${textOf(from)} now, and ${textOf(to)} is looser: propose it`,
    );
  }
  if (looseness === 0) throw unchanged(ref, from);
  return {
    state: { ...state, config, next: state.next + 1 },
    id: state.next,
    lowered,
    event: { action: "limit-tightened", id: state.next, ...ref, from, to, reason, lowered, ...hashes(state, config) },
    alert: `${by.id} tightened ${nameOf(ref)} from ${textOf(from)} to ${textOf(to)}: ${reason}`,
  };
}

function propose(
  state: State,
  by: Principal,
  { ref, value, reason, expires }: Of<"propose">,
  now: number,
  usage: LimitUsage,
): Step {
  permit(by, "propose-limits");
  if (by.kind === "machine") throw new UserError("ROLE_FORBIDDEN", "a machine proposes nothing: log in as a person");
  const from = valueOf(state.config, ref);
  const { config } = withLimit(state.config, ref, value, false);
  const to = valueOf(config, ref);
  const looseness = compareLooseness(config, ref, to, from);
  if (looseness < 0) {
    throw new UserError(
      "LIMIT_TIGHTENS",
      `${nameOf(ref)} is ${textOf(from)} now, and ${textOf(to)} is tighter: tighten it`,
    );
  }
  if (looseness === 0) throw unchanged(ref, from);
  if (expires !== null && !(expires > now && expires <= now + LONGEST_MS)) {
    throw new UserError("LIMIT_EXPIRY", "a temporary limit ends after now and within 31 days: give another time");
  }
  refuseOverlap(state, ref);
  const role = roleFor(by, "propose-limits");
  const proposal: Proposal = {
    id: state.next,
    ref,
    from,
    to,
    reason,
    person: by.person,
    role,
    usage,
    at: now,
    expires,
  };
  return {
    state: { ...state, pending: [...state.pending, proposal], next: state.next + 1 },
    id: proposal.id,
    lowered: [],
    event: { action: "limit-proposed", ...proposal, digest: digestOf(proposal), ...hashes(state, config) },
    alert: `${by.id} proposes ${nameOf(ref)} from ${textOf(from)} to ${textOf(to)}, change ${proposal.id}: ${reason}`,
  };
}

function approve(state: State, by: Principal, { id, digest, reason: why = "" }: Of<"approve">, now: number): Step {
  permit(by, "approve-limits");
  if (by.kind === "machine") throw new UserError("ROLE_FORBIDDEN", "a machine approves nothing: log in as a person");
  const proposal = pendingOf(state.pending, state.next, id);
  approveSecond(by, "approve-limits", proposal, digest, now);
  const { ref, from, to, expires } = proposal;
  if (valueOf(state.config, ref) !== from) {
    throw new UserError("CHANGE_STALE", `${nameOf(ref)} is not ${textOf(from)} any more: propose it again`);
  }
  refuseOverlap({ ...state, pending: [] }, ref);
  const { config } = withLimit(state.config, ref, to, false);
  const temporary = expires === null ? [] : [{ id, ref, value: to, back: from, until: expires }];
  return {
    state: {
      ...state,
      config,
      pending: state.pending.filter((one) => one.id !== id),
      temporary: [...state.temporary, ...temporary],
    },
    id,
    lowered: [],
    event: {
      action: "limit-loosened",
      ...proposal,
      proposedBy: proposal.person,
      approvedBecause: why,
      digest,
      ...hashes(state, config),
    },
    alert: `${by.id} approved change ${id} of ${proposal.person}: ${nameOf(ref)} from ${textOf(from)} to ${textOf(to)}${
      expires === null ? "" : ` until ${new Date(expires).toISOString()}`
    }${why === "" ? "" : `: ${why}`}`,
  };
}

function withdraw(state: State, by: Principal, { id, reason }: Of<"withdraw">): Step {
  permit(by, "withdraw-limits");
  const temporary = state.temporary.find((one) => one.id === id);
  if (temporary !== undefined) return goBack(state, temporary, `${by.id} withdrew`, reason);
  const proposal = pendingOf(state.pending, state.next, id);
  return {
    state: { ...state, pending: state.pending.filter((one) => one.id !== id) },
    id,
    lowered: [],
    event: { action: "limit-withdrawn", id, ...proposal.ref, reason, ...hashes(state, state.config) },
    alert: `${by.id} withdrew change ${id}, ${nameOf(proposal.ref)}: ${reason}`,
  };
}

/** Steps that time alone causes: temporary limits that go back, proposals that lapse. */
export function passTime(state: State, now: number): Step | null {
  const due = state.temporary.find((one) => now >= one.until);
  if (due !== undefined) return goBack(state, due, "the end of", "its time is over");
  const lapsed = state.pending.find((one) => now >= one.at + PROPOSAL_MS);
  return lapsed === undefined ? null : drop(state, lapsed, "nobody decided on it in time");
}

/**
 * A clock that jumped says nothing about when anything ends: what was loosened for a time goes back now, and what waits
 * has to be proposed anew. Null when there is neither.
 */
export function distrustClock(state: State): Step | null {
  const [temporary] = state.temporary;
  if (temporary !== undefined) return goBack(state, temporary, "a clock that jumped ended", "its end cannot be known");
  const [proposal] = state.pending;
  return proposal === undefined ? null : drop(state, proposal, "the clock jumped");
}

function drop(state: State, proposal: Proposal, reason: string): Step {
  return {
    state: { ...state, pending: state.pending.filter((one) => one !== proposal) },
    id: proposal.id,
    lowered: [],
    event: { action: "limit-lapsed", id: proposal.id, ...proposal.ref, reason, ...hashes(state, state.config) },
    alert: `change ${proposal.id}, ${nameOf(proposal.ref)}, lapsed: ${reason}`,
  };
}

/** A limit that somebody tightened further in the meantime stays as it is. */
function goBack(state: State, temporary: Temporary, whose: string, reason: string): Step {
  const { id, ref, back } = temporary;
  const from = valueOf(state.config, ref);
  const tighter = compareLooseness(state.config, ref, from, back) <= 0;
  const { config, lowered } = tighter
    ? { config: state.config, lowered: [] }
    : withLimit(state.config, ref, back, true);
  const to = valueOf(config, ref);
  return {
    state: { ...state, config, temporary: state.temporary.filter((one) => one !== temporary) },
    id,
    lowered,
    event: { action: "limit-reverted", id, ...ref, from, to, reason, lowered, ...hashes(state, config) },
    alert: `${whose} change ${id}: ${nameOf(ref)} goes from ${textOf(from)} back to ${textOf(to)}: ${reason}`,
  };
}

const sameRef = (a: LimitRef, b: LimitRef): boolean =>
  a.scope === b.scope && a.limit === b.limit && a.instrument === b.instrument;

function refuseOverlap({ pending, temporary }: State, ref: LimitRef): void {
  const other = [...pending, ...temporary].find((one) => sameRef(one.ref, ref));
  if (other === undefined) return;
  throw new UserError("CHANGE_OVERLAPS", `change ${other.id} of ${nameOf(ref)} is not over: withdraw it first`);
}

function unchanged(ref: LimitRef, value: LimitValue): UserError {
  return new UserError("LIMIT_UNCHANGED", `${nameOf(ref)} is ${textOf(value)} already`);
}

function hashes(before: State, after: Config) {
  return { hashBefore: configHash(before.config), hashAfter: configHash(after) };
}
