/** Public face of supervision. */
export * from "./mode.ts";
export * from "./protocol.ts";
export type { ChildReport } from "./report.ts";
export * from "./spec.ts";
export * from "./worker.ts";
export { checkSpec, isSupervisorSpec } from "./check.ts";
export { supervise, supervisor } from "./supervisor.ts";
