/** From the configured controls to the facts the gate is told. Each of them goes on record. */
import { canonicalJson, type Config, usualSecurity } from "../../config/mod.ts";
import { FactorMeasure, FIRM_NODE } from "../../ffi/layout.gen.ts";
import type { DemandName, GateFact, OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { type Instrument, MONEY_SCALE, type ScopeName, type StrategyId } from "../protocol/mod.ts";
import type { NamedScope } from "./limits.ts";
import { FIRM } from "./scopes.ts";

/** In place of an end that was not given: the last moment that crosses to the core exactly. */
const NEVER: Micros = 9_000_000_000_000_000;
const EVERY_INSTRUMENT = 65_535;
const SIDES = { buys: 1, sells: 2, both: 3 } as const;

/** Tells the gate every configured control. `scopes` are the nodes as they were loaded. */
export function tellFacts(
  config: Config,
  scopes: readonly NamedScope[],
  instruments: readonly Instrument[],
  gate: OrderGate,
  now: Micros,
): void {
  for (const fact of factsOf(config, scopes, instruments)) gate.tell(fact, now);
}

/** What makes a fact another one and not the same with other figures. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  demands: [],
  security: ["instrument"],
  restriction: ["node", "issuer", "instrument"],
  locate: ["node", "instrument"],
  mandate: ["strategy"],
  pace: ["node"],
  burst: ["node", "instrument", "windowMs"],
  throttle: ["strategy"],
  parents: ["node"],
  soft: ["node"],
  capital: ["node"],
  factor: ["instrument", "factor"],
  factorLimit: ["node", "factor"],
};

function byName(facts: readonly GateFact[]): ReadonlyMap<string, GateFact> {
  const name = (fact: GateFact) =>
    [fact.fact, ...KEYS[fact.fact].map((key) => (fact as unknown as Record<string, unknown>)[key])].join(" ");
  return new Map(facts.map((fact) => [name(fact), fact]));
}

/** What the gate has to be told so that it goes by `after` where it went by `before`. */
export function factChanges(
  before: Config,
  after: Config,
  scopes: readonly NamedScope[],
  instruments: readonly Instrument[],
): readonly GateFact[] {
  const [was, is] = [before, after].map((config) => byName(factsOf(config, scopes, instruments)));
  const changed = [...is].flatMap(([name, fact]) => canonicalJson(was.get(name)) === canonicalJson(fact) ? [] : [fact]);
  const gone = [...was].flatMap(([name, fact]): GateFact[] => {
    if (is.has(name)) return [];
    if (fact.fact === "restriction") return [{ ...fact, sides: 0 }];
    if (fact.fact === "locate") return [{ ...fact, quantity: 0 }];
    if (fact.fact === "burst") return [{ ...fact, maxOrders: 0, maxLots: 0, maxValue: 0 }];
    if (fact.fact === "factor") return [{ ...fact, weight: 0 }];
    if (fact.fact === "demands") return [{ fact: "demands", demands: [], listsUntil: 0 }];
    return [];
  });
  return [...gone, ...changed];
}

/** Every configured control as a fact, in a fixed order. */
export function factsOf(
  { controls, organisms }: Config,
  scopes: readonly NamedScope[],
  instruments: readonly Instrument[],
): readonly GateFact[] {
  const nodeOf = new Map(scopes.map(({ name, node }) => [name, node]));
  const idOf = new Map(instruments.map(({ symbol, id }) => [symbol, id]));
  const strategyOf = new Map(organisms.map(({ id }, i) => [id, i + 1]));
  const node = (name: string) => nodeOf.get(name) ?? FIRM_NODE;
  const instrument = (symbol: string | undefined) => symbol === undefined ? EVERY_INSTRUMENT : idOf.get(symbol)!;
  const facts: GateFact[] = [];
  if (controls.demands.length > 0 || controls.listsUntil !== undefined) {
    facts.push({ fact: "demands", demands: demands(controls.demands), listsUntil: micros(controls.listsUntil, 0) });
  }
  for (const of of securities(controls, instruments)) {
    facts.push({
      fact: "security",
      instrument: instrument(of.symbol),
      venue: of.venue,
      issuer: of.issuer,
      demands: demands(of.demands),
      averageVolume: of.averageVolume,
      orderVolumeBps: of.orderVolumeBps,
      positionVolumeBps: of.positionVolumeBps,
      priorClose: of.priorClose,
      statusMaxAgeMs: of.statusMaxAgeMs,
      quotesMaxAgeMs: of.quotesMaxAgeMs,
      maxMoveBps: of.maxMoveBps,
      moveWindowMs: of.moveWindowMs,
      protectedUntil: micros(of.protectedUntil, 0),
      easyUntil: micros(of.easyUntil, 0),
    });
  }
  for (const { scope, symbol, issuer = 0, sides, list, until } of controls.restrictions) {
    const named = { node: node(scope), issuer, instrument: instrument(symbol), list };
    facts.push({ fact: "restriction", ...named, sides: SIDES[sides], until: micros(until, NEVER) });
  }
  for (const { account, symbol, quantity, locate, until } of controls.locates) {
    const named = { node: node(`account:${account}`), instrument: instrument(symbol), quantity, locate };
    facts.push({ fact: "locate", ...named, until: micros(until, NEVER) });
  }
  for (const { organism, venues, until } of controls.mandates) {
    const set = venues.reduce((sum, venue) => sum + 2 ** venue, 0);
    const strategy = strategyOf.get(organism)!;
    facts.push({ fact: "mandate", strategy, active: 1, venues: set, until: micros(until, NEVER) });
  }
  for (const { scope, perSecond, burst, cancelsPerSecond, cancelBurst, tripAfter } of controls.paces) {
    facts.push({
      fact: "pace",
      node: node(scope),
      rate: perSecond,
      burst,
      cancelRate: cancelsPerSecond,
      cancelBurst,
      tripAfter,
    });
  }
  for (const { scope, symbol, windowMs, maxOrders, maxLots, maxValue } of controls.windows) {
    const where = { node: node(scope), instrument: instrument(symbol), windowMs };
    facts.push({ fact: "burst", ...where, maxOrders, maxLots, maxValue: money(maxValue) });
  }
  for (const { organism, windowMs, maxExecutions } of controls.throttles) {
    facts.push({ fact: "throttle", strategy: strategyOf.get(organism)!, windowMs, maxExecutions });
  }
  for (const { scope, maxParent, maxBasket } of controls.baskets) {
    facts.push({ fact: "parents", node: node(scope), maxParent: money(maxParent), maxBasket: money(maxBasket) });
  }
  for (const { scope, maxQuantity, maxValue, maxAwayBps } of controls.soft) {
    facts.push({ fact: "soft", node: node(scope), maxQuantity, maxValue: money(maxValue), maxAwayBps });
  }
  for (const { scope, amount, credit, maxLoss, profitMaxAgeMs, concentration } of controls.capital) {
    facts.push({
      fact: "capital",
      node: node(scope),
      capital: money(amount),
      credit: money(credit),
      maxLoss: money(maxLoss),
      profitMaxAgeMs,
      concentrationBps: concentration === undefined ? undefined : Math.floor(concentration * 10_000),
    });
  }
  facts.push(...sums(controls.sums, node, (symbol) => idOf.get(symbol)!));
  return facts;
}

/** The configured ones, and where the firm demands something of every instrument the usual ones for the rest. */
function securities(
  controls: Config["controls"],
  instruments: readonly Instrument[],
): Config["controls"]["securities"] {
  if (controls.demands.length === 0) return controls.securities;
  const configured = new Map(controls.securities.map((of) => [of.symbol, of]));
  return instruments.map(({ symbol }) => configured.get(symbol) ?? usualSecurity(symbol));
}

/**
 * Nodes whose latches a re-arm of a control scope takes back: its own, and with the firm every one above the organisms. An
 * instrument latches nothing.
 */
export function nodesArmedBy(scope: ScopeName, scopes: readonly NamedScope[]): readonly number[] {
  const isOf = scope === FIRM ? (name: string) => !name.startsWith("organism:") : (name: string) => name === scope;
  return scopes.filter(({ name }) => isOf(name)).map(({ node }) => node);
}

/** A node with capital, and the strategies whose profit is its own. */
export interface FundedScope {
  readonly node: number;
  readonly strategies: readonly StrategyId[];
}

/** What is worked out of the configuration in force, again whenever that is another one. */
export function following<T>(inForce: () => Config, of: (config: Config) => T): () => T {
  let [known, value]: [Config | null, T | null] = [null, null];
  return () => {
    const config = inForce();
    if (config !== known) [known, value] = [config, of(config)];
    return value as T;
  };
}

/** Every scope that has capital: its profit has to be told again and again. */
export function fundedScopes(config: Config, scopes: readonly NamedScope[]): readonly FundedScope[] {
  const above = new Map(scopes.map(({ node, parent }) => [node, parent]));
  const nodeOf = new Map(scopes.map(({ name, node }) => [name, node]));
  const isBelow = (strategy: string, scope: number): boolean => {
    let at: number | undefined = nodeOf.get(`organism:${strategy}`);
    while (at !== undefined && at !== scope) at = above.get(at);
    return at === scope;
  };
  return config.controls.capital.map(({ scope }) => {
    const node = nodeOf.get(scope)!;
    const strategies = config.organisms.flatMap(({ id }, i) => isBelow(id, node) ? [i + 1] : []);
    return { node, strategies };
  });
}

/** Ids of the instruments whose market's phase orders must not do without. */
export function instrumentsAskingForState({ controls }: Config, instruments: readonly Instrument[]): readonly number[] {
  const everywhere = controls.demands.includes("market-state");
  const asking = new Set(
    controls.securities.filter((of) => of.demands.includes("market-state")).map((of) => of.symbol),
  );
  return instruments.filter(({ symbol }) => everywhere || asking.has(symbol)).map(({ id }) => id);
}

/** A sum has one number, whatever scopes limit it; its weights are those of the first who names it. */
function sums(
  configured: Config["controls"]["sums"],
  node: (scope: string) => number,
  instrument: (symbol: string) => number,
): GateFact[] {
  const numbers = new Map<string, number>();
  const facts: GateFact[] = [];
  for (const { name, scope, measure, limit, weights } of configured) {
    let factor = numbers.get(name);
    if (factor === undefined) {
      factor = numbers.size;
      numbers.set(name, factor);
      for (const { symbol, weight } of weights) {
        if (weight !== 0) facts.push({ fact: "factor", instrument: instrument(symbol), factor, weight });
      }
    }
    const kind = measure === "loss" ? FactorMeasure.Loss : FactorMeasure.Either;
    facts.push({ fact: "factorLimit", node: node(scope), factor, measure: kind, active: 1, limit });
  }
  return facts;
}

/** As the core names them: "market-state" is MarketState there. */
function demands(names: Config["controls"]["demands"]): DemandName[] {
  return names.map((name) =>
    name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()) as DemandName
  );
}

function micros(moment: string | undefined, otherwise: Micros): Micros {
  return moment === undefined ? otherwise : Date.parse(moment) * 1_000;
}

/** Money units of an amount; beyond 2^53 units the nearest that a number holds. */
function money(amount: string | undefined): number | undefined {
  return amount === undefined ? undefined : Math.round(Number(amount) * MONEY_SCALE);
}
