/**
 * What it costs to cross into the native core and back: nanoseconds per call and per order.
 *
 *     deno task bench ffi [--json]
 *
 * - `noop`: the cheapest call there is. `scalar`: a handle is checked, a word read. `buffer`: a record is written into
 *   a buffer of ours.
 * - `gate-N`: an order through all checks and the audit log in memory, in batches of N, without its fills.
 * - `gate-engine-N`: gate, log, matching engine, and the reports back through gate and log, in batches of N.
 * - `path-N`: the same orders through the one call that does all of it, in batches of N; `path-quiet-N` likewise for a
 *   market where one command in sixteen trades and the others enter or cancel.
 * - `audit-append`: one 128-byte record into the log in memory.
 *
 * Orders are written into the batch before the clock starts, so that the figures are the core's and not the view's.
 */
import { ensureCore } from "../ffi/build.ts";
import { core } from "../ffi/library.ts";
import {
  EVERY_INSTRUMENT,
  EVERY_OWNER,
  ExecutionView,
  GateDecisionView,
  MarketTickView,
  OrderPath,
  RecordType,
  type SubmitCounts,
} from "../ffi/mod.ts";
import { CHUNK, Node, NOW, Tape } from "./ffi/node.ts";
import { measure, Report } from "./harness.ts";

const OPTIONS = { runs: 9, warmup: 2 };
const CALLS = 1_000_000;
/** Orders per run. */
const ORDERS = 256 * 1024;

interface Case {
  readonly name: string;
  /** One run: nanoseconds per call. */
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

/** Nanoseconds per order of `decide`, which handles one chunk. */
function perOrder(node: Node, tape: Tape, decide: () => void, settle: () => void, next = () => tape.next()): number {
  let millis = 0;
  for (let chunk = 0; chunk < ORDERS / CHUNK; chunk++) {
    next();
    node.gate.setReference(0, 999, 1_001, 1_000, tape.time);
    const begun = performance.now();
    decide();
    millis += performance.now() - begun;
    settle();
  }
  return millis * 1e6 / ORDERS;
}

async function gateOnly(size: number) {
  using node = new Node();
  const tape = new Tape();
  const batches = tape.batches(size);
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  let passed = 0;
  const decide = () => {
    for (const batch of batches) passed += node.gate.submit(batch, size, decisions);
  };
  const spread = await measure(() => perOrder(node, tape, decide, () => tape.cancel(node.gate)), OPTIONS);
  const { decisions: decided, accepted, openOrders, inconsistent } = node.gate.counters();
  expect("orders accepted", accepted, decided);
  expect("orders counted", passed, decided);
  expect("orders left open", openOrders + inconsistent, 0);
  expect("records", node.audit.head().records, 2 * decided + 2);
  return { case: `gate-${size}`, engine: "cwts-direct", unit: "ns/order", ...spread };
}

async function gateAndEngine(size: number) {
  using node = new Node();
  const tape = new Tape();
  const batches = tape.batches(size);
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  const executions = new Uint8Array(CHUNK * 16 * ExecutionView.SIZE);
  const ticks = new Uint8Array(CHUNK * 16 * MarketTickView.SIZE);
  let reports = 0;
  const book = (counts: SubmitCounts) => {
    if (counts.waitingExecutions + counts.waitingTicks > 0) throw new Error("a buffer was too small");
    node.gate.applyExecutions(executions, counts.executions);
  };
  const decide = () => {
    for (const batch of batches) {
      node.gate.submit(batch, size, decisions);
      const counts = node.engine.submit(batch, size, executions, ticks);
      reports += counts.executions;
      book(counts);
    }
  };
  const settle = () => book(node.engine.cancelAll(EVERY_OWNER, EVERY_INSTRUMENT, tape.time, executions, ticks));
  const spread = await measure(() => perOrder(node, tape, decide, settle), OPTIONS);
  const { decisions: decided, accepted, inconsistent, unmatched, openOrders } = node.gate.counters();
  expect("orders accepted", accepted, decided);
  expect("reports that disagree, orders left open", inconsistent + unmatched + openOrders, 0);
  return {
    case: `gate-engine-${size}`,
    engine: "cwts-direct",
    unit: "ns/order",
    ...spread,
    orders_per_s: Math.round(1e9 / spread.median),
    reports_per_order: Math.round(100 * reports / decided) / 100,
  };
}

/** The same tape through the one call that does all of it. */
export async function wholePath(size: number, quiet: boolean) {
  using node = new Node();
  const tape = new Tape();
  const batches = tape.batches(size);
  const path = new OrderPath(node);
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  const executions = new Uint8Array(CHUNK * 16 * ExecutionView.SIZE);
  const ticks = new Uint8Array(CHUNK * 16 * MarketTickView.SIZE);
  let reports = 0;
  let passed = 0;
  const decide = () => {
    for (const batch of batches) {
      const counts = path.submit(batch, size, decisions, executions, ticks);
      if (counts.waitingExecutions + counts.waitingTicks > 0) throw new Error("a buffer was too small");
      reports += counts.executions;
      passed += counts.accepted;
    }
  };
  const settle = () => tape.clear(node);
  const next = quiet ? () => tape.nextQuiet() : () => tape.next();
  const spread = await measure(() => perOrder(node, tape, decide, settle, next), OPTIONS);
  const { decisions: decided, inconsistent, unmatched, openOrders } = node.gate.counters();
  expect("orders accepted", passed, decided);
  expect("reports that disagree, orders left open", inconsistent + unmatched + openOrders, 0);
  return {
    case: `path-${quiet ? "quiet-" : ""}${size}`,
    engine: "cwts-direct",
    unit: "ns/order",
    ...spread,
    orders_per_s: Math.round(1e9 / spread.median),
    reports_per_order: Math.round(100 * reports / decided) / 100,
  };
}

function callCases(node: Node): Case[] {
  const symbols = core();
  const record = new Uint8Array(128);
  const exposure = new Uint8Array(64);
  const { handle } = node.gate;
  let sum = 0;
  return [
    {
      name: "noop",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += symbols.cwts_noop(i);
        }),
    },
    {
      name: "scalar",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += node.control.scope(1);
        }),
    },
    {
      name: "buffer",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) sum += symbols.cwts_gate_exposure(handle, 1, 0, exposure, 64);
        }),
    },
    {
      name: "set-reference",
      once: () =>
        perCall(CALLS, (n) => {
          for (let i = 0; i < n; i++) node.gate.setReference(0, 999, 1_001, 1_000, NOW);
        }),
    },
    {
      name: "audit-append",
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
  using node = new Node();
  for (const { name, once } of callCases(node)) {
    report.add({ case: name, engine: "cwts-direct", unit: "ns/call", ...await measure(once, OPTIONS) });
  }
  for (const size of [1, 8, 64, 512]) report.add(await gateOnly(size));
  for (const size of [1, 64]) report.add(await gateAndEngine(size));
  for (const size of [1, 8, 64, 512]) report.add(await wholePath(size, true));
  for (const size of [1, 8, 64, 512]) report.add(await wholePath(size, false));
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
