/**
 * What it costs to cross into the native core and back: nanoseconds per call and per order.
 *
 *     deno task bench ffi [--json]
 *
 * - `noop`: the cheapest call there is. `scalar`: a handle is checked, a word read. `buffer`: a record is written into
 *   a buffer of ours.
 * - `gate-N`: an order through all checks and the audit log in memory, in batches of N, without its fills.
 * - `gate-engine-64`: gate, log, matching engine, and the reports back through gate and log, in batches of 64.
 * - `audit-append`: one 128-byte record into the log in memory.
 *
 * Orders are written into the batch before the clock starts, so that the figures are the core's and not the view's.
 */
import { ensureCore } from "../ffi/build.ts";
import { core } from "../ffi/library.ts";
import {
  AuditLog,
  CommandKind,
  ControlPage,
  ExecutionView,
  GateDecisionView,
  InstrumentRulesView,
  MarketTickView,
  MatchingEngine,
  OrderCommandView,
  OrderGate,
  RecordType,
  StrategyLimitsView,
} from "../ffi/mod.ts";
import { measure, Report } from "./harness.ts";

const RUNS = 9;
const CALLS = 1_000_000;
const ORDERS = 256_000;
/** Microseconds. */
const NOW = 1_700_000_000_000_000;

interface Case {
  readonly name: string;
  readonly unit: "ns/call" | "ns/order";
  /** One run: nanoseconds per call or order. */
  once(): number;
}

function perCall(calls: number, body: (calls: number) => void): number {
  const begun = performance.now();
  body(calls);
  return ((performance.now() - begun) * 1e6) / calls;
}

function expect(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}; the figure would be a lie`);
}

class Node implements Disposable {
  readonly audit = AuditLog.memory();
  readonly control = ControlPage.memory();
  readonly gate = OrderGate.create(this);
  readonly engine = MatchingEngine.create([0]);

  constructor() {
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

/** `ORDERS` orders around 1000 ticks, no two alike in a millisecond; every other one crosses the one before it. */
function tape(): Uint8Array {
  const records = new Uint8Array(ORDERS * OrderCommandView.SIZE);
  const view = new OrderCommandView(records);
  for (let i = 0; i < ORDERS; i++) {
    view.at(i).kind = CommandKind.New;
    view.side = i % 2;
    view.orderId = i + 1;
    view.price = 990 + (i >> 1) % 20;
    view.quantity = 1 + (i >> 1) % 900;
    view.owner = 1;
    view.time = NOW + i * 10;
  }
  return records;
}

/** Views of consecutive batches, made before the clock starts. */
function batches(records: Uint8Array, size: number): Uint8Array[] {
  const bytes = size * OrderCommandView.SIZE;
  return Array.from({ length: ORDERS / size }, (_, i) => records.subarray(i * bytes, (i + 1) * bytes));
}

function gateOnly(orders: readonly Uint8Array[], size: number): number {
  using node = new Node();
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  let passed = 0;
  const nanos = perCall(ORDERS, () => {
    for (const batch of orders) passed += node.gate.submit(batch, size, decisions);
  });
  expect("orders accepted", passed, ORDERS);
  expect("records", node.audit.head().records, ORDERS + 2);
  return nanos;
}

function gateAndEngine(orders: readonly Uint8Array[], size: number): { nanos: number; reports: number } {
  using node = new Node();
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  const executions = new Uint8Array(size * 16 * ExecutionView.SIZE);
  const ticks = new Uint8Array(size * 16 * MarketTickView.SIZE);
  let reports = 0;
  const nanos = perCall(ORDERS, () => {
    for (const batch of orders) {
      node.gate.submit(batch, size, decisions);
      const counts = node.engine.submit(batch, size, executions, ticks);
      node.gate.applyExecutions(executions, counts.executions);
      reports += counts.executions;
      if (counts.waitingExecutions + counts.waitingTicks > 0) throw new Error("a buffer was too small");
    }
  });
  const { accepted, inconsistent, unmatched, executions: heard } = node.gate.counters();
  expect("orders accepted", accepted, ORDERS);
  expect("reports", heard, reports);
  expect("reports that disagree", inconsistent + unmatched, 0);
  return { nanos, reports };
}

function scalarCases(node: Node): Case[] {
  const symbols = core();
  const record = new Uint8Array(128);
  const exposure = new Uint8Array(64);
  const { handle } = node.gate;
  let sum = 0;
  return [
    {
      name: "noop",
      unit: "ns/call",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += symbols.cwts_noop(i);
        }),
    },
    {
      name: "scalar",
      unit: "ns/call",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += node.control.scope(1);
        }),
    },
    {
      name: "buffer",
      unit: "ns/call",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += symbols.cwts_gate_exposure(handle, 1, 0, exposure, 64);
        }),
    },
    {
      name: "set-reference",
      unit: "ns/call",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) node.gate.setReference(0, 999, 1_001, 1_000, NOW);
        }),
    },
    {
      name: "audit-append",
      unit: "ns/call",
      once: () =>
        perCall(ORDERS, (n) => {
          for (let i = 0; i < n; i++) sum += node.audit.append(RecordType.Note, NOW, record);
        }),
    },
  ];
}

export async function run(json: boolean): Promise<void> {
  ensureCore();
  const report = new Report("ffi", json);
  const options = { runs: RUNS, warmup: 2 };
  using node = new Node();
  for (const { name, unit, once } of scalarCases(node)) {
    report.add({ case: name, engine: "cwts-direct", unit, ...await measure(once, options) });
  }
  const records = tape();
  for (const size of [1, 8, 64, 512]) {
    const orders = batches(records, size);
    const spread = await measure(() => gateOnly(orders, size), options);
    report.add({ case: `gate-${size}`, engine: "cwts-direct", unit: "ns/order", ...spread });
  }
  const orders = batches(records, 64);
  let reports = 0;
  const spread = await measure(() => {
    const once = gateAndEngine(orders, 64);
    reports = once.reports;
    return once.nanos;
  }, options);
  report.add({
    case: "gate-engine-64",
    engine: "cwts-direct",
    unit: "ns/order",
    ...spread,
    orders_per_s: Math.round(1e9 / spread.median),
    reports_per_order: Math.round(100 * reports / ORDERS) / 100,
  });
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
