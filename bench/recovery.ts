/**
 * From what is on disk back to open orders, positions and books, after a node has died.
 *
 *     deno task bench recovery [--json] [--records N] [--runs N]
 *
 * - `one-million-log`: the whole log is read, its chain checked, and every decision, report and input of a book carried out
 *   again.
 * - `one-million-snapshot`: a snapshot stands for all but the last hundredth of the log. `taken_us` is how long the path of
 *   orders waited for it, `written_ms` how long it took until it was on disk.
 *
 * `cwts` comes to the state hash of the gate and the books there were, which is compared in every run; `open_ms` is what
 * opening the log to go on writing takes beside it. `sqlite` is the plain way: the same decisions and reports as rows, read
 * in order and added up in maps (open orders and positions, no checks, no books, no hashes); with the snapshot it reads a
 * table of open orders and one of positions, and the rows behind them.
 */
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../config/mod.ts";
import { ensureCore } from "../ffi/build.ts";
import {
  AuditLog,
  Code,
  CommandKind,
  ExecType,
  ExecutionView,
  GateDecisionView,
  OrderCommandView,
  readAudit,
  RecordType,
  Snapshots,
} from "../ffi/mod.ts";
import { Report, spread } from "./harness.ts";
import type { Narrowing } from "./main.ts";
import { Desk } from "./recovery/load.ts";

/** How much is measured. */
export interface Plan {
  readonly records: number;
  readonly runs: number;
}

const FULL: Plan = { records: 1_000_000, runs: 7 };
const SEED = 1;
/** Of the records, how many a snapshot stands for. */
const SNAPSHOT_AT = 0.99;
/** Rows in a transaction of the opponent. */
const TRANSACTION = 10_000;

export const options = ["records", "runs"] as const;

// deno-lint-ignore require-await
export async function run(json: boolean, { records, runs }: Narrowing = {}): Promise<void> {
  const count = (text: string | undefined, least: number, otherwise: number) => {
    const value = text === undefined ? otherwise : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new UserError("USAGE", `"${text}" is no count of at least ${least}`);
  };
  ensureCore();
  recovery(new Report("recovery", json), {
    records: count(records, 10_000, FULL.records),
    runs: count(runs, 1, FULL.runs),
  });
}

