/**
 * The state a node begins with: the limits of its configuration, and on them what was changed while it ran before.
 *
 * Where the configuration was edited since, the tighter of the two counts, so that neither a forgotten change nor a
 * forgotten file loosens anything.
 */
import { type Config, UserError } from "../../config/mod.ts";
import type { LimitsBook } from "./book.ts";
import { nameOf, type State } from "./decide.ts";
import { listFacts } from "./facts.ts";
import { compareLooseness, listLimits, valueOf, withLimit } from "./names.ts";

export interface Restored {
  readonly state: State;
  /** Sentences about what could not be kept as it was. */
  readonly alerts: readonly string[];
}

export function restore(config: Config, book: LimitsBook | null): Restored {
  const fresh: State = { config, pending: [], temporary: [], next: 1 };
  if (book === null) return { state: fresh, alerts: [] };
  const alerts: string[] = [];
  let now = config;
  // What is tighter first: then a looser one below or above finds its place, if it has one.
  const changed = book.changed.flatMap((change) => {
    try {
      return [{ ...change, file: valueOf(config, change.ref) }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      alerts.push(`the change of ${nameOf(change.ref)} is dropped: ${error.message}`);
      return [];
    }
  });
  const looseness = ({ ref, value, file }: typeof changed[number]) => compareLooseness(config, ref, value, file);
  changed.sort((a, b) => looseness(a) - looseness(b));
  for (const change of changed) {
    const { ref, value, base, file } = change;
    const looser = looseness(change) > 0;
    if (looser && file !== base) {
      alerts.push(
        `the configuration changed ${nameOf(ref)}, so its looser value ${value} no longer counts: propose it again`,
      );
      continue;
    }
    try {
      now = withLimit(now, ref, value, !looser).config;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      alerts.push(`${nameOf(ref)} stays at ${file}: ${error.message}`);
    }
  }
  const holds = ({ ref, value }: LimitsBook["temporary"][number]) => {
    try {
      return compareLooseness(now, ref, valueOf(now, ref), value) <= 0;
    } catch {
      return false;
    }
  };
  const known = ({ ref }: LimitsBook["pending"][number]) => {
    try {
      valueOf(now, ref);
      return true;
    } catch {
      return false;
    }
  };
  return {
    state: {
      config: now,
      pending: book.pending.filter(known),
      temporary: book.temporary.filter(holds),
      next: book.next,
    },
    alerts,
  };
}

/** What differs from `base`, to be kept beside it. */
export function changesFrom(base: Config, now: Config): LimitsBook["changed"] {
  const refs = new Map(
    [...listLimits(base), ...listFacts(base), ...listLimits(now), ...listFacts(now)].map(
      ({ scope, limit, instrument }) => {
        const ref = { scope, limit, instrument };
        return [JSON.stringify(ref), ref] as const;
      },
    ),
  );
  return [...refs.values()]
    .map((ref) => ({ ref, value: valueOf(now, ref), base: valueOf(base, ref) }))
    .filter(({ value, base }) => value !== base);
}
