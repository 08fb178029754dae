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
export { type LetterFault, LetterFaults, LetterSeal, type Opened } from "./letters.ts";
export { LEAST_SECRET_BYTES, openSecret, readSecrets, readSigned, type Secrets, signedText } from "./secrets.ts";
export { Silence } from "./silence.ts";
export { type Beat, beatsOf, callsOf, type KillCall, letterOf } from "./words.ts";
export { ROUTE_BREAKER, waysTo } from "./ways.ts";
