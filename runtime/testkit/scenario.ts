/** What a simulation plays: how a tree is built, what may go wrong in it, and what must hold all the same. */
import type { ActorSystem, Clock, MessageCounters, Micros, Random, SystemOptions } from "../mod.ts";
import type { Network } from "./network/network.ts";
import type { NetworkRates } from "./network/rates.ts";

/** How often the adversary does what; all default to 0. Probabilities. */
export interface FaultRates {
  /** Per message that may be tampered with. */
  readonly drop?: number;
  readonly duplicate?: number;
  /** A late message also comes after those sent behind it. */
  readonly delay?: number;
  /** Longest delay. */
  readonly maxDelay?: Micros;
  /** Per turn of an actor that may be crashed, and per move of time while it waits for a promise. */
  readonly crash?: number;
  /** Per turn: an actor is passed over for a while. */
  readonly slow?: number;
  /** Per move of time. */
  readonly jump?: number;
  readonly maxJump?: Micros;
}

/** A fault of the scenario's own, done between two turns: a kill from outside, a full disk, a suspended actor. */
export interface Act<W> {
  /** One word, by which it is counted. */
  readonly kind: string;
  /** Per turn. */
  readonly rate: number;
  /** Does it and says what it was; null when there was nothing to do now. `random` is the act's own stream. */
  act(world: W, random: Random): string | null;
}

/** What is played: one system, or a network of nodes that have one each. */
export interface Played {
  readonly clock: Clock;
  run(options: { readonly until: Micros }): Promise<unknown>;
  stop(): Promise<void>;
  counters(): MessageCounters;
  /** The faults have stopped. */
  calm?(): void;
}

/** What a scenario is built on. */
export interface Stage {
  /** Makes the system, with the adversary in it. Once. The options are those the scenario itself decides on. */
  open(options?: Partial<SystemOptions>): ActorSystem;
  /** Makes a network, for a scenario of several nodes. Once, and instead of `open`. */
  network(): Network;
  /** The scenario's own stream. */
  readonly random: Random;
  /** One decision of the adversary: whether a fault that the scenario carries out itself happens now. */
  strikes(rate: number, kind: string, what: string): boolean;
}

/** `S`: what it plays, an ActorSystem or a Network. */
export interface Scenario<W, S extends Played = ActorSystem> {
  /** One word, for the command line. */
  readonly name: string;
  readonly rates: FaultRates;
  /** What goes wrong between the nodes of a network. */
  readonly network?: NetworkRates;
  /** Virtual time it runs for, from where the system starts. */
  readonly until: Micros;
  /**
   * Whether a message goes over a way that may lose, double and delay it. Default: none does. In a network, paths of
   * actors begin with the name of their node: "a/ledger".
   */
  tampers?(receiver: string, message: unknown): boolean;
  /** Whether an actor may be crashed. Default: none may. */
  crashes?(path: string): boolean;
  readonly acts?: readonly Act<W>[];
  /** Builds the tree; what it returns is handed to the rest. */
  build(stage: Stage): W | Promise<W>;
  /** Sees every message when it is told, before anything becomes of it; those by the urgent lane and timers excepted. */
  sees?(world: W, receiver: string, message: unknown): void;
  /** After every turn: the sentence that says what is broken, or null. Has to be cheap. */
  always?(world: W, system: S): string | null;
  /** The faults have stopped: the time to take back what the acts left behind. */
  calmed?(world: W, system: S): void;
  /** Virtual time at the end during which the adversary does nothing, so that what can heal has healed. */
  readonly calm?: Micros;
  /** After the calm, with everything still running: what is broken, or null. May run the system on. */
  finally?(world: W, system: S): string | null | Promise<string | null>;
  /** When everything has stopped: likewise. */
  stopped?(world: W, system: S): string | null;
  /** What the run has come to; equal runs, equal hashes. */
  hash(world: W, system: S): string;
  /** What happened, in numbers: a run in which nothing happened shows nothing. */
  tally?(world: W): Readonly<Record<string, number>>;
  /** Gives back what `build` took. */
  close?(world: W): void | Promise<void>;
}

/** One thing the adversary did. */
export interface Fault {
  /** Number of its decision. */
  readonly decision: number;
  /** "drop", "duplicate", "late", "crash", "slow", "jump", or what the scenario calls its own. */
  readonly kind: string;
  readonly what: string;
}

export interface Outcome {
  readonly seed: number;
  readonly turns: number;
  readonly faults: readonly Fault[];
  /** What was broken; null when nothing was. */
  readonly failure: string | null;
  readonly hash: string;
  readonly tally: Readonly<Record<string, number>>;
}
