/** Public face of the runtime. */
export * from "./actor.ts";
export * from "./adversary.ts";
export * from "./crash.ts";
export * from "./delivery.ts";
export * from "./introspection.ts";
export * from "./parent.ts";
export * from "./random.ts";
export type { ActorStatistics, Debug } from "./debug.ts";
export * from "./state_machine.ts";
export * from "./system.ts";
export * from "./time.ts";
export * from "./trace.ts";
export { describeExit } from "./internal/exit.ts";
export { redaction } from "./internal/plain.ts";
export { childrenOf } from "./internal/child_control.ts";
export { createRandom } from "./internal/random.ts";
