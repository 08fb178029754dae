/**
 * Between a simulated market and the simulated exchange it plays on: the orders of the background participants and what
 * became of them. Background owners start at BACKGROUND_OWNER; they never pass the gate because they are not ours.
 */
import type { ActorRef } from "../../runtime/mod.ts";

/** `count` native OrderCommand records of background owners. The receiver owns the buffer. */
export interface FlowBatch {
  readonly kind: "FlowBatch";
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Receives the executions of the background owners. */
  readonly replyTo: ActorRef<FlowReports>;
}

/** `count` native Execution records of background owners. */
export interface FlowReports {
  readonly kind: "FlowReports";
  readonly records: Uint8Array<ArrayBuffer>;
  readonly count: number;
}
