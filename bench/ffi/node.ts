/** A core that orders are measured in: gate, log and book, and a day of orders for them. */
import {
  AuditLog,
  CommandKind,
  ControlPage,
  EVERY_INSTRUMENT,
  EVERY_OWNER,
  ExecType,
  ExecutionView,
  InstrumentRulesView,
  MarketTickView,
  MatchingEngine,
  OrderCommandView,
  OrderGate,
  StrategyLimitsView,
} from "../../ffi/mod.ts";

/** Orders that are decided between two looks at the clock. */
export const CHUNK = 1024;
/** Microseconds. */
export const NOW = 1_700_000_000_000_000;

/** Gate, log, control page and book; the log is in memory where none is given, and is closed with the rest. */
export class Node implements Disposable {
  readonly control = ControlPage.memory();
  readonly gate: OrderGate;
  readonly engine = MatchingEngine.create([0]);

  constructor(readonly audit = AuditLog.memory()) {
    this.gate = OrderGate.create(this);
    const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
    rules.tickStep = rules.lotStep = rules.unitsPerTickLot = 1;
    rules.collarBps = 1_000;
    rules.referenceMaxAgeMs = 60_000;
    rules.maxQuantity = 1_000;
    this.gate.setInstrument(rules.buffer, NOW);
    const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
    limits.strategy = 1;
    limits.maxQuantity = 1_000;
    limits.maxNotional = limits.maxPosition = 1e15;
    limits.ratePerSecond = limits.rateBurst = 4e9;
    limits.duplicateWindowMs = 1;
    this.gate.setLimits(limits.buffer, NOW);
    this.gate.setReference(0, 999, 1_001, 1_000, NOW);
  }

  [Symbol.dispose](): void {
    this.engine.close();
    this.gate.close();
    this.control.close();
    this.audit.close();
  }
}

/**
 * A day in pieces: a chunk of orders are decided while the clock runs; then, with the clock stopped, the venue cancels what
 * is left of them, so that the gate holds as many open orders after an hour as after a second.
 */
export class Tape {
  readonly orders: Uint8Array;
  readonly #order: OrderCommandView;
  readonly #reports: Uint8Array;
  readonly #report: ExecutionView;
  readonly #room: { readonly executions: Uint8Array; readonly ticks: Uint8Array };
  #written = 0;

  constructor(readonly chunk = CHUNK) {
    this.orders = new Uint8Array(chunk * OrderCommandView.SIZE);
    this.#order = new OrderCommandView(this.orders);
    this.#reports = new Uint8Array(chunk * ExecutionView.SIZE);
    this.#report = new ExecutionView(this.#reports);
    const [executions, ticks] = [ExecutionView.SIZE, MarketTickView.SIZE].map((size) =>
      new Uint8Array(chunk * 16 * size)
    );
    this.#room = { executions, ticks };
  }

  /** Writes the next orders around 1000 ticks, no two alike in a millisecond; every other one crosses the one before. */
  next(): void {
    const order = this.#order;
    for (let i = 0; i < this.chunk; i++) {
      const n = this.#written++;
      order.at(i).kind = CommandKind.New;
      order.side = n % 2;
      order.orderId = n + 1;
      order.price = 990 + (n >> 1) % 20;
      order.quantity = 1 + (n >> 1) % 900;
      order.owner = 1;
      order.time = NOW + n * 10;
    }
  }

  /** Writes the next commands of a quiet market: of sixteen eight come to rest, one trades, the other seven are cancelled. */
  nextQuiet(): void {
    this.next();
    const order = this.#order;
    const first = this.#written - this.chunk;
    for (let i = 0; i < this.chunk; i++) {
      const n = first + i;
      const place = n % 16;
      order.at(i).side = place === 8 ? 1 : 0;
      order.targetId = 0;
      order.price = 980 + (place === 8 ? 7 : place);
      if (place === 8) order.quantity = 1 + (n - 1 >> 1) % 900;
      if (place <= 8) continue;
      order.kind = CommandKind.Cancel;
      order.orderId = order.targetId = n - 8;
    }
  }

  get time(): number {
    return NOW + this.#written * 10;
  }

  /** Tells the gate that the venue cancelled all of the last chunk. */
  cancel(gate: OrderGate): void {
    const report = this.#report;
    for (let i = 0; i < this.chunk; i++) {
      this.#order.at(i);
      report.at(i).execType = ExecType.Canceled;
      report.side = this.#order.side;
      report.orderId = this.#order.orderId;
      report.quantity = this.#order.quantity;
      report.owner = 1;
    }
    gate.applyExecutions(this.#reports, this.chunk);
  }

  /** Cancels what is left of the last chunk, at the venue and in the gate. */
  clear({ engine, gate }: Node): void {
    const { executions, ticks } = this.#room;
    const counts = engine.cancelAll(EVERY_OWNER, EVERY_INSTRUMENT, this.time, executions, ticks);
    gate.applyExecutions(executions, counts.executions);
  }

  /** The chunk in batches. */
  batches(size: number): Uint8Array[] {
    const bytes = size * OrderCommandView.SIZE;
    return Array.from({ length: this.chunk / size }, (_, i) => this.orders.subarray(i * bytes, (i + 1) * bytes));
  }
}
