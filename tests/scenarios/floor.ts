/**
 * A trading floor for scenarios: the real gate, log, control page and matching engine, with every limit so wide that only
 * what a scenario adds can stop anything. It counts what was let through, and remembers the first refusal.
 */
import {
  AuditLog,
  BACKGROUND_OWNER,
  CODE_TEXT,
  CommandKind,
  ControlPage,
  DepthLevelView,
  ExecutionView,
  GateDecisionView,
  InstrumentRulesView,
  MarketTickView,
  MatchingEngine,
  OrderCommandView,
  OrderGate,
  Side,
  StrategyLimitsView,
} from "../../ffi/mod.ts";

export const DAY_START = 1_343_827_800_000_000;
const MILLI = 1_000;
const BATCH = 32;
/** So wide that nothing of the past reaches it. */
const WIDE = 4e18;
const NEVER_OLD = 4_000_000_000;

export const FLAG = { Short: 1 << 6, Sweep: 1 << 8, Child: 1 << 9, Human: 1 << 10, Acknowledged: 1 << 11 } as const;

export interface Listed {
  /** Dollars. */
  readonly price: number;
  /** Shares or units of the underlying in one lot; default 1. */
  readonly perLot?: number;
  /** Nobody quotes: the reference is the last trade. */
  readonly lastOnly?: boolean;
}

export interface Entered {
  readonly side: number;
  readonly quantity: number;
  /** Dollars; 0 for a market order. */
  readonly price: number;
  readonly strategy?: number;
  readonly instrument?: number;
  readonly flags?: number;
  readonly kind?: number;
  readonly target?: number;
  readonly orderType?: number;
  readonly tif?: number;
  readonly display?: number;
  /** Of an order of its own; default the next. */
  readonly id?: number;
}

export interface Refusal {
  /** Number of the message, from 1. */
  readonly order: number;
  readonly code: number;
  /** Market time since the floor opened, in milliseconds. */
  readonly afterMs: number;
  readonly scope: number;
}

export interface FloorOptions {
  readonly listed: readonly Listed[];
  readonly strategies: number;
  /** Dollars of one tick; default a cent. */
  readonly tick?: number;
  /** Money units of a dollar; fewer where sums would not fit 64 bits. Default 1e8. */
  readonly unitsPerDollar?: number;
  /** Market orders of others stand against every order of ours, so that it fills at once. */
  readonly fills?: boolean;
  /** Orders rest in a book where `others` trade with them; `heard` hears of it. */
  readonly rests?: boolean;
  readonly control?: ControlPage;
}

export class Floor implements Disposable {
  readonly audit = AuditLog.memory();
  readonly control: ControlPage;
  readonly gate: OrderGate;
  readonly #engine: MatchingEngine;
  readonly #commands = new Uint8Array(2 * BATCH * OrderCommandView.SIZE);
  readonly #command = new OrderCommandView(this.#commands);
  readonly #decisions = new Uint8Array(BATCH * GateDecisionView.SIZE);
  readonly #decision = new GateDecisionView(this.#decisions);
  readonly #executions = new Uint8Array(8 * BATCH * ExecutionView.SIZE);
  readonly #ticks = new Uint8Array(16 * BATCH * MarketTickView.SIZE);
  readonly #options: FloorOptions;
  readonly tick: number;
  readonly unitsPerDollar: number;
  /** Microseconds of market time. */
  now = DAY_START;
  entered = 0;
  refused = 0;
  /** Dollars of everything let through, market orders at the reference price. */
  through = 0;
  first: Refusal | null = null;
  readonly codes: number[] = [];
  /** Hears every report of ours, once the gate has it. */
  heard: (view: ExecutionView, count: number) => void = () => {};
  #nextId = 1;
  #others = 2 ** 40;

  constructor(options: FloorOptions) {
    this.#options = options;
    this.tick = options.tick ?? 0.01;
    this.unitsPerDollar = options.unitsPerDollar ?? 1e8;
    this.control = options.control ?? ControlPage.memory();
    this.gate = OrderGate.create({ audit: this.audit, control: this.control });
    this.#engine = MatchingEngine.create(options.listed.map((_, i) => i));
    options.listed.forEach((listed, i) => {
      this.rule(i, {});
      const at = this.ticks(listed.price);
      if (listed.lastOnly) this.gate.setReference(i, 0, 0, at, this.now);
      else this.gate.setReference(i, at - 1, at + 1, at, this.now);
    });
    for (let strategy = 1; strategy <= options.strategies; strategy++) this.permit(strategy);
  }

  ticks(dollars: number): number {
    return Math.round(dollars / this.tick);
  }

  money(dollars: number): number {
    return Math.round(dollars * this.unitsPerDollar);
  }

  /** Rules of an instrument, wide but for what is given. */
  rule(instrument: number, own: { readonly collarBps?: number; readonly maxQuantity?: number }): void {
    const view = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
    const { perLot = 1 } = this.#options.listed[instrument];
    Object.assign(view, {
      instrument,
      tickStep: 1,
      lotStep: 1,
      collarBps: 1_000_000,
      referenceMaxAgeMs: NEVER_OLD,
      unitsPerTickLot: Math.round(this.tick * perLot * this.unitsPerDollar),
      maxQuantity: 1e12,
      ...own,
    });
    this.gate.setInstrument(view.buffer, this.now);
  }

