/** Public face of supervision. */
export * from "./breaker.ts";
export * from "./mode.ts";
export * from "./protocol.ts";
export type { ChildReport } from "./report.ts";
export * from "./spec.ts";
export * from "./supervise.ts";
export * from "./tree_rules.ts";
export * from "./worker.ts";
export { checkSpec } from "./check.ts";
