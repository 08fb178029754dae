/**
 * Names of the control scopes. The page outlives the configuration, so states are carried over by name, never by slot:
 * an organism that was killed yesterday is killed today even if the list in front of it grew.
 */
import {
  FIRM_SCOPE,
  INSTRUMENT_SCOPE_BASE,
  SCOPE_COUNT,
  ScopeState,
  STRATEGY_SCOPE_LAST,
} from "../../ffi/layout.gen.ts";
import { UserError } from "../../config/errors.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import { SCOPE_STATES, type ScopeName } from "../protocol/control.ts";

export const FIRM = "firm";
export const organismScope = (id: string): string => `organism:${id}`;
export const instrumentScope = (symbol: string): string => `instrument:${symbol}`;

/** Lays the names of this run on the page; `organisms[i]` is strategy i + 1, `symbols[i]` instrument i. */
export function nameScopes(
  page: ControlPage,
  organisms: readonly string[],
  symbols: readonly string[],
  wallNanos: number,
): void {
  const wanted = new Map<number, string>([[FIRM_SCOPE, FIRM]]);
  organisms.forEach((id, i) => wanted.set(i + 1, organismScope(id)));
  symbols.forEach((symbol, i) => wanted.set(INSTRUMENT_SCOPE_BASE + i, instrumentScope(symbol)));

  const states = new Map<string, number>();
  for (let slot = 1; slot < SCOPE_COUNT; slot++) {
    const name = page.name(slot);
    if (name !== "") states.set(name, page.scope(slot));
  }
  if (page.name(FIRM_SCOPE) !== FIRM) page.setName(FIRM_SCOPE, FIRM);
  for (const [name, state] of states) {
    if (state === ScopeState.Active || [...wanted.values()].includes(name)) continue;
    // A killed scope that this configuration does not name waits in a free slot for the day it does again.
    const [from, to] = name.startsWith("instrument:")
      ? [INSTRUMENT_SCOPE_BASE + symbols.length, SCOPE_COUNT - 1]
      : [organisms.length + 1, STRATEGY_SCOPE_LAST];
    for (let slot = from; slot <= to; slot++) {
      if (wanted.has(slot)) continue;
      wanted.set(slot, name);
      break;
    }
  }
  for (let slot = 1; slot < SCOPE_COUNT; slot++) {
    const name = wanted.get(slot) ?? "";
    const state = states.get(name) ?? ScopeState.Active;
    if (page.name(slot) !== name) page.setName(slot, name);
    if (page.scope(slot) !== state) {
      page.request(slot, state, `state of ${name || "an unused scope"} carried over`, "node", wallNanos);
    }
  }
}

/** Slot of a scope, or a sentence that lists the known ones. */
export function findScope(control: ControlPage, scope: ScopeName): number {
  const slot = scope === FIRM ? FIRM_SCOPE : control.find(scope);
  if (slot === null) {
    throw new UserError("UNKNOWN_SCOPE", `no scope "${scope}": use ${FIRM}, organism:<id> or instrument:<symbol>`);
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
  const killed: string[] = [];
  for (let slot = 0; slot < SCOPE_COUNT; slot++) {
    if (control.scope(slot) === ScopeState.Killed) killed.push(control.name(slot) || "firm");
  }
  return killed;
}
