/** What whoever looks at the page may do, and a sentence on why not. The node decides; the page only says it beforehand. */
import type { ProposalView } from "../../protocol/limits.ts";
import { type Action, MATRIX, mayAct, OWNER_ROLES } from "../../protocol/roles.ts";
import type { Self } from "./state.ts";

/** Whoever is logged in, and whether a token was entered in place of a log-in. */
export interface Looker {
  readonly self: Self | null;
  readonly token: boolean;
}

/** Null when the action may be taken. */
export function whyNot(action: Action, { self, token }: Looker): string | null {
  const takes = MATRIX[action].join(" or ");
  if (self !== null) {
    return self.actions.includes(action) ? null : `This takes a ${takes}; you are ${self.roles.join(", ") || "none"}.`;
  }
  if (!token) return "Log in, or enter the token, first.";
  return mayAct(OWNER_ROLES, action) ? null : `This takes a second person, a ${takes}: enrol people first.`;
}

/** Null when the change may be approved; the same rule as the limits desk, said before it is asked. */
export function whyNotApprove(change: ProposalView, looker: Looker): string | null {
  if (looker.self?.id === change.person) {
    return "You proposed this, so somebody else of another role has to approve it.";
  }
  const refused = whyNot("approve-limits", looker);
  if (refused !== null) return refused;
  if (looker.self?.roles.includes(change.role) === true) {
    return `It was proposed by a ${change.role}, so another role has to approve it.`;
  }
  return null;
}
