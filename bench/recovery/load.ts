/**
 * Orders for a gate and books that are to be recovered: what batch `n` holds is a function of the seed and of `n` alone, so
 * that whoever was killed can go on where the log ends, and a twin that was not killed can be asked what that came to.
 */
import {
  AuditLog,
  CommandKind,
  ControlPage,
  EVERY_INSTRUMENT,
  ExecutionView,
  GateDecisionView,
  InstrumentRulesView,
  MarketTickView,
  MatchingEngine,
  OrderCommandView,
  OrderGate,
  OrderPath,
  type PathCounts,
  recover,
  type Recovery,
  StrategyLimitsView,
} from "../../ffi/mod.ts";

/** Commands in a batch. */
export const BATCH = 32;
const INSTRUMENTS = 8;
const STRATEGIES = 4;
/** Microseconds. */
const START = 1_700_000_000_000_000;
const MICROS_PER_BATCH = 500;
/** Orders so far back that are cancelled or amended. */
const REACH = 400;
/** Of which prices around the middle orders are. */
const WIDTH = 8;
const MIDDLE = 1_000;

/** A small generator: every batch draws from one of its own. */
function draws(seed: number, batch: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(batch + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return (mixed ^ mixed >>> 14) >>> 0;
  };
}

/** Gate, books and log in one order path. The log stays its owner's. */
export class Desk implements Disposable {
  readonly control = ControlPage.memory();
  readonly gate: OrderGate;
  readonly engine: MatchingEngine;
  readonly audit: AuditLog;
  readonly #path: OrderPath;
  readonly #commands = new Uint8Array(BATCH * OrderCommandView.SIZE);
  readonly #command = new OrderCommandView(this.#commands);
  readonly #decisions = new Uint8Array(BATCH * GateDecisionView.SIZE);
  readonly #executions = new Uint8Array(BATCH * 64 * ExecutionView.SIZE);
  readonly #ticks = new Uint8Array(BATCH * 64 * MarketTickView.SIZE);
  readonly #seed: number;

  private constructor(audit: AuditLog, seed: number, listed: readonly number[]) {
    this.audit = audit;
    this.#seed = seed;
    this.gate = OrderGate.create({ audit, control: this.control });
    this.engine = MatchingEngine.create(listed, { audit });
    this.#path = new OrderPath({ gate: this.gate, engine: this.engine, stream: 1 });
  }

  /** One that begins a log. */
  static begun(audit: AuditLog, seed: number): Desk {
    const desk = new Desk(audit, seed, [...Array(INSTRUMENTS).keys()]);
    const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
    rules.tickStep = rules.lotStep = rules.unitsPerTickLot = 1;
    rules.collarBps = 1_000;
    rules.referenceMaxAgeMs = 60_000;
    rules.maxQuantity = 1_000;
    for (let i = 0; i < INSTRUMENTS; i++) {
      rules.instrument = i;
      desk.gate.setInstrument(rules.buffer, START);
    }
    const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
    limits.instrument = EVERY_INSTRUMENT;
    limits.maxQuantity = 900;
    limits.maxNotional = 1e15;
    limits.maxPosition = 1e9;
    limits.ratePerSecond = 60_000;
    limits.rateBurst = 200;
    limits.duplicateWindowMs = 2;
    for (let strategy = 1; strategy <= STRATEGIES; strategy++) {
      limits.strategy = strategy;
      desk.gate.setLimits(limits.buffer, START);
    }
    audit.commit();
    return desk;
  }

  /** One that goes on where the log in `directory`, which `audit` appends to, ends. */
  static recovered(
    audit: AuditLog,
    seed: number,
    { directory, snapshots }: { readonly directory: string; readonly snapshots?: boolean },
  ): { readonly desk: Desk; readonly recovery: Recovery } {
    const desk = new Desk(audit, seed, []);
    const { gate, engine } = desk;
    return { desk, recovery: recover({ directory, gate, engine, snapshots }) };
  }

  /** Number of the next batch: those before it are on record. */
  get next(): number {
    return Math.floor(this.gate.counters().sequence / BATCH);
  }

  /** By the desk's clock, microseconds. */
  time(batch: number): number {
    return START + batch * MICROS_PER_BATCH;
  }

  /** Sends a batch down the path. It is on record, as durable as the log makes it, when this returns. */
  submit(batch: number): PathCounts {
    const time = this.time(batch);
    for (let i = 0; i < INSTRUMENTS; i++) this.gate.setReference(i, MIDDLE - 1, MIDDLE + 1, MIDDLE, time);
    const draw = draws(this.#seed, batch);
    const command = this.#command;
    for (let i = 0; i < BATCH; i++) {
      const id = batch * BATCH + i + 1;
      command.at(i).kind = CommandKind.New;
      command.orderId = id;
      command.targetId = 0;
      command.time = time + i;
      this.#place(id, draw());
      const fate = draw() % 16;
      if (fate < 7 && id > REACH) this.#alter(id - 1 - draw() % REACH, fate, draw);
    }
    return this.#path.submit(this.#commands, BATCH, this.#decisions, this.#executions, this.#ticks);
  }

  /** Whose order it is, in what and which way: a function of its id, so that whoever cancels it need not remember. */
  #place(id: number, drawn: number): void {
    const command = this.#command;
    command.owner = 1 + id % STRATEGIES;
    command.instrument = id % INSTRUMENTS;
    command.side = Math.imul(id, 0x9e3779b1) >>> 31;
    command.price = MIDDLE - WIDTH / 2 + drawn % WIDTH;
    command.quantity = 1 + (drawn >>> 8) % 200;
  }

  #alter(target: number, fate: number, draw: () => number): void {
    const command = this.#command;
    const time = command.time;
    command.kind = fate < 5 ? CommandKind.Cancel : CommandKind.Amend;
    this.#place(target, draw());
    command.orderId = command.targetId = target;
    command.time = time;
  }

  /** State hashes of gate and books. */
  state(): string {
    return `${this.gate.stateHash()} ${this.engine.stateHash()}`;
  }

  [Symbol.dispose](): void {
    this.engine.close();
    this.gate.close();
    this.control.close();
  }
}
