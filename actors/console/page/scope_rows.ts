/** Scopes of the controls in the order of their tree. Pure. */
import { type ControlScope, stateOfMode, strictest } from "../../protocol/controls.ts";
import type { ScopeStateName, SystemMode } from "../../protocol/control.ts";

export interface ScopeRow {
  readonly scope: ControlScope;
  /** 0 for the firm. */
  readonly depth: number;
  /** Scopes below, shown or not. */
  readonly below: number;
  readonly closed: boolean;
}

/** A scope whose parent is not listed stands at the top instead of disappearing. */
export function scopeRows(scopes: readonly ControlScope[], folded: ReadonlySet<string>): ScopeRow[] {
  const names = new Set(scopes.map(({ name }) => name));
  const children = new Map<string | null, ControlScope[]>();
  for (const scope of scopes) {
    const parent = scope.parent !== null && names.has(scope.parent) ? scope.parent : null;
    children.set(parent, [...children.get(parent) ?? [], scope]);
  }
  const below = (name: string): number =>
    (children.get(name) ?? []).reduce((sum, child) => sum + 1 + below(child.name), 0);
  const rows: ScopeRow[] = [];
  const visit = (parent: string | null, depth: number): void => {
    for (const scope of children.get(parent) ?? []) {
      const closed = folded.has(scope.name);
      rows.push({ scope, depth, below: below(scope.name), closed });
      if (!closed) visit(scope.name, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}

export interface KillState {
  /** Null where a scope has no switch of its own. */
  readonly own: ScopeStateName | null;
  readonly effective: ScopeStateName;
  /** Who is as strict as that: the scope itself before those above, and the mode last; null for ACTIVE. */
  readonly by: string | null;
}

/** The state of every scope now, from what the node said last of its switches and its mode. */
export function killStates(
  scopes: readonly ControlScope[],
  switches: ReadonlyMap<string, ScopeStateName>,
  mode: SystemMode,
): ReadonlyMap<string, KillState> {
  const states = new Map<string, KillState>();
  for (const { name, parent } of scopes) {
    const own = switches.get(name) ?? null;
    const above = parent === null ? undefined : states.get(parent);
    const inherited = above ?? { effective: stateOfMode(mode), by: "mode" };
    const effective = strictest([own ?? "ACTIVE", inherited.effective]);
    const by = effective === "ACTIVE" ? null : own === effective ? name : inherited.by;
    states.set(name, { own, effective, by });
  }
  return states;
}
