/**
 * The core's whole path (gate, log, book, and the reports back through gate and log) with a log on a disk and durability
 * `batch`: nothing of a batch is answered before its records are synced, once for all of them. Beside it the disk alone: a file
 * that as many bytes are written to and synced as often, with nothing decided and nothing hashed.
 */
import { join } from "node:path";
import { AuditLog, ExecutionView, GateDecisionView, MarketTickView, OrderPath } from "../../ffi/mod.ts";
import { LatencyHistogram } from "../../actors/protocol/latency.ts";
import { Node, Tape } from "../ffi/node.ts";
import { type Report, spread } from "../harness.ts";

const RUNS = 5;
/** Orders per run. */
const ORDERS = 1 << 18;
/** Orders that are answered together. */
const SIZES = [64, 1_024, 8_192] as const;

interface Figures {
  readonly rate: number;
  /** Nanoseconds from a batch's beginning to its answer. */
  readonly waits: LatencyHistogram;
  /** Bytes of a batch in the log. */
  readonly bytes: number;
}

function path(directory: string, size: number): Figures {
  using node = new Node(AuditLog.open({ directory, durability: "batch" }));
  const tape = new Tape(size);
  const path = new OrderPath(node);
  const decisions = new Uint8Array(size * GateDecisionView.SIZE);
  const executions = new Uint8Array(size * 16 * ExecutionView.SIZE);
  const ticks = new Uint8Array(size * 16 * MarketTickView.SIZE);
  const waits = new LatencyHistogram();
  const before = node.audit.head().bytes;
  let nanos = 0, settled = 0;
  for (let done = 0; done < ORDERS; done += size) {
    tape.next();
    node.gate.setReference(0, 999, 1_001, 1_000, tape.time);
    const begun = performance.now();
    const counts = path.submit(tape.orders, size, decisions, executions, ticks);
    const waited = (performance.now() - begun) * 1e6;
    if (counts.waitingExecutions + counts.waitingTicks > 0) throw new Error("a buffer was too small");
    if (counts.accepted !== size) {
      throw new Error(`${size - counts.accepted} orders were refused; the figure would be a lie`);
    }
    waits.add(waited);
    nanos += waited;
    const end = node.audit.head().bytes;
    tape.clear(node);
    settled += node.audit.head().bytes - end;
  }
  const bytes = (node.audit.head().bytes - before - settled) / (ORDERS / size);
  return { rate: ORDERS / nanos * 1e9, waits, bytes };
}

function disk(file: string, size: number, bytes: number): Omit<Figures, "bytes"> {
  using out = Deno.openSync(file, { write: true, create: true, append: true });
  const piece = crypto.getRandomValues(new Uint8Array(65_536));
  const waits = new LatencyHistogram();
  let nanos = 0;
  for (let done = 0; done < ORDERS; done += size) {
    const begun = performance.now();
    for (let left = Math.round(bytes); left > 0;) left -= out.writeSync(piece.subarray(0, left));
    out.syncDataSync();
    const waited = (performance.now() - begun) * 1e6;
    waits.add(waited);
    nanos += waited;
  }
  return { rate: ORDERS / nanos * 1e9, waits };
}

/** Adds `core-batch-N` of both to the report. */
export async function durablePath(report: Report): Promise<void> {
  for (const size of SIZES) {
    const both: Record<"cwts" | "disk-alone", Omit<Figures, "bytes">[]> = { "cwts": [], "disk-alone": [] };
    let bytes = 0;
    // In turn, so that what the disk does meanwhile happens to both.
    for (let run = 0; run < RUNS; run++) {
      const directory = await Deno.makeTempDir({ prefix: "cwts-bench-" });
      try {
        const figures = path(join(directory, "log"), size);
        bytes = figures.bytes;
        both.cwts.push(figures);
        both["disk-alone"].push(disk(join(directory, "alone"), size, bytes));
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }
    for (const [engine, figures] of Object.entries(both)) {
      const middle = (q: number) =>
        Math.round(figures.map(({ waits }) => waits.quantile(q)).sort((a, b) => a - b)[RUNS >> 1]);
      report.add({
        case: `core-batch-${size}`,
        engine,
        unit: "orders/s",
        ...spread(figures.map(({ rate }) => Math.round(rate))),
        p50_ns: middle(0.5),
        p99_ns: middle(0.99),
        bytes_per_order: Math.round(bytes / size),
      });
    }
  }
}
