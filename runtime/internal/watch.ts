/** What an actor needs of whoever watches how long its handlers take: see latency.ts. */
import type { HandlerLatency } from "../introspection.ts";

/** Watches how long an actor's handlers take; implemented by Latency. */
export interface Watch {
  /** Whether its turns are measured. */
  readonly measured: boolean;
  readonly statistics: HandlerLatency;
  redefine(): void;
  turnBegins(): void;
  handled(): void;
  turnEnds(messages: number): void;
  waits(): void;
  settles(): void;
}