/** Measures what the plan says. */
export function recovery(report: Report, { records, runs }: Plan): void {
  const directory = Deno.makeTempDirSync({ prefix: "cwts-bench-recovery-" });
  try {
    report.note(`writing a log of ${records} records`);
    const log = build(`${directory}/log`, records);
    report.note("the same decisions and reports into SQLite");
    using rows = Rows.of(`${directory}/rows.db`, log);
    for (const [name, snapshots] of [["one-million-log", false], ["one-million-snapshot", true]] as const) {
      const ours: number[] = [], theirs: number[] = [], opened: number[] = [];
      let from = 0;
      for (let i = 0; i < runs; i++) {
        const once = recoverOnce(log, snapshots);
        ours.push(once.millis);
        opened.push(once.openMillis);
        from = once.from;
        theirs.push(rows.recover(snapshots, log.openOrders));
      }
      const facts = { records: log.records, from, open_orders: log.openOrders };
      const snapshot = { snapshot_bytes: log.snapshotBytes, taken_us: log.takenMicros, written_ms: log.writtenMillis };
      report.add({
        case: name,
        engine: "cwts",
        unit: "ms",
        ...facts,
        ...(snapshots ? snapshot : {}),
        open_ms: spread(opened).median,
        ...spread(ours),
      });
      report.add({ case: name, engine: "sqlite", unit: "ms", rows: rows.count, ...spread(theirs) });
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
  report.end();
}

interface Log {
  readonly directory: string;
  readonly records: number;
  /** Records that the snapshot stands for. */
  readonly snapshotAt: number;
  readonly openOrders: number;
  readonly state: string;
  readonly snapshotBytes: number;
  readonly takenMicros: number;
  readonly writtenMillis: number;
}

function build(directory: string, records: number): Log {
  const audit = AuditLog.open({ directory, durability: "memory" });
  using desk = Desk.begun(audit, SEED);
  using snapshots = Snapshots.beside(directory, 1);
  let [takenMicros, writtenMillis, snapshotAt] = [0, 0, 0];
  for (let batch = 0; audit.records < records; batch++) {
    desk.submit(batch);
    if (snapshotAt > 0 || audit.records < records * SNAPSHOT_AT) continue;
    const begun = performance.now();
    const taken = snapshots.take({ gate: desk.gate, engine: desk.engine, time: desk.time(batch) });
    takenMicros = Math.round((performance.now() - begun) * 1000);
    if (taken === null) throw new Error("nothing was under way, and the snapshot was not taken");
    snapshotAt = snapshots.wait();
    writtenMillis = Math.round(performance.now() - begun);
  }
  const log = { directory, records: audit.records, snapshotAt, takenMicros, writtenMillis };
  const [openOrders, state] = [desk.gate.counters().openOrders, desk.state()];
  audit.close();
  const file = [...Deno.readDirSync(directory)].find(({ name }) => name.startsWith("snapshot-"))!;
  return { ...log, openOrders, state, snapshotBytes: Deno.statSync(`${directory}/${file.name}`).size };
}

function recoverOnce({ directory, state, snapshotAt }: Log, snapshots: boolean) {
  const begun = performance.now();
  using audit = AuditLog.open({ directory, durability: "memory" });
  const opened = performance.now();
  const { desk, recovery } = Desk.recovered(audit, SEED, { directory, snapshots });
  const done = performance.now();
  const same = desk.state() === state && recovery.from === (snapshots ? snapshotAt : 0);
  desk[Symbol.dispose]();
  if (!same) throw new Error(`recovered something else: ${JSON.stringify(recovery)}`);
  return { millis: done - opened, openMillis: Math.round(opened - begun), from: recovery.from };
}

interface Open {
  strategy: number;
  instrument: number;
  side: number;
  leaves: number;
}

/** Decisions and reports as rows of a table, and what they add up to at the snapshot as rows of two others. */
class Rows implements Disposable {
  readonly #database: DatabaseSync;
  readonly #snapshotAt: number;
  count = 0;

  private constructor(path: string, snapshotAt: number) {
    this.#snapshotAt = snapshotAt;
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    this.#database.exec("CREATE TABLE events (idx INTEGER PRIMARY KEY, type INTEGER NOT NULL, record BLOB NOT NULL)");
    this.#database.exec(
      "CREATE TABLE orders (id INTEGER PRIMARY KEY, strategy INTEGER, instrument INTEGER, side INTEGER, leaves INTEGER)",
    );
    this.#database.exec("CREATE TABLE positions (who INTEGER PRIMARY KEY, lots INTEGER)");
  }

  static of(path: string, { directory, snapshotAt }: Log): Rows {
    const rows = new Rows(path, snapshotAt);
    const insert = rows.#database.prepare("INSERT INTO events VALUES (?, ?, ?)");
    const state = new Added();
    let snapped = false;
    for (const { index, type, payload } of readAudit(directory)) {
      if (index % TRANSACTION === 0) rows.#database.exec(index === 0 ? "BEGIN" : "COMMIT; BEGIN");
      if (index >= snapshotAt && !snapped) {
        snapped = true;
        state.store(rows.#database);
      }
      if (type !== RecordType.Decision && type !== RecordType.Execution) continue;
      insert.run(index, type, payload);
      state.take(type, payload);
      rows.count++;
    }
    rows.#database.exec("COMMIT");
    return rows;
  }

  /** Milliseconds until open orders and positions are in memory. */
  recover(snapshot: boolean, openOrders: number): number {
    const begun = performance.now();
    const state = new Added();
    if (snapshot) state.load(this.#database);
    const from = snapshot ? this.#snapshotAt : 0;
    const select = this.#database.prepare("SELECT type, record FROM events WHERE idx >= ? ORDER BY idx");
    for (const row of select.iterate(from)) state.take(row.type as number, row.record as Uint8Array);
    const millis = performance.now() - begun;
    if (state.orders.size !== openOrders) {
      throw new Error(`${state.orders.size} open orders instead of ${openOrders}; the figure would be a lie`);
    }
    return millis;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Open orders and positions, added up as simply as may be. */
class Added {
  readonly orders = new Map<number, Open>();
  readonly positions = new Map<number, number>();

  take(type: number, payload: Uint8Array): void {
    if (type === RecordType.Decision) {
      const decision = new GateDecisionView(payload.subarray(OrderCommandView.SIZE));
      const command = new OrderCommandView(payload);
      if (decision.code !== Code.Accepted || command.kind !== CommandKind.New) return;
      const { owner, instrument, side, quantity } = command;
      this.orders.set(command.orderId, { strategy: owner, instrument, side, leaves: quantity });
      return;
    }
    const report = new ExecutionView(payload);
    const order = this.orders.get(report.orderId);
    if (order === undefined) return;
    const { execType, quantity, leaves } = report;
    if (execType === ExecType.Trade) {
      const who = order.strategy * 65_536 + order.instrument;
      this.positions.set(who, (this.positions.get(who) ?? 0) + (order.side === 0 ? quantity : -quantity));
    }
    const changes = execType === ExecType.Trade || execType === ExecType.Replaced || execType === ExecType.Restated;
    if (changes) order.leaves = leaves;
    const ends = execType === ExecType.Canceled || execType === ExecType.Rejected || execType === ExecType.Expired;
    if (ends || (changes && leaves === 0)) this.orders.delete(report.orderId);
  }

  store(database: DatabaseSync): void {
    const order = database.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?)");
    for (const [id, { strategy, instrument, side, leaves }] of this.orders) {
      order.run(id, strategy, instrument, side, leaves);
    }
    const position = database.prepare("INSERT INTO positions VALUES (?, ?)");
    for (const [who, lots] of this.positions) position.run(who, lots);
  }

  load(database: DatabaseSync): void {
    for (const row of database.prepare("SELECT * FROM orders").iterate()) {
      const { id, strategy, instrument, side, leaves } = row as unknown as Open & { id: number };
      this.orders.set(id, { strategy, instrument, side, leaves });
    }
    for (const row of database.prepare("SELECT * FROM positions").iterate()) {
      this.positions.set(row.who as number, row.lots as number);
    }
  }
}

if (import.meta.main) await run(Deno.args.includes("--json"));
