/** From configured rules, limits and the tree of who trades for whom to what the gate holds. Each of them goes on record. */
import type { Config } from "../../config/mod.ts";
import { DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE, FIRM_NODE, NO_NODE } from "../../ffi/layout.gen.ts";
import { InstrumentRulesView, StrategyLimitsView } from "../../ffi/layout.gen.ts";
import type { OrderGate, ScopeTotalLimits } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { type Instrument, MONEY_SCALE } from "../protocol/mod.ts";

/** A node of the gate's tree by the name it was configured with. */
export interface NamedScope {
  readonly node: number;
  readonly parent: number;
  /** As "firm", "customer:house", "account:main", "organism:anglerfish-1". */
  readonly name: string;
}

/**
 * Loads everything into a fresh gate and returns the tree, parents first. The first customer and the first account take
 * the places the gate begins with. Strategy n is organism n − 1 of the configuration.
 */
export function loadLimits(
  config: Config,
  instruments: readonly Instrument[],
  gate: OrderGate,
  now: Micros,
): readonly NamedScope[] {
  for (const instrument of instruments) loadRule(gate, config, instrument, now);
  const idOf = new Map(instruments.map(({ symbol, id }) => [symbol, id]));
  const scopes: NamedScope[] = [];
  const grown = (node: number, parent: number, name: string, limits: NodeLimits): number => {
    loadNode(gate, node, limits, idOf, now);
    scopes.push({ node, parent, name });
    return node;
  };

  grown(FIRM_NODE, NO_NODE, "firm", config.firm.limits);
  const customers = new Map<string, number>();
  config.customers.forEach(({ id, limits }, i) => {
    const node = i === 0 ? DEFAULT_CUSTOMER_NODE : gate.addScope({ kind: "customer", parent: FIRM_NODE }, now);
    customers.set(id, grown(node, FIRM_NODE, `customer:${id}`, limits));
  });
  const accounts = new Map<string, number>();
  config.accounts.forEach(({ id, customer, limits }) => {
    const parent = customers.get(customer)!;
    const isFirst = parent === DEFAULT_CUSTOMER_NODE && !accounts.size;
    const node = isFirst ? DEFAULT_ACCOUNT_NODE : gate.addScope({ kind: "account", parent }, now);
    accounts.set(id, grown(node, parent, `account:${id}`, limits));
  });
  config.organisms.forEach((organism, i) => {
    const { id, account, limits } = organism;
    const parent = accounts.get(account)!;
    const strategy = i + 1;
    grown(gate.addScope({ kind: "strategy", parent, strategy }, now), parent, `organism:${id}`, limits);
    loadStrategy(gate, strategy, organism, idOf, now);
  });
  return scopes;
}

/** Ids of instruments by symbol. */
export type InstrumentIds = ReadonlyMap<string, number>;

/** The limits of a node over all instruments, and in each it names. */
export function loadNode(gate: OrderGate, node: number, limits: NodeLimits, idOf: InstrumentIds, now: Micros): void {
  gate.setTotalLimits(node, totals(limits), now);
  for (const { symbol, ...here } of limits.instruments ?? []) {
    gate.setInstrumentLimits(node, idOf.get(symbol)!, here, now);
  }
}

/** What holds for the orders of one organism, in each instrument it trades. */
export function loadStrategy(
  gate: OrderGate,
  strategy: number,
  { limits, instruments }: Config["organisms"][number],
  idOf: InstrumentIds,
  now: Micros,
): void {
  const record = new Uint8Array(StrategyLimitsView.SIZE);
  for (const symbol of instruments) {
    const view = new StrategyLimitsView(record);
    view.strategy = strategy;
    view.instrument = idOf.get(symbol)!;
    view.maxQuantity = limits.maxQuantity;
    view.maxNotional = moneyOf(limits.maxNotional);
    view.maxPosition = limits.maxPosition;
    view.ratePerSecond = limits.ratePerSecond;
    view.rateBurst = limits.rateBurst;
    view.duplicateWindowMs = limits.duplicateWindowMs;
    gate.setLimits(record, now);
  }
}

/** What holds for every order in one instrument. */
export function loadRule(gate: OrderGate, config: Config, instrument: Instrument, now: Micros): void {
  const rules = new Uint8Array(InstrumentRulesView.SIZE);
  const item = config.instruments[instrument.id];
  const view = new InstrumentRulesView(rules);
  view.instrument = instrument.id;
  view.tickStep = item.tickStep;
  view.lotStep = item.lotStep;
  view.collarBps = item.collarBps;
  view.collarTicks = item.collarTicks;
  view.referenceMaxAgeMs = item.referenceMaxAgeMs;
  view.marketBufferBps = item.marketBufferBps;
  view.unitsPerTickLot = instrument.unitsPerTickLot;
  view.maxQuantity = item.maxQuantity;
  gate.setInstrument(rules, now);
}

/** What every level of the configuration may set. */
export interface NodeLimits {
  readonly maxOpenOrders?: number;
  readonly maxGross?: string;
  readonly maxNet?: string;
  readonly instruments?: Config["firm"]["limits"]["instruments"];
}

function totals({ maxOpenOrders, maxGross, maxNet }: NodeLimits): ScopeTotalLimits {
  return {
    ...(maxOpenOrders === undefined ? {} : { maxOpenOrders }),
    ...(maxGross === undefined ? {} : { maxGross: moneyOf(maxGross) }),
    ...(maxNet === undefined ? {} : { maxNet: moneyOf(maxNet) }),
  };
}

/** Money units of an amount; beyond 2^53 units the nearest that a number holds. */
function moneyOf(amount: string): number {
  return Math.round(Number(amount) * MONEY_SCALE);
}
