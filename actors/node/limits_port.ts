/** The gate as the limits desk knows it: loads what differs, and says what is in use. */
import { canonicalJson, type Config } from "../../config/mod.ts";
import type { OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { MarketBoard } from "../guardians/market_board.ts";
import type { OrderFigure, OrderUse } from "../guardians/order_use.ts";
import { type Instrument, type LimitRef, type LimitsPort, MONEY_SCALE, type StrategyId } from "../protocol/mod.ts";
import { factChanges } from "./facts.ts";
import { loadNode, loadRule, loadStrategy, type NamedScope, type NodeLimits } from "./limits.ts";

export interface GateLimitsOptions {
  readonly gate: OrderGate;
  readonly instruments: readonly Instrument[];
  /** The tree as it was loaded. */
  readonly scopes: readonly NamedScope[];
  readonly board: MarketBoard;
  readonly use: OrderUse;
  readonly now: () => Micros;
}

export class GateLimits implements LimitsPort<Config> {
  readonly #options: GateLimitsOptions;
  readonly #nodes: ReadonlyMap<string, number>;
  readonly #strategies: ReadonlyMap<string, StrategyId>;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(options: GateLimitsOptions) {
    this.#options = options;
    this.#nodes = new Map(options.scopes.map(({ name, node }) => [name, node]));
    const organisms = options.scopes.filter(({ name }) => name.startsWith("organism:"));
    this.#strategies = new Map(organisms.map(({ name }, i) => [name, i + 1]));
    this.#ids = new Map(options.instruments.map(({ symbol, id }) => [symbol, id]));
  }

  load(before: Config, after: Config): void {
    const { gate, instruments, now } = this.#options;
    const time = now();
    const differs = (a: unknown, b: unknown) => canonicalJson(a) !== canonicalJson(b);
    const node = (name: string, was: NodeLimits, is: NodeLimits) => {
      if (!differs(was, is)) return;
      // An instrument that is not named any more has no limit there any more.
      const named = new Set(is.instruments?.map(({ symbol }) => symbol));
      const gone = (was.instruments ?? []).filter(({ symbol }) => !named.has(symbol)).map(({ symbol }) => ({ symbol }));
      loadNode(
        gate,
        this.#nodes.get(name)!,
        { ...is, instruments: [...is.instruments ?? [], ...gone] },
        this.#ids,
        time,
      );
    };
    node("firm", before.firm.limits, after.firm.limits);
    after.customers.forEach(({ id, limits }, i) => node(`customer:${id}`, before.customers[i].limits, limits));
    after.accounts.forEach(({ id, limits }, i) => node(`account:${id}`, before.accounts[i].limits, limits));
    after.organisms.forEach((organism, i) => {
      if (!differs(before.organisms[i].limits, organism.limits)) return;
      node(`organism:${organism.id}`, before.organisms[i].limits, organism.limits);
      loadStrategy(gate, i + 1, organism, this.#ids, time);
    });
    if (differs(before.controls, after.controls)) {
      for (const fact of factChanges(before, after, this.#options.scopes, instruments)) gate.tell(fact, time);
    }
    for (const instrument of instruments) {
      const { id } = instrument;
      if (differs(before.instruments[id], after.instruments[id])) loadRule(gate, after, instrument, time);
    }
  }

  usage({ scope, limit, instrument }: LimitRef): ReturnType<LimitsPort<Config>["usage"]> {
    const symbol = instrument ?? (scope.startsWith("instrument:") ? scope.slice("instrument:".length) : null);
    const id = symbol === null ? undefined : this.#ids.get(symbol);
    const volume = id === undefined ? null : this.#options.board.rows[id]?.volume ?? null;
    const single = this.#single(scope, limit, id);
    if (single !== null) {
      const unit = limit === "max_notional" ? MONEY_SCALE : 1;
      return { used: single.used / unit, peak: single.peak / unit, volume };
    }
    const node = this.#nodes.get(scope);
    if (node === undefined) return { used: null, volume };
    return { used: this.#used(node, limit, id), volume };
  }

  /** What single orders used of a limit that each is held to. */
  #single(scope: string, limit: string, instrument: number | undefined): OrderFigure | null {
    const { use } = this.#options;
    if (scope.startsWith("instrument:")) return instrument === undefined ? null : use.ofInstrument(instrument, limit);
    const strategy = this.#strategies.get(scope);
    return strategy === undefined ? null : use.ofStrategy(strategy, limit);
  }

  /** In the unit of the limit; null for what the gate counts no use of. */
  #used(node: number, limit: string, instrument: number | undefined): number | null {
    const { gate, instruments } = this.#options;
    const here = (id: number) => {
      const { position, openBuy, openSell } = gate.scopeExposure(node, id);
      return Math.max(0, position + openBuy, openSell - position);
    };
    if (limit === "max_position") {
      return instrument === undefined ? Math.max(0, ...instruments.map(({ id }) => here(id))) : here(instrument);
    }
    if (limit === "max_open_orders" && instrument !== undefined) return gate.scopeExposure(node, instrument).openOrders;
    const { openOrders, gross, netLong, netShort } = gate.scopeUsage(node);
    if (limit === "max_open_orders") return openOrders;
    if (limit === "max_gross") return gross / MONEY_SCALE;
    if (limit === "max_net") return Math.max(0, netLong, -netShort) / MONEY_SCALE;
    return null;
  }
}
