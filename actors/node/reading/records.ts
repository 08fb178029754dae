/** The decoded records that a run's state is read from. Numbers as in `ffi/layout/records.ts`. */
import type { ExecutionView, GateDecisionView, OrderCommandView } from "../../../ffi/layout.gen.ts";
import type { plain } from "../../../ffi/plain.ts";

export type CommandFields = ReturnType<typeof plain<OrderCommandView>>;
export type DecisionFields = ReturnType<typeof plain<GateDecisionView>>;
export type ExecutionFields = ReturnType<typeof plain<ExecutionView>>;

export interface Decided {
  readonly command: CommandFields;
  readonly decision: DecisionFields;
}

/** What a JSON record says. */
export type Said = Readonly<Record<string, unknown>>;
