/**
 * Names of the control scopes. The page outlives the configuration, so states are carried over by name, never by slot:
 * an organism that was killed yesterday is killed today even if the list in front of it grew.
 */
import {
  ACCOUNT_SCOPE_BASE,
  CUSTOMER_SCOPE_BASE,
  FIRM_SCOPE,
  INSTRUMENT_SCOPE_BASE,
  INSTRUMENT_SCOPE_LAST,
  SCOPE_COUNT,
  ScopeState,
  STRATEGY_SCOPE_LAST,
} from "../../ffi/layout.gen.ts";
import { UserError } from "../../config/errors.ts";
import type { Config } from "../../config/mod.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import { SCOPE_STATES, type ScopeName, type ScopeStateName } from "../protocol/control.ts";

export const FIRM = "firm";
export const organismScope = (id: string): string => `organism:${id}`;
export const instrumentScope = (symbol: string): string => `instrument:${symbol}`;
export const accountScope = (id: string): string => `account:${id}`;
export const customerScope = (id: string): string => `customer:${id}`;

/** Who has a word of his own: the tree of a configuration, and what it trades. */
export interface NamedTree {
  readonly customers: readonly { readonly id: string }[];
  readonly accounts: readonly { readonly id: string; readonly customer: string }[];
  /** `organisms[i]` is strategy i + 1. */
  readonly organisms: readonly { readonly id: string; readonly account: string }[];
  /** `symbols[i]` is instrument i. */
  readonly symbols: readonly string[];
}

export const treeOf = (
  { customers, accounts, organisms }: Pick<Config, "customers" | "accounts" | "organisms">,
  instruments: readonly { readonly symbol: string }[],
): NamedTree => ({ customers, accounts, organisms, symbols: instruments.map(({ symbol }) => symbol) });

/** The slots of each kind of scope, and what to say when they are not enough. */
const KINDS = {
  "organism": { first: 1, last: STRATEGY_SCOPE_LAST, code: "TOO_MANY_ORGANISMS" },
  "instrument": { first: INSTRUMENT_SCOPE_BASE, last: INSTRUMENT_SCOPE_LAST, code: "TOO_MANY_INSTRUMENTS" },
  "customer": { first: CUSTOMER_SCOPE_BASE, last: ACCOUNT_SCOPE_BASE - 1, code: "TOO_MANY_CUSTOMERS" },
  "account": { first: ACCOUNT_SCOPE_BASE, last: SCOPE_COUNT - 1, code: "TOO_MANY_ACCOUNTS" },
} as const;
type Kind = keyof typeof KINDS;

const idsOf = ({ customers, accounts, organisms, symbols }: NamedTree): Readonly<Record<Kind, readonly string[]>> => ({
  organism: organisms.map(({ id }) => id),
  instrument: symbols,
  customer: customers.map(({ id }) => id),
  account: accounts.map(({ id }) => id),
});

/** Throws a UserError when somebody would have no word to be stopped by. */
export function refuseWithoutWords(tree: NamedTree): void {
  for (const [kind, ids] of Object.entries(idsOf(tree)) as [Kind, readonly string[]][]) {
    const { first, last, code } = KINDS[kind];
    const most = last - first + 1;
    if (ids.length > most) {
      throw new UserError(
        code,
        `${ids.length} ${kind}s: a node holds at most ${most}, each with a kill word of its own`,
      );
    }
  }
}

