/**
 * What was used of every limit in a run, worked out from the decisions and executions on its log: the most that each limit
 * was ever asked to hold. Values are at the reference price of the order that changed them.
 */
import { CommandKind, ExecType, FIRM_NODE, Side } from "../../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT } from "../../../ffi/mod.ts";
import type { NamedScope } from "../limits.ts";
import { type FactFields, isProfit, limitsOfFact, windowed } from "./fact_limits.ts";
import { Windows } from "./windows.ts";

/** A limit by name, as it stood last, with the most that was measured for it; null where the log has no measure of it. */
export interface LimitUse {
  readonly scope: string;
  readonly instrument: string | null;
  readonly limit: string;
  /** Money in money units. */
  readonly value: number;
  readonly used: number | null;
}

/** One measure of one limit, as an order or a report made it. */
export type Measure = Omit<LimitUse, "value" | "used"> & { readonly used: number };

/** All that a ledger counts, as JSON holds it. */
export interface UsageState {
  readonly maps: readonly (readonly (readonly [string | number, unknown])[])[];
}

export interface Command {
  readonly kind: number;
  readonly side: number;
  readonly instrument: number;
  readonly orderId: number;
  readonly targetId: number;
  readonly price: number;
  readonly quantity: number;
  readonly owner: number;
  readonly time: number;
}

export interface Decision {
  readonly code: number;
  readonly reference: number;
}

export interface Execution {
  readonly execType: number;
  readonly side: number;
  readonly instrument: number;
  readonly orderId: number;
  readonly quantity: number;
  readonly leaves: number;
  readonly owner: number;
  /** Microseconds; without it trades in a window are not counted. */
  readonly time?: number;
}

interface Pair {
  position: number;
  openBuy: number;
  openSell: number;
  openOrders: number;
  /** Money units of its worst case, as last valued. */
  gross: number;
}

interface Open {
  readonly owner: number;
  readonly instrument: number;
  readonly side: number;
  leaves: number;
}

const SECOND = 1_000_000;
const ENDS = new Set<number>([ExecType.Canceled, ExecType.Rejected, ExecType.Expired]);

export class UsageLedger {
  /** Whether what happens now counts; it always changes what is open. */
  counting = true;
  /** Hears every measure, also one that does not count. */
  onMeasure: (measure: Measure) => void = () => {};
  readonly #scopes = new Map<number, NamedScope>();
  readonly #symbols: readonly string[];
  /** Node of each strategy, and every node above. */
  readonly #above = new Map<number, readonly number[]>();
  readonly #units = new Map<number, number>();
  readonly #limits = new Map<string, { scope: string; instrument: string | null; limit: string; value: number }>();
  readonly #used = new Map<string, number>();
  /** As measured last. */
  readonly #now = new Map<string, number>();
  readonly #pairs = new Map<string, Pair>();
  readonly #open = new Map<number, Open>();
  readonly #totals = new Map<number, { gross: number; openOrders: number }>();
  /** Messages in the current second, by strategy and by scope. */
  readonly #seconds = new Map<number | string, { second: number; count: number }>();
  readonly #reference = new Map<number, number>();
  /** Of [controls], named by scope, instrument ("" over all) and milliseconds. */
  readonly #entered = new Windows();
  readonly #traded = new Windows();

  constructor(scopes: readonly NamedScope[], symbols: readonly string[], organisms: readonly string[]) {
    this.#symbols = symbols;
    for (const scope of scopes) this.#scopes.set(scope.node, scope);
    organisms.forEach((id, i) => {
      const path: number[] = [];
      let at = scopes.find(({ name }) => name === `organism:${id}`);
      while (at !== undefined) {
        path.push(at.node);
        at = at.node === FIRM_NODE ? undefined : this.#scopes.get(at.parent);
      }
      this.#above.set(i + 1, path);
    });
  }

  /** A LimitsSet record, decoded: of the tree's limits, of an instrument's, or of a fact. */
  limits(version: number, fields: Readonly<Record<string, number>>): void {
    const set = (scope: string, instrument: string | null, limit: string, value: number) => {
      const row = { scope, instrument, limit, value };
      this.#limits.set(keyOf(row), row);
    };
    const symbol = fields.instrument === EVERY_INSTRUMENT ? null : this.#symbols[fields.instrument] ?? null;
    if (version === 1) {
      const scope = this.#scopeOf(fields.strategy);
      set(scope, symbol, "max_quantity", fields.maxQuantity);
      set(scope, symbol, "max_notional", fields.maxNotional);
      set(scope, symbol, "max_position", fields.maxPosition);
      set(scope, null, "rate_per_second", fields.ratePerSecond);
    } else if (version === 2) {
      this.#units.set(fields.instrument, fields.unitsPerTickLot);
      set(`instrument:${symbol}`, null, "max_quantity", fields.maxQuantity);
    } else if (version === 4) {
      const scope = this.#scopes.get(fields.node)?.name ?? `node ${fields.node}`;
      if (fields.set & 1) set(scope, symbol, "max_position", fields.maxPosition);
      if (fields.set & 2) set(scope, symbol, "max_open_orders", fields.maxOpenOrders);
      if (fields.set & 4) set(scope, symbol, "max_gross", fields.maxGross);
      if (fields.set & 8) set(scope, symbol, "max_net", fields.maxNet);
    } else this.#fact(version, fields);
  }

