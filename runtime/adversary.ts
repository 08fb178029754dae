/**
 * Who may decide, in a simulation, what chance and the world decide otherwise: whose turn it is, which messages are lost on
 * their way, who crashes, how the clock jumps. See testkit/simulation.ts; a system without one pays nothing for it.
 */
import type { Micros } from "./time.ts";

/** What becomes of a message on its way. "drop" loses it, "duplicate" delivers it twice. */
export type Fate = "pass" | "drop" | "duplicate" | { readonly delay: Micros };

export interface Adversary {
  /** Which of the `count` actors that have work is next; 0 is the one that has waited longest. */
  pick(count: number): number;
  /** Asked for every message, timers' own excepted. */
  fate(receiver: string, message: unknown): Fate;
  /** Asked before a turn of an actor, and before time moves for one that waits for a promise: the error it ends by. */
  strike(path: string): Error | null;
  /** By how much the clock jumps before it moves to the next timer. */
  jump(): Micros;
  /** Called after every turn; what it throws ends the run. */
  turned(): void;
}