/** Lays the names of this run on the page, and who stands above whom. */
export function nameScopes(page: ControlPage, tree: NamedTree, wallNanos: number): void {
  const ids = idsOf(tree);
  const wanted = new Map<number, string>([[FIRM_SCOPE, FIRM]]);
  for (const kind of Object.keys(KINDS) as Kind[]) {
    ids[kind].forEach((id, i) => wanted.set(KINDS[kind].first + i, `${kind}:${id}`));
  }
  const configured = new Set(wanted.values());

  const states = new Map<string, number>();
  for (let slot = 1; slot < SCOPE_COUNT; slot++) {
    const name = page.name(slot);
    if (name !== "") states.set(name, page.scope(slot));
  }
  if (page.name(FIRM_SCOPE) !== FIRM) page.setName(FIRM_SCOPE, FIRM);
  for (const [name, state] of states) {
    if (state === ScopeState.Active || configured.has(name)) continue;
    // A killed scope that this configuration does not name waits in a free slot for the day it does again.
    const { first, last } = KINDS[name.slice(0, name.indexOf(":")) as Kind] ?? KINDS.organism;
    let free = first;
    while (free <= last && wanted.has(free)) free++;
    if (free > last) {
      throw new UserError(
        "NO_WORD_LEFT",
        `the state of ${name} has no place beside this configuration: re-arm it first`,
      );
    }
    wanted.set(free, name);
  }
  placeScopes(page, tree);
  for (let slot = 1; slot < SCOPE_COUNT; slot++) {
    const name = wanted.get(slot) ?? "";
    const state = states.get(name) ?? ScopeState.Active;
    if (page.name(slot) !== name) page.setName(slot, name);
    if (page.scope(slot) !== state) {
      page.request(slot, state, `state of ${name || "an unused scope"} carried over`, "node", wallNanos);
    }
  }
}

/** Who stands above whom: what stops the one stops the other. */
function placeScopes(page: ControlPage, { customers, accounts, organisms }: NamedTree): void {
  const slots = (base: number, of: readonly { readonly id: string }[]) =>
    new Map(of.map(({ id }, i) => [id, base + i] as const));
  const customerSlots = slots(CUSTOMER_SCOPE_BASE, customers);
  const accountSlots = slots(ACCOUNT_SCOPE_BASE, accounts);
  const above = new Map<number, number>();
  accounts.forEach(({ id, customer }) => above.set(accountSlots.get(id)!, customerSlots.get(customer)!));
  organisms.forEach(({ account }, i) => above.set(i + 1, accountSlots.get(account)!));
  for (let slot = 1; slot < SCOPE_COUNT; slot++) {
    const wanted = above.get(slot) ?? FIRM_SCOPE;
    if (page.above(slot) !== wanted) page.setAbove(slot, wanted);
  }
}

/** Slots of the scopes that have a name, the firm's first: everybody who can be stopped. */
export function namedSlots(page: ControlPage): readonly number[] {
  const slots = [FIRM_SCOPE];
  for (let slot = 1; slot < SCOPE_COUNT; slot++) if (page.name(slot) !== "") slots.push(slot);
  return slots;
}

/** Slot of a scope, or a sentence that lists the known ones. */
export function findScope(control: ControlPage, scope: ScopeName): number {
  const slot = scope === FIRM ? FIRM_SCOPE : control.find(scope);
  if (slot === null) {
    throw new UserError(
      "UNKNOWN_SCOPE",
      `no scope "${scope}": use ${FIRM}, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>`,
    );
  }
  return slot;
}

/** Throws KILL_LOOSENS when the scope is stricter than `state` already: opening it is a re-arm. */
export function refuseLooser(control: ControlPage, slot: number, state: number): void {
  const now = control.scope(slot);
  if (now <= state) return;
  throw new UserError(
    "KILL_LOOSENS",
    `${control.name(slot) || FIRM} is ${SCOPE_STATES[now]} already, and ${SCOPE_STATES[state]} is looser: re-arm it`,
  );
}

/** Names of the scopes that are killed now. */
export function killedScopes(control: ControlPage): string[] {
  return namedSlots(control)
    .filter((slot) => control.scope(slot) === ScopeState.Killed)
    .map((slot) => control.name(slot) || FIRM);
}

/** Scopes that are not ACTIVE now, with their states. */
export function strictScopes(control: ControlPage): { readonly scope: ScopeName; readonly state: ScopeStateName }[] {
  return namedSlots(control)
    .filter((slot) => control.scope(slot) !== ScopeState.Active)
    .map((slot) => ({ scope: control.name(slot) || FIRM, state: SCOPE_STATES[control.scope(slot)] }));
}
