/**
 * What the gate is told beside limits and prices: who may trade where, restricted lists, how markets stand, locates,
 * message budgets, short windows, capital, sums over instruments.
 *
 * A fact names its fields as the records in `layout.gen.ts` do; what is left out is zero, which is no permission.
 */
import { NativeError } from "./errors.ts";
import {
  BurstLimitView,
  CapitalView,
  Code,
  Demand,
  ExecutionThrottleView,
  FactKind,
  FactorLimitView,
  FactorView,
  GateDemandsView,
  LocateView,
  MandateView,
  MarketStatusView,
  PaceView,
  ParentLimitsView,
  ProfitView,
  RearmView,
  RestrictionView,
  SecurityTermsView,
  SoftLimitsView,
  SweepView,
} from "./layout.gen.ts";

export type DemandName = keyof typeof Demand;

/** Every fact of the gate: the kind it crosses as, and its record. */
export const FACTS = {
  demands: { kind: FactKind.Demands, View: GateDemandsView },
  security: { kind: FactKind.Security, View: SecurityTermsView },
  marketStatus: { kind: FactKind.MarketStatus, View: MarketStatusView },
  restriction: { kind: FactKind.Restriction, View: RestrictionView },
  locate: { kind: FactKind.Locate, View: LocateView },
  mandate: { kind: FactKind.Mandate, View: MandateView },
  sweep: { kind: FactKind.Sweep, View: SweepView },
  pace: { kind: FactKind.Pace, View: PaceView },
  burst: { kind: FactKind.Burst, View: BurstLimitView },
  throttle: { kind: FactKind.Throttle, View: ExecutionThrottleView },
  rearm: { kind: FactKind.Rearm, View: RearmView },
  parents: { kind: FactKind.Parents, View: ParentLimitsView },
  soft: { kind: FactKind.Soft, View: SoftLimitsView },
  capital: { kind: FactKind.Capital, View: CapitalView },
  profit: { kind: FactKind.Profit, View: ProfitView },
  factor: { kind: FactKind.Factor, View: FactorView },
  factorLimit: { kind: FactKind.FactorLimit, View: FactorLimitView },
} as const;

/** Added to a fact's kind, the version of the LimitsSet record that holds it. */
export const FACT_VERSION = 16;

export type FactName = keyof typeof FACTS;
type View<N extends FactName> = InstanceType<(typeof FACTS)[N]["View"]>;
/** Numbers of a record, by name. */
type Fields<V> = { readonly [K in keyof V as V[K] extends number ? (K extends "base" ? never : K) : never]?: number };

/** One fact: its name, and the fields of its record; `demands` may be given by name. */
export type GateFact = {
  [N in FactName]:
    & { readonly fact: N }
    & Omit<Fields<View<N>>, "demands">
    & ("demands" extends keyof View<N> ? { readonly demands?: readonly DemandName[] } : unknown);
}[FactName];

/** The record of a fact. Throws `BadArgument` on a field or demand that there is not, or a number that does not fit. */
export function encodeFact(given: GateFact): { readonly kind: number; readonly record: Uint8Array<ArrayBuffer> } {
  const { fact, ...fields } = given;
  const { kind, View } = FACTS[fact];
  const record = new Uint8Array(View.SIZE);
  const view = new View(record) as unknown as Record<string, number>;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!(name in view) || name === "base") {
      throw NativeError.of(Code.BadArgument, `a ${fact} has no field ${name}`);
    }
    const number = name === "demands" ? bits(value as unknown as readonly DemandName[]) : value as number;
    if (!Number.isSafeInteger(number)) {
      throw NativeError.of(Code.BadArgument, `${name} of ${number} is not a whole number`);
    }
    view[name] = number;
    if (view[name] !== number) throw NativeError.of(Code.BadArgument, `${name} of ${number} is out of range`);
  }
  return { kind, record };
}

function bits(demands: readonly DemandName[]): number {
  return demands.reduce((sum, name) => {
    if (!(name in Demand)) throw NativeError.of(Code.BadArgument, `there is no demand ${name}`);
    return sum | Demand[name];
  }, 0);
}
