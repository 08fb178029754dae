/** Nodes that are stopped together. */
export {
  type Acknowledged,
  callFromCommand,
  type ClusterKill,
  type CommandOptions,
  DEFAULT_CLUSTER,
  everywhere,
} from "./caller.ts";
export { ClusterGuard, type GuardOptions, type LocalPage, type LocalWord, type Obeyed } from "./guard.ts";
export { Silence } from "./silence.ts";
export { type Beat, beatsOf, callsOf, type KillCall, LEAST_SECRET_BYTES, letterOf, openSecret } from "./words.ts";
export { readSecret, ROUTE_BREAKER, waysTo } from "./ways.ts";
