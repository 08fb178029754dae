/** The message catalogue: everything that passes between the families of the trading system. */
export * from "./access.ts";
export * from "./approval.ts";
export * from "./arena.ts";
export * from "./control.ts";
export * from "./crashes.ts";
export * from "./decimals.ts";
export * from "./executions.ts";
export * from "./feed.ts";
export * from "./flow.ts";
export * from "./instruments.ts";
export * from "./keys.ts";
export * from "./limits.ts";
export * from "./market.ts";
export * from "./orders.ts";
export * from "./roles.ts";
export * from "./stream.ts";
export * from "./view.ts";
