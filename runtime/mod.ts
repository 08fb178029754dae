/** Public face of the runtime. */
export * from "./actor.ts";
export * from "./adversary.ts";
export * from "./crash.ts";
export * from "./delivery.ts";
export * from "./envelope.ts";
export * from "./introspection.ts";
export * from "./message.ts";
export * from "./parent.ts";
export * from "./random.ts";
export { type ActorStatistics, type Debug, NotAuthorised } from "./debug.ts";
export * from "./codec.ts";
export type { Seam } from "./internal/seam.ts";
export * from "./state_machine.ts";
export * from "./system.ts";
export * from "./time.ts";
export * from "./trace.ts";
export { childrenOf } from "./internal/child_control.ts";
export { createRandom } from "./internal/random.ts";
