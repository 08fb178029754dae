/** Gate, log in memory, matching books and a control page, with limits that refuse nothing: only the page stops an order. */
import {
  CommandKind,
  ExecutionView,
  GateDecisionView,
  InstrumentRulesView,
  OrderCommandView,
  OrderType,
  StrategyLimitsView,
  TimeInForce,
} from "../../ffi/layout.gen.ts";
import { AuditLog, type ControlPage, MatchingEngine, OrderGate, OrderPath } from "../../ffi/mod.ts";

export const STRATEGIES = [1, 2, 3, 4] as const;
export const INSTRUMENTS = [0, 1, 2, 3] as const;
export const BATCH = 64;
export const START = 1_700_000_000_000_000;
const PRICE = 10_000;
const REPORTS = 24_000;

export class Shop implements Disposable {
  readonly audit = AuditLog.memory();
  readonly engine = MatchingEngine.create(INSTRUMENTS);
  readonly gate: OrderGate;
  readonly path: OrderPath;
  readonly commands = new Uint8Array(BATCH * OrderCommandView.SIZE);
  readonly decisions = new Uint8Array(BATCH * GateDecisionView.SIZE);
  readonly executions = new Uint8Array(REPORTS * ExecutionView.SIZE);
  readonly ticks = new Uint8Array(REPORTS * 128);
  readonly #command = new OrderCommandView(this.commands);
  #id = 0;

  constructor(page: ControlPage) {
    this.gate = OrderGate.create({ audit: this.audit, control: page });
    this.path = new OrderPath({ gate: this.gate, engine: this.engine });
    for (const instrument of INSTRUMENTS) {
      const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
      Object.assign(rules, {
        instrument,
        tickStep: 1,
        lotStep: 1,
        collarBps: 3_000,
        collarTicks: 10,
        referenceMaxAgeMs: 4_000_000_000,
        marketBufferBps: 100,
        unitsPerTickLot: 1_000_000,
        maxQuantity: 10_000,
      });
      this.gate.setInstrument(rules.buffer);
      for (const strategy of STRATEGIES) {
        const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
        Object.assign(limits, {
          strategy,
          instrument,
          maxQuantity: 500,
          maxNotional: 1e15,
          maxPosition: 1e9,
          ratePerSecond: 4e9,
          rateBurst: 4e9,
        });
        this.gate.setLimits(limits.buffer);
      }
      this.gate.setReference(instrument, PRICE - 1, PRICE + 1, PRICE, START);
    }
  }

  /** Writes an order into place `i` of the batch. `rests`: good till cancelled, at a price of its own; else it is cancelled at once. */
  order(i: number, strategy: number, instrument: number, rests: boolean): void {
    const command = this.#command.at(i);
    this.commands.fill(0, i * OrderCommandView.SIZE, (i + 1) * OrderCommandView.SIZE);
    Object.assign(command, {
      kind: CommandKind.New,
      owner: strategy,
      instrument,
      orderId: ++this.#id,
      side: 0,
      orderType: OrderType.Limit,
      tif: rests ? TimeInForce.Gtc : TimeInForce.Ioc,
      price: PRICE - 1 - (this.#id % 500),
      quantity: 1,
      time: START,
    });
  }

  submit(count: number) {
    return this.path.submit(this.commands, count, this.decisions, this.executions, this.ticks);
  }

  /** `count` orders that rest, of all strategies in all instruments. Throws when one was refused. */
  rest(count: number): void {
    for (let sent = 0; sent < count;) {
      const size = Math.min(BATCH, count - sent);
      for (let i = 0; i < size; i++, sent++) this.order(i, STRATEGIES[sent % 4], INSTRUMENTS[(sent >> 2) % 4], true);
      const { accepted } = this.submit(size);
      if (accepted !== size) throw new Error(`${size - accepted} of ${size} orders were refused`);
    }
  }

  /** Mass cancels of every strategy in one call: through the gate, on record, booked. Returns the cancels. */
  massCancel(): number {
    STRATEGIES.forEach((owner, i) => {
      this.commands.fill(0, i * OrderCommandView.SIZE, (i + 1) * OrderCommandView.SIZE);
      Object.assign(this.#command.at(i), { kind: CommandKind.CancelOwner, owner, instrument: 0xffff, time: START });
    });
    const counts = this.submit(STRATEGIES.length);
    if (counts.waitingExecutions > 0) throw new Error("the buffer of reports is too small");
    return counts.executions;
  }

  /** The same in the books alone: nothing on record yet, and the gate hears of it by `bookCancels`. */
  cancelInBooks(): number {
    let cancels = 0;
    for (const owner of STRATEGIES) {
      const free = this.executions.subarray(cancels * ExecutionView.SIZE);
      const counts = this.engine.cancelAll(owner, 0xffff, START, free, this.ticks);
      if (counts.waitingExecutions > 0) throw new Error("the buffer of reports is too small");
      cancels += counts.executions;
    }
    return cancels;
  }

  bookCancels(count: number): void {
    this.gate.applyExecutions(this.executions, count);
  }

  [Symbol.dispose](): void {
    this.gate.close();
    this.engine.close();
    this.audit.close();
  }
}
