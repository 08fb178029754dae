/**
 * From a log back to the gate and the books that wrote it, and snapshots that spare the reading of all of it.
 *
 * A log that a crash has left is opened first (`AuditLog.open`), which cuts off what was never acknowledged and holds the
 * directory against everybody else. Gate and engine must be fresh; they are left as they are when recovery fails. Market
 * prices come back as they were when an order was last measured against them, and as old as they are: tell the market
 * again before orders are to pass.
 */
import type { MatchingEngine } from "./engine.ts";
import type { OrderGate } from "./gate.ts";
import { check, hex, NativeHandle, NONE, opened, plain, text, utf8 } from "./handle.ts";
import { RecoveredView } from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

export interface RecoveryParts {
  readonly directory: string;
  readonly gate: OrderGate;
  /** Left out: the log has no books, or nobody wants them. */
  readonly engine?: MatchingEngine;
  /** Whether the latest snapshot that can be used stands for the beginning of the log; default true. */
  readonly snapshots?: boolean;
}

export interface Recovery {
  /** Records of the log up to where it was read. */
  readonly records: number;
  /** Of them, those that a snapshot stood for; 0 when the whole log was read. */
  readonly from: number;
  /** Read again: decisions, reports, inputs of books, and limits, facts and baskets. */
  readonly decisions: number;
  readonly executions: number;
  readonly inputs: number;
  readonly loaded: number;
  /** Whether records that were never acknowledged lie behind those that were read. */
  readonly torn: boolean;
  /** Of the last record that was read, microseconds by the node's clock. */
  readonly time: number;
  /** State hash of the gate, hexadecimal. */
  readonly gate: string;
  /** State hash of the books, hexadecimal; null without. */
  readonly books: string | null;
  /** Chain head behind the last record that was read, hexadecimal. */
  readonly chain: string;
  /** Why newer snapshots were passed over. */
  readonly refused: readonly string[];
}

const NO_ENGINE = 0n;
/** No handle: an engine that was closed must not turn into "no engine". */
const CLOSED = 1n;
const ANSWER = RecoveredView.SIZE + 32 + 32 + 8;
/** Room for why snapshots were passed over. */
const REASONS = 4096;

const handleOf = (engine: MatchingEngine | undefined): bigint =>
  engine === undefined ? NO_ENGINE : engine.handle || CLOSED;

/** Brings a fresh gate, and a fresh engine, to where a log ends. */
export function recover({ directory, gate, engine, snapshots = true }: RecoveryParts): Recovery {
  const path = utf8(directory);
  const out = new Uint8Array(ANSWER + REASONS);
  const length = check(
    core().cwts_gate_recover(
      gate.handle,
      handleOf(engine),
      path,
      path.length,
      snapshots ? 1 : 0,
      out,
      out.length,
    ),
  );
  const { records, from, decisions, executions, inputs, loaded, torn, time } = plain(new RecoveredView(out));
  const at = RecoveredView.SIZE;
  const reasons = text(out.subarray(ANSWER), length);
  return {
    ...{ records, from, decisions, executions, inputs, loaded, time },
    torn: torn === 1,
    gate: hex(out.subarray(at, at + 32)),
    chain: hex(out.subarray(at + 32, at + 64)),
    books: engine === undefined ? null : hex(out.subarray(at + 64, ANSWER)),
    refused: reasons === "" ? [] : reasons.split("\n"),
  };
}

export interface SnapshotParts {
  readonly gate: OrderGate;
  readonly engine?: MatchingEngine;
  /** By the node's clock, microseconds. */
  readonly time: number;
}

/** Snapshots beside a log. Taking one copies gate and books in memory; the rest happens on a thread of its own. */
export class Snapshots extends NativeHandle {
  readonly #core: Core;

  private constructor(symbols: Core, handle: bigint) {
    super(handle, symbols.cwts_snapshots_close);
    this.#core = symbols;
  }

  /** Of the snapshots in the directory the latest `keep` stay. */
  static beside(directory: string, keep = 3): Snapshots {
    const symbols = core();
    const path = utf8(directory);
    return new Snapshots(symbols, opened(symbols.cwts_snapshots_open(path, path.length, keep)));
  }

  /**
   * Takes one and begins to write it; says for how many records it stands, or null when it cannot be now: the one before is
   * still being written, reports wait in the engine, or the gate is shut. Throws when the one before could not be written.
   */
  take({ gate, engine, time }: SnapshotParts): number | null {
    const records = this.#core.cwts_snapshots_take(this.handle, gate.handle, handleOf(engine), time);
    return records === NONE ? null : check(records);
  }

  /** Waits for the one that is being written, and says for how many records the latest stands; 0 before the first. */
  wait(): number {
    return check(this.#core.cwts_snapshots_wait(this.handle));
  }
}
