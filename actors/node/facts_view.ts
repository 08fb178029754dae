/** The facts a gate goes by, as configured, for people: what is demanded, who is certified until when, what is restricted. */
import type { Config } from "../../config/mod.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { FactsInForce, FactState } from "../protocol/mod.ts";

const SOON = 7 * 86_400 * MICROS_PER_SECOND;

type Lasting = { readonly until: Micros | null; readonly state: FactState };

export function factsInForce({ controls }: Config, now: Micros): Omit<FactsInForce, "latches"> {
  const lasting = (moment: string | undefined): Lasting => {
    if (moment === undefined) return { until: null, state: "in-force" };
    const until = Date.parse(moment) * 1_000;
    return { until, state: until <= now ? "ended" : until - now <= SOON ? "ends-soon" : "in-force" };
  };
  return {
    time: now,
    demands: [
      ...(controls.demands.length === 0 ? [] : [{ instrument: null, demands: controls.demands }]),
      ...controls.securities.filter((of) => of.demands.length > 0)
        .map(({ symbol, demands }) => ({ instrument: symbol, demands })),
    ],
    lists: controls.listsUntil === undefined ? null : lasting(controls.listsUntil),
    mandates: controls.mandates.map(({ organism, venues, until }) => ({ organism, venues, ...lasting(until) })),
    restrictions: controls.restrictions.map(({ scope, symbol = null, issuer = null, sides, list, until }) => ({
      scope,
      symbol,
      issuer,
      sides,
      list,
      ...lasting(until),
    })),
    locates: controls.locates.map(({ account, symbol, quantity, locate, until }) => ({
      account,
      symbol,
      quantity,
      locate,
      ...lasting(until),
    })),
  };
}
