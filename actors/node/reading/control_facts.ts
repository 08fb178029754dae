/**
 * What a gate was told under [controls] that is no limit, as it stands on the log: who may trade where, what is restricted,
 * how markets stand, which latches were opened. Each fact stands until one of the same name takes its place.
 */
import { MarketPhase } from "../../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT, FACT_VERSION, type FactName, FACTS } from "../../../ffi/mod.ts";
import type { FactFields } from "../evidence/fact_limits.ts";
import type { RunNames } from "./names.ts";

export interface StandingFact {
  /** Index of the record that says so, and its time, microseconds. */
  readonly record: number;
  readonly time: number;
  readonly fact: FactName;
  readonly fields: FactFields;
}

/** Whose order it is, and in what. */
export interface FactScope {
  readonly strategy: number;
  readonly instrument: number;
  /** Node of the strategy and those above it. */
  readonly nodes: readonly number[];
}

const NAMES: ReadonlyMap<number, FactName> = new Map(
  Object.entries(FACTS).map(([name, { kind }]) => [FACT_VERSION + kind, name as FactName]),
);
const PHASES = Object.fromEntries(Object.entries(MarketPhase).map(([name, value]) => [value, name]));
const SIDES = ["lifted", "no purchases", "no sales", "neither purchases nor sales"];

type Words = (fields: FactFields, names: RunNames) => string;
/** Facts that a story tells; limits are told with what was measured for them. */
const WORDS: Partial<Record<FactName, Words>> = {
  mandate: ({ strategy, active }, names) =>
    `mandate of ${names.organism(strategy)}: ${active === 1 ? "in force" : "withdrawn"}`,
  restriction: ({ node, instrument, issuer, sides, list }, names) => {
    const what = instrument === EVERY_INSTRUMENT ? `issuer ${issuer}` : names.symbol(instrument);
    return `restricted list ${list}, ${names.scope(node)} in ${what}: ${SIDES[sides] ?? `sides ${sides}`}`;
  },
  marketStatus: ({ instrument, phase }, names) => {
    const what = instrument === EVERY_INSTRUMENT ? "the whole market" : names.symbol(instrument);
    return `market status of ${what}: ${PHASES[phase] ?? `phase ${phase}`}`;
  },
  locate: ({ node, instrument, quantity }, names) =>
    `locate of ${names.scope(node)} in ${names.symbol(instrument)}: ${names.quantity(instrument, quantity)}`,
  rearm: ({ node }, names) => `latches of ${names.scope(node)} were opened`,
};

export class ControlFacts {
  readonly #standing = new Map<string, StandingFact>();

  /** Takes a LimitsSet record, decoded. */
  take(record: number, time: number, version: number, fields: FactFields): void {
    const fact = NAMES.get(version);
    if (fact === undefined || WORDS[fact] === undefined) return;
    const { node, strategy, instrument, issuer, list } = fields;
    this.#standing.set([fact, node, strategy, instrument, issuer, list].join("/"), { record, time, fact, fields });
  }

  /** Those that bear on an order, oldest first. */
  about({ strategy, instrument, nodes }: FactScope): readonly StandingFact[] {
    const bears = ({ fields }: StandingFact): boolean =>
      (fields.strategy === undefined || fields.strategy === strategy) &&
      (fields.node === undefined || nodes.includes(fields.node)) &&
      (fields.instrument === undefined || fields.instrument === instrument || fields.instrument === EVERY_INSTRUMENT);
    return [...this.#standing.values()].filter(bears).sort((a, b) => a.record - b.record);
  }

  save(): readonly (readonly [string, StandingFact])[] {
    return [...this.#standing];
  }

  restore(standing: readonly (readonly [string, StandingFact])[]): void {
    for (const [key, fact] of standing) this.#standing.set(key, fact);
  }
}

/** "market status of ALPHA: Halted" */
export const factText = ({ fact, fields }: StandingFact, names: RunNames): string => WORDS[fact]!(fields, names);
