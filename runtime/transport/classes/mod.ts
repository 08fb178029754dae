/** Several brokers as one. What it promises is in routes.ts. */
export { LATE, within } from "./answer.ts";
export { ClassedBroker, type ClassedOptions, type ClassPlan, type ClassSubscribeOptions } from "./classed.ts";
export type { Spread } from "./everywhere.ts";
export { LastingBroker } from "./lasting.ts";
export { Progress, type ProgressState } from "./progress.ts";
export * from "./routes.ts";