  /** Limits of a strategy in every instrument, wide but for what is given. */
  permit(strategy: number, own: { readonly maxQuantity?: number; readonly maxNotional?: number } = {}): void {
    const view = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
    const wide = { maxQuantity: 1e12, maxNotional: WIDE, maxPosition: 1e15 };
    const pace = { ratePerSecond: NEVER_OLD, rateBurst: NEVER_OLD };
    Object.assign(view, { strategy, instrument: 65_535, ...wide, ...pace, ...own });
    this.gate.setLimits(view.buffer, this.now);
  }

  pass(millis: number): void {
    this.now += millis * MILLI;
  }

  /** Sends messages, thirty-two in a call, and fills what passed where the floor fills. Returns their codes. */
  send(orders: readonly Entered[]): number[] {
    const codes: number[] = [];
    for (let from = 0; from < orders.length; from += BATCH) {
      codes.push(...this.#batch(orders.slice(from, from + BATCH)));
    }
    return codes;
  }

  #batch(orders: readonly Entered[]): number[] {
    orders.forEach((order, at) => this.#write(at, order));
    this.gate.submit(this.#commands, orders.length, this.#decisions);
    const passed: Entered[] = [];
    const codes = orders.map((order, at) => {
      const { code, scope } = this.#decision.at(at);
      this.entered++;
      if (code === 0) {
        passed.push({ ...order, id: this.#command.at(at).orderId });
        if (order.kind !== CommandKind.Cancel) this.through += this.#worth(order);
      } else {
        this.refused++;
        this.first ??= { order: this.entered, code, scope, afterMs: (this.now - DAY_START) / MILLI };
      }
      return code;
    });
    this.codes.push(...codes);
    if (this.#options.fills) this.#fill(passed);
    if (this.#options.rests) this.#rest(passed);
    return codes;
  }

  /** Orders of somebody else. */
  others(orders: readonly Entered[]): void {
    this.#rest(orders.map((order) => ({ ...order, id: this.#others++, strategy: BACKGROUND_OWNER })));
  }

  /** Lots that stand at the best prices of a side. */
  visible(instrument: number, side: number): number {
    const levels = new DepthLevelView(new Uint8Array(5 * DepthLevelView.SIZE));
    const count = this.#engine.depth(instrument, side, levels.buffer);
    return Array.from({ length: count }, (_, i) => levels.at(i).quantity).reduce((sum, lots) => sum + lots, 0);
  }

  #rest(orders: readonly Entered[]): void {
    orders.forEach((order, at) => this.#write(at, order));
    this.#enter(orders.length);
  }

  #worth({ instrument = 0, price, quantity }: Entered): number {
    const listed = this.#options.listed[instrument];
    return (price || listed.price) * quantity * (listed.perLot ?? 1);
  }

  #write(at: number, order: Entered): void {
    const { kind = CommandKind.New, instrument = 0, strategy = 1, flags = 0, target = 0 } = order;
    const { orderType = 0, tif = 0, display = 0 } = order;
    Object.assign(this.#command.at(at), {
      kind,
      side: order.side,
      orderType,
      tif,
      flags,
      instrument,
      orderId: order.id ?? (kind === CommandKind.Amend ? target : this.#nextId++),
      price: this.ticks(order.price),
      quantity: order.quantity,
      owner: strategy,
      display,
      time: this.now,
      targetId: target,
      cause: 0,
    });
  }

  /** Somebody else takes the other side of each. */
  #fill(passed: readonly Entered[]): void {
    let at = 0;
    for (const order of passed) {
      const side = order.side === Side.Buy ? Side.Sell : Side.Buy;
      this.#write(at++, { ...order, id: this.#others++, side, strategy: BACKGROUND_OWNER, flags: 0, target: 0 });
      this.#write(at++, { ...order, flags: 0, target: 0 });
    }
    this.#enter(at);
  }

  #enter(at: number): void {
    const { executions } = this.#engine.submit(this.#commands, at, this.#executions, this.#ticks);
    const size = ExecutionView.SIZE;
    const view = new ExecutionView(this.#executions);
    let ours = 0;
    for (let i = 0; i < executions; i++) {
      if (view.at(i).owner >= BACKGROUND_OWNER) continue;
      this.#executions.copyWithin(ours++ * size, i * size, (i + 1) * size);
    }
    this.gate.applyExecutions(this.#executions.subarray(0, ours * size), ours);
    this.heard(new ExecutionView(this.#executions), ours);
  }

  [Symbol.dispose](): void {
    this.gate.close();
    this.#engine.close();
    if (this.#options.control === undefined) this.control.close();
    this.audit.close();
  }
}

/** "1509 ParentQuantity". */
export const named = (code: number): string => `${code} ${CODE_TEXT[code]?.[0] ?? "unknown"}`;
