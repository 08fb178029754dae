/**
 * The order path: one call takes a batch through the gate, the audit log and the matching books.
 *
 * For every command in turn the gate decides, records and reserves, what passed is looked at once more at the door and
 * carried out, and its reports are recorded and booked in the gate before the next command is decided. The answer is
 * written when all of it is as durable as the log is set to. Reports of ours are therefore NOT to be applied to the gate
 * again. Buffers are the caller's, shared memory too.
 */
import { bytes, check, checkBatch, checkBuffer, type NativeBytes } from "./handle.ts";
import { NativeError } from "./errors.ts";
import type { MatchingEngine, SubmitCounts } from "./engine.ts";
import type { OrderGate } from "./gate.ts";
import { Code, GateDecisionView, OrderCommandView, PipelineCountsView } from "./layout.gen.ts";
import { type Core, core } from "./library.ts";

/** What a call did. One object per path, overwritten by each call. */
export interface PathCounts extends SubmitCounts {
  /** Commands the gate let through and the log has. */
  readonly accepted: number;
  /** Of those, commands stopped before the book because their scope had been shut in between. */
  readonly refusedAtDoor: number;
}

export interface OrderPathParts {
  readonly gate: OrderGate;
  /** Left out: what passed is for the caller to send, and nothing is carried out here. */
  readonly engine?: MatchingEngine;
  /** Number of the engine's reports for the gate, 0 to 63; the same as in `applyExecutions` for that engine. */
  readonly stream?: number;
}

/** `engine` of a path that ends where the caller sends. */
const NO_ENGINE = 0n;
/** No handle: an engine that was closed must not turn into "no engine". */
const CLOSED = 1n;
/** Streams of reports that a gate can tell apart. */
const STREAMS = 64;
const NOTHING: SubmitCounts = { executions: 0, ticks: 0, waitingExecutions: 0, waitingTicks: 0 };
const NO_RECORDS: NativeBytes = new Uint8Array(0);

export class OrderPath {
  readonly #core: Core = core();
  readonly #gate: OrderGate;
  readonly #engine: MatchingEngine | undefined;
  readonly #stream: number;
  readonly #out = new Uint8Array(PipelineCountsView.SIZE);
  readonly #counts = new PipelineCountsView(this.#out);

  /** Gate and engine stay their owners': the path closes neither. */
  constructor({ gate, engine, stream = 0 }: OrderPathParts) {
    if (!Number.isInteger(stream) || stream < 0 || stream >= STREAMS) {
      throw NativeError.of(Code.BadArgument, `stream ${stream} is not a whole number below ${STREAMS}`);
    }
    this.#gate = gate;
    this.#engine = engine;
    this.#stream = stream;
  }

  /**
   * Carries `count` `OrderCommand` records through, writes as many `GateDecision` records, and fills `executions` and
   * `ticks` with whole records; what does not fit is fetched with `drain` before the next batch.
   *
   * When the log cannot record, every decision is `AuditFailed`, `accepted` is 0 and the gate is shut. What the books did
   * until then is counted in the gate's exposure; its reports are not on record and wait for `drain`.
   */
  submit(
    commands: Uint8Array,
    count: number,
    decisions: Uint8Array,
    executions: Uint8Array = NO_RECORDS,
    ticks: Uint8Array = NO_RECORDS,
  ): PathCounts {
    checkBatch(commands, count, OrderCommandView.SIZE);
    checkBatch(decisions, count, GateDecisionView.SIZE);
    checkBuffer(executions, "executions");
    checkBuffer(ticks, "ticks");
    const status = this.#core.cwts_pipeline_submit(
      this.#gate.handle,
      this.#engine === undefined ? NO_ENGINE : this.#engine.handle || CLOSED,
      this.#stream,
      bytes(commands),
      count,
      bytes(decisions),
      decisions.byteLength,
      bytes(executions),
      executions.byteLength,
      bytes(ticks),
      ticks.byteLength,
      this.#out,
      this.#out.length,
    );
    if (status < 0) check(status);
    return this.#counts;
  }

  /** Fills the buffers with what still waits. A path without an engine has nothing. */
  drain(executions: Uint8Array, ticks: Uint8Array): SubmitCounts {
    return this.#engine === undefined ? NOTHING : this.#engine.drain(executions, ticks);
  }
}
