/** Nodes that are stopped together. */
export { type Acknowledged, callFromCommand, type ClusterKill, type CommandOptions, everywhere } from "./caller.ts";
export { ClusterGuard, type GuardOptions, type LocalPage, type LocalWord } from "./guard.ts";
export { Silence } from "./silence.ts";
export { BEATS, CALLS, type KillCall, LEAST_SECRET_BYTES, letterOf } from "./words.ts";
export { readSecret, ROUTE_BREAKER, waysTo } from "./ways.ts";
