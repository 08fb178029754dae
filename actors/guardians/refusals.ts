/** The latest refusals of the gate, with the check that decided and what it measured, and the scopes it holds latched. */
import { Code, type GateDecisionView } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { OrderIntent, StrategyId } from "../protocol/mod.ts";

/** Of many more the log has the rest. */
const KEPT = 256;

export interface RefusalRow {
  readonly sequence: number;
  readonly auditIndex: number;
  readonly time: Micros;
  readonly orderId: number;
  readonly strategy: StrategyId;
  /** Null for a command about all of them. */
  readonly instrument: number | null;
  readonly code: number;
  /** Place of the check in the gate's table. */
  readonly check: number;
  readonly measured: number;
  readonly limit: number;
  /** Node of the gate's tree. */
  readonly scope: number;
}

export interface Latch {
  readonly scope: number;
  readonly code: number;
  readonly since: Micros;
  readonly refusals: number;
}

export class RefusalLog {
  readonly #rows: RefusalRow[] = [];
  readonly #latches = new Map<string, Latch>();
  #next = 0;

  /** `decision` is a refusal of `intent`. */
  note(decision: GateDecisionView, intent: OrderIntent): void {
    const { sequence, auditIndex, orderId, code, check, measured, limit, scope } = decision;
    const { strategy, time } = intent;
    const instrument = intent.kind === "CancelAll" ? null : intent.instrument;
    this.#rows[this.#next++ % KEPT] = {
      sequence,
      auditIndex,
      time,
      orderId,
      strategy,
      instrument,
      code,
      check,
      measured,
      limit,
      scope,
    };
    if (code !== Code.RateTripped && code !== Code.ExecutionThrottle) return;
    const key = `${code} ${scope}`;
    const known = this.#latches.get(key);
    this.#latches.set(key, { scope, code, since: known?.since ?? time, refusals: (known?.refusals ?? 0) + 1 });
  }

  /** Newest first. */
  newest(limit: number): readonly RefusalRow[] {
    const from = Math.max(0, this.#next - Math.min(limit, KEPT));
    return Array.from({ length: this.#next - from }, (_, i) => this.#rows[(this.#next - 1 - i) % KEPT]);
  }

  /** Somebody armed these nodes again: the gate holds them no longer. */
  rearmed(nodes: readonly number[]): void {
    for (const [key, { scope }] of this.#latches) if (nodes.includes(scope)) this.#latches.delete(key);
  }

  /** The gate does not list its latches: they are known by what it refuses for them. */
  get latches(): readonly Latch[] {
    return [...this.#latches.values()];
  }
}