  #fact(version: number, fields: FactFields): void {
    const { node, strategy, windowMs } = fields;
    const scope = node === undefined ? this.#scopeOf(strategy) : this.#scopes.get(node)?.name ?? `node ${node}`;
    if (isProfit(version)) return this.#use(scope, null, "max_loss", Math.max(0, -fields.profit));
    for (const { limit, value, instrument: id } of limitsOfFact(version, fields)) {
      const instrument = id === EVERY_INSTRUMENT ? null : this.#symbols[id] ?? null;
      const row = { scope, instrument, limit, value };
      if (value === 0) this.#limits.delete(keyOf(row));
      else this.#limits.set(keyOf(row), row);
      if (windowMs === undefined) continue;
      const windows = node === undefined ? this.#traded : this.#entered;
      windows.open(windowName(scope, instrument, windowMs), windowMs);
    }
  }

  decided(command: Command, { code, reference }: Decision): void {
    if (reference > 0) this.#reference.set(command.instrument, reference);
    if (command.kind !== CommandKind.New && command.kind !== CommandKind.Amend) return;
    if (code !== 0) return;
    const { owner, instrument, quantity, side } = command;
    const scope = this.#scopeOf(owner), symbol = this.#symbols[instrument];
    this.#use(scope, symbol, "max_quantity", quantity);
    this.#use(`instrument:${symbol}`, null, "max_quantity", quantity);
    this.#use(
      scope,
      symbol,
      "max_notional",
      quantity * (command.price || reference) * (this.#units.get(instrument) ?? 0),
    );
    this.#message(owner, command.time);
    const value = quantity * reference * (this.#units.get(instrument) ?? 0);
    const above = (this.#above.get(owner) ?? []).map((node) => this.#scopes.get(node)!.name);
    for (const one of above) {
      this.#use(one, null, "warn_quantity", quantity);
      this.#use(one, null, "warn_value", value);
    }
    const within = (name: string) => {
      const [of, where] = name.split("\u0000");
      return above.includes(of) && (where === "" || where === symbol);
    };
    for (const [name, sums] of this.#entered.enter(within, command.time, quantity, value)) {
      const [of, where, windowMs] = name.split("\u0000");
      const use = (limit: string, used: number) =>
        this.#use(of, where || null, windowed(limit, Number(windowMs)), used);
      use("orders", sums.count);
      use("lots", sums.lots);
      use("value", sums.value);
    }
    if (command.kind === CommandKind.New) {
      this.#open.set(command.orderId, { owner, instrument, side, leaves: quantity });
      this.#change(owner, instrument, (pair) => {
        pair[side === Side.Buy ? "openBuy" : "openSell"] += quantity;
        pair.openOrders++;
      });
    }
  }

  executed({ execType, orderId, quantity, leaves, owner: trader, time }: Execution): void {
    if (execType === ExecType.Trade && time !== undefined) this.#trade(trader, time);
    const order = this.#open.get(orderId);
    if (order === undefined) return;
    const { owner, instrument, side } = order;
    const left = ENDS.has(execType) ? 0 : leaves;
    const ended = left === 0 && execType !== ExecType.CancelRejected && execType !== ExecType.New;
    const unchanged = execType === ExecType.CancelRejected;
    this.#change(owner, instrument, (pair) => {
      if (execType === ExecType.Trade) pair.position += side === Side.Buy ? quantity : -quantity;
      if (unchanged) return;
      pair[side === Side.Buy ? "openBuy" : "openSell"] += left - order.leaves;
      order.leaves = left;
      if (ended) pair.openOrders--;
    });
    if (ended && !unchanged) this.#open.delete(orderId);
  }

  /** Every limit of the log, in a fixed order. */
  uses(): readonly LimitUse[] {
    return [...this.#limits].map(([key, row]) => ({
      ...row,
      used: this.#used.get(key) ?? (isMeasured(row.limit) ? 0 : null),
    }))
      .sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  }

  /** The limit as it stands; null where there is none. */
  limitOf(scope: string, instrument: string | null, limit: string): number | null {
    return this.#limits.get(keyOf({ scope, instrument, limit }))?.value ?? null;
  }

  /** As `uses`, with what was measured last beside the most. */
  usesNow(): readonly (LimitUse & { readonly now: number | null })[] {
    return this.uses().map((use) => ({ ...use, now: use.used === null ? null : this.#now.get(keyOf(use)) ?? 0 }));
  }

  /** Shares what it counts: turn it into text before the next record. */
  save(): UsageState {
    return { maps: this.#maps().map((map) => [...map]) };
  }

  /** Goes on where another ledger of the same run was saved. */
  restore({ maps }: UsageState): void {
    this.#maps().forEach((map, i) => {
      map.clear();
      for (const [key, value] of maps[i]) map.set(key, value);
    });
  }

  #maps(): Map<string | number, unknown>[] {
    const maps = [this.#units, this.#limits, this.#used, this.#now, this.#pairs, this.#open, this.#totals];
    return [...maps, this.#seconds, this.#reference, this.#entered.map, this.#traded.map] as Map<
      string | number,
      unknown
    >[];
  }

  #scopeOf(strategy: number): string {
    const node = this.#above.get(strategy)?.[0];
    return node === undefined ? `strategy ${strategy}` : this.#scopes.get(node)!.name;
  }

  #use(scope: string, instrument: string | null, limit: string, amount: number): void {
    this.onMeasure({ scope, instrument, limit, used: amount });
    const key = keyOf({ scope, instrument, limit });
    this.#now.set(key, amount);
    if (!this.counting) return;
    if (amount > (this.#used.get(key) ?? 0)) this.#used.set(key, amount);
  }

  #message(owner: number, time: number): void {
    const second = Math.floor(time / SECOND);
    const count = (of: number | string): number => {
      let window = this.#seconds.get(of);
      if (window?.second !== second) this.#seconds.set(of, window = { second, count: 0 });
      return ++window.count;
    };
    this.#use(this.#scopeOf(owner), null, "rate_per_second", count(owner));
    for (const node of this.#above.get(owner) ?? []) {
      const { name } = this.#scopes.get(node)!;
      this.#use(name, null, "message_rate", count(name));
    }
  }

  #trade(strategy: number, time: number): void {
    const scope = this.#scopeOf(strategy);
    const own = (name: string) => name.startsWith(`${scope}\u0000`);
    for (const [name, { count }] of this.#traded.enter(own, time, 0, 0)) {
      this.#use(scope, null, windowed("executions", Number(name.split("\u0000")[2])), count);
    }
  }

  #change(owner: number, instrument: number, how: (pair: Pair) => void): void {
    const symbol = this.#symbols[instrument];
    const own = this.#pair(`s${owner}/${instrument}`);
    const before = { ...own };
    how(own);
    const lots = worst(own);
    own.gross = lots * (this.#reference.get(instrument) ?? 0) * (this.#units.get(instrument) ?? 0);
    for (const node of this.#above.get(owner) ?? []) {
      const scope = this.#scopes.get(node)!.name;
      const pair = this.#pair(`n${node}/${instrument}`);
      for (const field of ["position", "openBuy", "openSell", "openOrders"] as const) {
        pair[field] += own[field] - before[field];
      }
      this.#use(scope, symbol, "max_position", worst(pair));
      this.#use(scope, symbol, "max_open_orders", pair.openOrders);
      const totals = this.#totals.get(node) ?? { gross: 0, openOrders: 0 };
      totals.gross += own.gross - before.gross;
      totals.openOrders += own.openOrders - before.openOrders;
      this.#totals.set(node, totals);
      this.#use(scope, null, "max_open_orders", totals.openOrders);
      this.#use(scope, null, "max_gross", Math.round(totals.gross));
      this.#use(scope, null, "credit", Math.round(totals.gross));
    }
  }

  #pair(key: string): Pair {
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      this.#pairs.set(key, pair = { position: 0, openBuy: 0, openSell: 0, openOrders: 0, gross: 0 });
    }
    return pair;
  }
}

const MEASURED: ReadonlySet<string> = new Set([
  "max_quantity",
  "max_notional",
  "max_position",
  "max_open_orders",
  "max_gross",
  "rate_per_second",
  "message_rate",
  "warn_quantity",
  "warn_value",
  "credit",
  "max_loss",
]);
const isMeasured = (limit: string): boolean => MEASURED.has(limit) || /_in_\d+_ms$/.test(limit);
const windowName = (scope: string, instrument: string | null, windowMs: number): string =>
  `${scope}\u0000${instrument ?? ""}\u0000${windowMs}`;

const worst = ({ position, openBuy, openSell }: Pair): number => Math.max(0, position + openBuy, openSell - position);
const keyOf = ({ scope, instrument, limit }: { scope: string; instrument: string | null; limit: string }): string =>
  `${scope}\u0000${limit}\u0000${instrument ?? ""}`;
