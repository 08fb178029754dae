/** Public face of supervision. */
export * from "./mode.ts";
export * from "./spec.ts";
