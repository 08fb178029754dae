/** The limits of another configuration, as far as they can be taken while a node runs; the rest waits for its next start. */
import { canonicalJson, type Config, UserError } from "../../config/mod.ts";
import type { LimitRef, LimitValue } from "../protocol/limits.ts";
import { nameOf } from "./decide.ts";
import { listFacts } from "./facts.ts";
import { compareLooseness, listLimits, valueOf, withLimit } from "./names.ts";

export interface Adopted {
  /** In force from now on. */
  readonly config: Config;
  readonly changed: readonly { readonly ref: LimitRef; readonly was: LimitValue; readonly to: LimitValue }[];
  /** What counts at the next start only, in words. */
  readonly later: readonly string[];
}

/** What is tighter first, parents before those below them: then what is looser finds its place. */
export function adopt(now: Config, next: Config): Adopted {
  const rows = [...listLimits(now), ...listFacts(now), ...listLimits(next), ...listFacts(next)];
  const refs = new Map(rows.map(({ scope, limit, instrument }) => {
    const ref = { scope, limit, instrument };
    return [JSON.stringify(ref), ref] as const;
  }));
  const later: string[] = [];
  const value = (config: Config, ref: LimitRef) => {
    try {
      return valueOf(config, ref);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return undefined;
    }
  };
  const wanted = [...refs.values()].flatMap((ref) => {
    const [was, to] = [value(now, ref), value(next, ref)];
    if (was === to) return [];
    if (was !== undefined && to !== undefined) return [{ ref, was, to }];
    later.push(nameOf(ref));
    return [];
  }).sort((a, b) => compareLooseness(now, a.ref, a.to, a.was) - compareLooseness(now, b.ref, b.to, b.was));
  let config = now;
  for (const { ref, was, to } of wanted) {
    try {
      config = withLimit(config, ref, to, compareLooseness(now, ref, to, was) <= 0).config;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      later.push(nameOf(ref));
    }
  }
  // Another tightening may have carried one down, and another loosening come later: what counts is what came of it.
  const changed = wanted.filter(({ ref, was }) => value(config, ref) !== was)
    .map(({ ref, was }) => ({ ref, was, to: value(config, ref) ?? null }));
  if (canonicalJson(config) !== canonicalJson({ ...next, ...own(config) })) later.push("what is no limit");
  return { config, changed, later: [...new Set(later)] };
}

/** What each node keeps for itself. */
const own = ({ node, audit, console, release }: Config) => ({ node, audit, console, release });
