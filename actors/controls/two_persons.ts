/**
 * What takes two persons: the second is another person of another role, and approves exactly what was proposed, once, in
 * time. Limits and re-arms go by the same rule.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../config/hash.ts";
import { UserError } from "../../config/errors.ts";
import type { Principal } from "../protocol/access.ts";
import { type Action, MATRIX, mayAct, type Role } from "../protocol/roles.ts";

/** A proposal that nobody decided on for this long lapses. */
export const PROPOSAL_MS = 24 * 60 * 60_000;

export interface Waiting {
  readonly id: number;
  /** Who proposed it, and the role that allowed it. */
  readonly person: string;
  readonly role: Role;
  /** Wall milliseconds. */
  readonly at: number;
  /** When it would end by itself; absent or null: it would not. */
  readonly expires?: number | null;
}

/**
 * Names exactly this proposal, for its approval: 64 bits of the SHA-256 of its canonical JSON. Who proposed it is left out, for
 * it stands on record: a hash over a name and what everybody may read is found by trying names.
 */
export function digestOf({ person: _, ...proposal }: Waiting): string {
  return createHash("sha256").update(canonicalJson(proposal)).digest("hex").slice(0, 16);
}

/** Throws ROLE_FORBIDDEN. */
export function permit(by: Principal, action: Action): void {
  if (by.actions.includes(action) && mayAct(by.roles, action)) return;
  throw new UserError("ROLE_FORBIDDEN", `${by.id} may not ${action}: that takes one of ${MATRIX[action].join(", ")}`);
}

/** The role by which `by` may take the action. */
export const roleFor = (by: Principal, action: Action): Role => by.roles.find((role) => mayAct([role], action))!;

/** The proposal of that number. Throws CHANGE_DECIDED or UNKNOWN_CHANGE. */
export function pendingOf<P extends Waiting>(pending: readonly P[], next: number, id: number): P {
  const proposal = pending.find((one) => one.id === id);
  if (proposal !== undefined) return proposal;
  if (id >= 1 && id < next) {
    throw new UserError(
      "CHANGE_DECIDED",
      `change ${id} does not wait any more: it was decided on, withdrawn, or lapsed`,
    );
  }
  throw new UserError("UNKNOWN_CHANGE", `there is no change ${id}: look at the list of those that wait`);
}

/**
 * Lets `by` approve `proposal`. Throws ROLE_FORBIDDEN, APPROVAL_DIGEST, SAME_PERSON, SAME_ROLE or CHANGE_LAPSED.
 * `now` in wall milliseconds.
 */
export function approveSecond(by: Principal, action: Action, proposal: Waiting, digest: string, now: number): void {
  const { id, person, role, at, expires = null } = proposal;
  if (digest !== digestOf(proposal)) {
    throw new UserError("APPROVAL_DIGEST", `the digest is not that of change ${id}: look at it again before approving`);
  }
  if (by.person === person) {
    throw new UserError("SAME_PERSON", `${by.person} proposed change ${id}, so somebody else has to approve it`);
  }
  const another = by.roles.some((held) => held !== role && mayAct([held], action));
  if (!another || by.roles.includes(role)) {
    throw new UserError("SAME_ROLE", `change ${id} was proposed by a ${role}, so another role has to approve it`);
  }
  if (now >= at + PROPOSAL_MS || (expires !== null && now >= expires)) {
    throw new UserError("CHANGE_LAPSED", `change ${id} waited for too long: propose it again`);
  }
}
