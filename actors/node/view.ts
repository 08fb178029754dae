/** The node as the console sees it: assembled on demand from read models, counters and native heads. */
import { CODE_TEXT } from "../../ffi/layout.gen.ts";
import { UserError } from "../../config/mod.ts";
import { scopeStateName } from "../guardians/kill.ts";
import { SCOPE_STATES } from "../protocol/control.ts";
import { findScope, FIRM, namedSlots, refuseLooser } from "./scopes.ts";
import type { OrderRow } from "../guardians/order_table.ts";
import type {
  ActorView,
  CrashSummary,
  CrashView,
  InstrumentView,
  KillReport,
  LatencyView,
  NodeSnapshot,
  NodeView,
  OrderView,
  OrganismView,
  RearmPort,
  ScopeName,
  ScopeView,
  Stricter,
} from "../protocol/mod.ts";
import type { NodeParts } from "./parts.ts";

const DEPTH_LEVELS = 20;
const TYPES = ["limit", "market", "stop", "stop-limit"] as const;
const TIF = ["GTC", "IOC", "FOK", "DAY", "GTD"] as const;
/** Wall milliseconds a kill may take to be confirmed before the caller is told that it is not. */
const KILL_TIMEOUT_MS = 2_000;

export class LiveNodeView implements NodeView {
  readonly #parts: NodeParts;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: Array<{ epoch: number; resolve: (report: KillReport) => void }> = [];
  #lastKill: KillReport | null = null;
  /** Names do not change while a node runs. */
  #slots: readonly number[] | null = null;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  snapshot(): NodeSnapshot {
    const { config, system, mode, audit, gate, startedWall } = this.#parts;
    const head = audit.head();
    const counters = gate.counters();
    return {
      version: this.#parts.version,
      seed: config.node.seed,
      feed: this.#parts.feedName,
      speed: config.node.speed,
      startedWall,
      uptimeSeconds: Math.round((system.stopwatch.now() - this.#parts.startedStamp) / 1e9),
      time: system.clock.now(),
      mode: mode.mode,
      concerns: mode.concerns().map(({ id, detail, demands }) => ({ id, detail, demands })),
      breakers: this.#parts.breakers.views(),
      scopes: this.#scopes(),
      actors: this.#actors(),
      instruments: this.#instruments(),
      organisms: this.#organisms(),
      gate: { decisions: counters.decisions, accepted: counters.accepted, rejected: rejectedByName(counters.rejected) },
      latency: this.#latency(),
      audit: {
        records: head.records,
        durable: head.durable,
        root: head.root,
        chain: head.chain,
        durability: config.audit.durability,
        sinks: this.#parts.sinks(),
        attestations: this.#parts.attestations(),
      },
      messages: system.counters(),
      crashes: { total: this.#parts.crashes.total, changes: this.#parts.crashes.changes },
      controls: { changes: this.#parts.controlChanges() },
      lastKill: this.#lastKill,
    };
  }

  crashes(limit: number): readonly CrashSummary[] {
    return this.#parts.crashes.latest(limit);
  }

  crashRecord(id: number): CrashView | null {
    return this.#parts.crashes.find(id);
  }

  orders(query: { limit: number; organism?: string; status?: OrderView["status"] }): readonly OrderView[] {
    const { books, organisms } = this.#parts;
    const strategy = query.organism === undefined
      ? undefined
      : organisms.find((organism) => organism.id === query.organism)?.strategy ?? -1;
    const rows = books.orders.newest(
      query.limit,
      (row) =>
        (strategy === undefined || row.strategy === strategy) &&
        (query.status === undefined || row.status === query.status),
    );
    return rows.map((row) => this.#order(row));
  }

  async kill(scope: ScopeName, reason: string, who: string, state: Stricter = "KILLED"): Promise<KillReport> {
    const { control, system, wallNanos, spreadKill } = this.#parts;
    const slot = findScope(control, scope);
    const wanted = SCOPE_STATES.indexOf(state) as 1 | 2 | 3;
    refuseLooser(control, slot, wanted);
    const before = system.stopwatch.now();
    const { epoch } = control.tighten(slot, wanted, reason, who, wallNanos());
    const shut = Math.round(system.stopwatch.now() - before);
    // The others are not waited for, nor do they wait: what they say comes with the confirmation.
    const spreading = spreadKill?.(scope, wanted, reason, who);
    spreading?.catch(() => {});
    const report = { ...await this.#carriedOut(scope, epoch), scope, state, gateShutNanos: shut };
    const elsewhere = await spreading;
    return elsewhere === undefined ? report : { ...report, elsewhere };
  }

  readonly rearm: RearmPort = {
    view: () => this.#parts.rearm.view(),
    request: async (by, command, from) => {
      const outcome = this.#parts.rearm.carryOut(by, command, from);
      if (outcome.proposal === null && command.verb !== "withdraw") {
        await this.#carriedOut(outcome.scope, this.#parts.control.header().requestEpoch);
      }
      return outcome;
    },
  };

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called by the node when something worth showing may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Called by the node when a request on the control page was carried out. */
  carriedOut(report: KillReport): void {
    this.#lastKill = report;
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (this.#waiting[i].epoch <= report.epoch) this.#waiting.splice(i, 1)[0].resolve(report);
    }
  }

  /** The store came first; everything after it is confirmation. */
  #carriedOut(scope: ScopeName, epoch: number): Promise<KillReport> {
    this.#parts.system.inject(() => this.#parts.noticeControl());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ epoch, resolve });
      this.#parts.afterWall(KILL_TIMEOUT_MS, () => {
        reject(
          new UserError(
            "KILL_UNCONFIRMED",
            `the word of ${scope} is stored and the gate obeys it, but the node did not confirm within ${KILL_TIMEOUT_MS} ms: look at the open orders`,
          ),
        );
      });
    });
  }

