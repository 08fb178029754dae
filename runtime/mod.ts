/** Public face of the runtime. */
export * from "./actor.ts";
export * from "./random.ts";
export * from "./time.ts";
