/**
 * Names of the control scopes. The page outlives the configuration, so states are carried over by name, never by slot:
 * an organism that was killed yesterday is killed today even if the list in front of it grew.
 */
import { FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, ScopeState, STRATEGY_SCOPE_LAST } from "../../ffi/layout.gen.ts";
import type { ControlPage } from "../../ffi/mod.ts";

export const FIRM = "firm";
export const organismScope = (id: string): string => `organism:${id}`;
export const instrumentScope = (symbol: string): string => `instrument:${symbol}`;

/** Lays the names of this run on the page; `organisms[i]` is strategy i + 1, `symbols[i]` instrument i. */
export function nameScopes(page: ControlPage, organisms: readonly string[], symbols: readonly string[]): void {
  const wanted = new Map<number, string>([[FIRM_SCOPE, FIRM]]);
  organisms.forEach((id, i) => wanted.set(i + 1, organismScope(id)));
  symbols.forEach((symbol, i) => wanted.set(INSTRUMENT_SCOPE_BASE + i, instrumentScope(symbol)));

  const states = new Map<string, number>();
  const last = INSTRUMENT_SCOPE_BASE + STRATEGY_SCOPE_LAST;
  for (let slot = 0; slot <= last; slot++) {
    const name = page.name(slot);
    if (name !== "") states.set(name, page.scope(slot));
  }
  states.set(FIRM, page.scope(FIRM_SCOPE));
  const laid = [...wanted.values()].every((name) => states.has(name) || name === FIRM) &&
    [...wanted].every(([slot, name]) => page.name(slot) === name);
  if (laid) return;

  const used = new Set(wanted.values());
  for (let slot = 1; slot <= last; slot++) {
    const name = wanted.get(slot);
    page.carry(slot, name ?? "", name ? states.get(name) ?? ScopeState.Active : ScopeState.Active);
  }
  page.carry(FIRM_SCOPE, FIRM, states.get(FIRM)!);
  // Killed scopes that this configuration does not name wait in free slots for the day it does again.
  for (const [name, state] of states) {
    if (used.has(name) || state === ScopeState.Active) continue;
    const [from, to] = name.startsWith("instrument:")
      ? [INSTRUMENT_SCOPE_BASE + symbols.length, last]
      : [organisms.length + 1, STRATEGY_SCOPE_LAST];
    for (let slot = from; slot <= to; slot++) {
      if (page.name(slot) === "") {
        page.carry(slot, name, state);
        break;
      }
    }
  }
}
