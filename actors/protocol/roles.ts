/**
 * Who may do what: one table of actions and roles, and the rules that keep duties apart.
 *
 * Everything that decides about permission reads `MATRIX`; the documentation and the tests are held against it cell by
 * cell. Persons hold roles, keys of machines hold a few actions of the person who made them.
 */

export const ROLES = [
  "viewer",
  "trader",
  "risk-officer",
  "risk-approver",
  "compliance",
  "operator",
  "auditor",
  "researcher",
  "security-admin",
] as const;
export type Role = typeof ROLES[number];

/** Each action with the roles that may take it. */
// deno-fmt-ignore
export const MATRIX = {
  /** Mode, actors, market, organisms, gate, latency, scopes, the head of the log. */
  "view":            ["viewer", "trader", "risk-officer", "risk-approver", "compliance", "operator", "auditor", "researcher"],
  /** Orders of customers, and crash records, which hold messages. Reading them goes on record. */
  "view-orders":     ["trader", "risk-officer", "risk-approver", "compliance", "operator", "auditor"],
  /** Limits with their usage, and changes that wait. */
  "view-limits":     ["viewer", "trader", "risk-officer", "risk-approver", "compliance", "operator", "auditor"],
  /** The execution feed of surveillance, and a reconciliation on demand. Reading goes on record. */
  "view-executions": ["compliance", "auditor"],
  "kill":            ["trader", "risk-officer", "risk-approver", "compliance", "operator"],
  "rearm":           ["risk-officer", "risk-approver"],
  /** Closing the positions of a scope that may only reduce. */
  "flatten":         ["risk-officer", "risk-approver"],
  "tighten-limits":  ["risk-officer", "risk-approver"],
  "propose-limits":  ["risk-officer"],
  /** The second person of a change that loosens. */
  "approve-limits":  ["risk-approver", "compliance"],
  "withdraw-limits": ["risk-officer", "risk-approver", "compliance"],
  /** Signing a statement about a review of controls. */
  "certify":         ["compliance"],
  "read-people":     ["security-admin", "compliance", "auditor"],
  "manage-people":   ["security-admin"],
  /** One's own password, sessions and keys. */
  "manage-self":     ROLES,
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type Action = keyof typeof MATRIX;
export const ACTIONS = Object.keys(MATRIX) as readonly Action[];

/**
 * What a key never may: a second person must be a person, and whoever holds a key for a while must not be able to make
 * himself a better one.
 */
const PERSONS_ONLY: readonly Action[] = [
  "rearm",
  "flatten",
  "propose-limits",
  "approve-limits",
  "withdraw-limits",
  "certify",
  "manage-people",
  "manage-self",
];
export const KEY_ACTIONS: readonly Action[] = ACTIONS.filter((action) => !PERSONS_ONLY.includes(action));

/**
 * Roles of whoever reads the token a node prints at its start, as long as nobody is enrolled: one person on one machine
 * may look, kill, re-arm and tighten, and cannot loosen a running limit, because that takes two.
 */
export const OWNER_ROLES: readonly Role[] = ["operator", "risk-officer"];

export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);
export const isAction = (text: string): text is Action => Object.hasOwn(MATRIX, text);

/** Whether any of the roles may take the action. */
export function mayAct(roles: readonly Role[], action: Action): boolean {
  return (MATRIX[action] as readonly Role[]).some((role) => roles.includes(role));
}

/** Roles nobody holds together, and why. */
export const APART: readonly { readonly roles: readonly [Role, Role]; readonly why: string }[] = [
  { roles: ["risk-officer", "risk-approver"], why: "whoever proposes a looser limit may not be who approves it" },
  { roles: ["risk-officer", "compliance"], why: "whoever proposes a looser limit may not be who approves it" },
  { roles: ["trader", "risk-officer"], why: "whoever trades may not set the limits of trading" },
  { roles: ["trader", "risk-approver"], why: "whoever trades may not set the limits of trading" },
  { roles: ["trader", "compliance"], why: "whoever trades may not watch over trading" },
  { roles: ["researcher", "risk-officer"], why: "whoever writes strategies may not set their limits" },
  { roles: ["researcher", "risk-approver"], why: "whoever writes strategies may not set their limits" },
  { roles: ["researcher", "operator"], why: "whoever writes strategies may not run them" },
  { roles: ["auditor", "trader"], why: "whoever audits may not act on what is audited" },
  { roles: ["auditor", "risk-officer"], why: "whoever audits may not act on what is audited" },
  { roles: ["auditor", "risk-approver"], why: "whoever audits may not act on what is audited" },
  { roles: ["auditor", "compliance"], why: "whoever audits may not act on what is audited" },
  { roles: ["auditor", "operator"], why: "whoever audits may not act on what is audited" },
  ...ROLES.filter((role) => role !== "security-admin").map((role) => ({
    roles: ["security-admin", role] as const,
    why: "whoever hands out roles may hold no other",
  })),
];

/** The first pair of roles that must stay apart; null when these may be held together. */
export function conflict(roles: readonly Role[]): typeof APART[number] | null {
  return APART.find(({ roles: [one, other] }) => roles.includes(one) && roles.includes(other)) ?? null;
}