  #scopes(): ScopeView[] {
    const { control } = this.#parts;
    this.#slots ??= namedSlots(control);
    return this.#slots.map((slot) => ({
      name: control.name(slot) || FIRM,
      state: scopeStateName(control.scope(slot)),
    }));
  }

  #actors(): ActorView[] {
    return this.#parts.system.actors().map((actor) => ({
      path: actor.path,
      type: actor.type,
      parent: actor.parent,
      state: actor.state === "waiting-restart" ? "restarting" : actor.state,
      strategy: actor.strategy,
      mailbox: actor.mailbox,
      mailboxCapacity: actor.mailboxCapacity,
      handled: actor.handled,
      restarts: actor.restarts,
      lastExit: actor.lastExit,
    }));
  }

  #instruments(): InstrumentView[] {
    const { books, venue } = this.#parts;
    return books.board.rows.map((row) => ({
      id: row.instrument.id,
      symbol: row.instrument.symbol,
      currency: row.instrument.currency,
      tick: row.instrument.tick,
      lot: row.instrument.lot,
      last: row.last,
      depth: venue.depth(row.instrument.id, DEPTH_LEVELS),
      trades: row.trades,
      volume: row.volume,
      status: row.detail ? `${row.status}: ${row.detail}` : row.status,
    }));
  }

  #organisms(): OrganismView[] {
    const { organisms, books, control, gate, instruments, curves, system } = this.#parts;
    return organisms.map(({ id, species, strategy, path }) => ({
      id,
      species,
      strategy,
      state: scopeStateName(control.scope(strategy)),
      ...books.portfolio.profitAndLoss(strategy),
      curve: curves.get(strategy)?.points ?? [],
      positions: books.portfolio.positions(strategy).map((line) => ({
        instrument: instruments[line.instrument].symbol,
        quantity: line.quantity,
        averagePrice: line.averagePrice,
      })),
      openOrders: instruments.reduce((sum, { id }) => sum + gate.exposure(strategy, id).openOrders, 0),
      inspect: system.inspect(path),
    }));
  }

  #latency(): LatencyView {
    const { latency } = this.#parts.books;
    return {
      count: latency.count,
      p50Micros: latency.quantile(0.5) / 1000,
      p99Micros: latency.quantile(0.99) / 1000,
      p9999Micros: latency.quantile(0.9999) / 1000,
      maxMicros: latency.max / 1000,
      buckets: latency.octaves().map(([upper, count]) => [upper / 1000, count] as const),
    };
  }

  #order(row: OrderRow): OrderView {
    const { organisms, instruments } = this.#parts;
    const [codeName, reason] = row.code === 0 ? ["", ""] : CODE_TEXT[row.code] ?? ["", `code ${row.code}`];
    return {
      orderId: row.id,
      organism: organisms.find((organism) => organism.strategy === row.strategy)?.id ?? `strategy ${row.strategy}`,
      instrument: instruments[row.instrument]?.symbol ?? `instrument ${row.instrument}`,
      side: row.side === 0 ? "buy" : "sell",
      type: TYPES[row.orderType],
      tif: TIF[row.tif],
      price: row.price,
      quantity: row.quantity,
      filled: row.filled,
      status: row.status,
      code: row.code,
      codeName,
      reason,
      time: row.time,
    };
  }
}

/** Rejections by code name, from the gate's counts by code. */
export function rejectedByName(byCode: Readonly<Record<number, number>>): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [code, count] of Object.entries(byCode)) {
    if (count > 0) named[CODE_TEXT[Number(code)]?.[0] ?? code] = count;
  }
  return named;
}
