/**
 * Where a system meets what is not a function of its seed: messages and orders from outside, results of the outer world, and
 * when each of them came. A recorder writes it all down here, and a replayer gives it again.
 *
 * Everything enters between two turns, when no continuation is left over, so "when" is two numbers: turns taken and timers
 * fired before it.
 */
import type { ActorRef } from "../actor.ts";
import type { WireEnvelope } from "../message.ts";
import type { Micros } from "../time.ts";

/** Something that an outsider did to the actor of id `to`. */
export type Deed =
  | { readonly kind: "tell" | "urgent"; readonly to: number; readonly message: unknown }
  | { readonly kind: "deliver"; readonly to: number; readonly message: unknown; readonly origin: WireEnvelope }
  | {
    readonly kind: "ask";
    readonly to: number;
    readonly timeout: Micros;
    readonly question: unknown;
    readonly replyTo: ActorRef<never>;
  }
  | { readonly kind: "stop" | "kill"; readonly to: number }
  | { readonly kind: "crash"; readonly to: number; readonly error: Error }
  | { readonly kind: "suspend" | "resume"; readonly to: number; readonly by: string }
  | { readonly kind: "replace"; readonly to: number; readonly by: string; readonly state: unknown }
  | { readonly kind: "start"; readonly name: string };

/** How a promise of the outer world settled. */
export interface Settled {
  readonly ok: boolean;
  readonly value: unknown;
}

/** The kernel, as far as it can be named here without a circle of imports. */
export interface SeamKernel {
  readonly seed: number;
  readonly start: Micros;
  readonly epoch: number;
}

export interface Seam {
  /** Whether what is not recorded may not happen: nothing enters but what the seam gives. */
  readonly replaying: boolean;
  /** The system that it belongs to, before anything happens in it. */
  attach(kernel: SeamKernel): void;
  /** An actor was made. */
  born(actor: ActorRef<never>): void;
  /** A turn was taken. */
  turned(actor: ActorRef<never>, steps: number): void;
  /** A timer fires. */
  fired(): void;
  /** What is told until `leave` comes from outside. `drained`: continuations were brought to an end for it. */
  enter(drained: boolean): void;
  leave(): void;
  /** The system is driven from now on, or no longer. */
  drives(yes: boolean): void;
  /** A message is offered by whoever acts now. */
  told(actor: ActorRef<never>, message: unknown, urgent: boolean): void;
  did(deed: Deed): void;
  /** A value of the outer world that is there at once: read, or given again. */
  observed<T>(read: () => T): T;
  /** Promise number `promise` of the outer world settled. */
  settled(promise: number, how: Settled): void;
  /** Replaying: how to settle promise number `promise` when its time has come. */
  awaits(promise: number, settle: (how: Settled) => void): void;
  /** Replaying: whether something enters now. */
  due(): boolean;
  /** Replaying: lets it enter. True when it was the end. */
  give(): boolean;
  /** Replaying, when nothing is left to do and something is still to enter: the sentence about it. */
  stranded(): Error;
  /** When the thing that is due entered. */
  readonly now: Micros;
}
