/**
 * What a measured program asks of an actor runtime: the same for every engine that runs in JavaScript.
 *
 * Programs count completed work only. They know that it is done by a `Goal`, never by a pause.
 */
import type { Goal } from "./goal.ts";

/** Every message is an object with a type, because one of the engines asks for that. */
export interface Message {
  readonly type: string;
}

export interface Address<M> {
  tell(message: M): unknown;
}

/** An answer, as our runtime gives it; engines that know no failures always say ok. */
export type Answer<R> = { readonly ok: true; readonly value: R } | { readonly ok: false };

/** What an actor has of itself. Our own context is one as it is. */
export interface Self<M> {
  readonly self: Address<M>;
  /** Ends the actor after the present message. */
  stop(): void;
  /** `timeout` in microseconds of the engine's time. */
  ask<Q extends Message, R>(
    target: Address<Q>,
    make: (replyTo: Address<R>) => Q,
    timeout: number,
  ): Promise<Answer<R>>;
}

/** Makes one actor; what it returns gets the messages. */
export type Behaviour<M> = (self: Self<M>) => (message: M) => void | Promise<void>;

/** One system of actors, for one run. */
export interface World {
  /** Starts an actor that belongs to nobody. `capacity`: most messages that ever wait; engines without bounds ignore it. */
  spawn<M extends Message>(behaviour: Behaviour<M>, capacity?: number): Address<M>;
  /** Starts an actor as the child of another. */
  child<M extends Message>(parent: Self<never>, behaviour: Behaviour<M>): Address<M>;
  /**
   * Starts as many actors as `into` is long, under a supervisor where the engine has such, and waits until all have
   * started. `onGone` is called when the engine says that one is gone.
   */
  supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void>;
  /** Lets the actors work until the goal is reached. Throws when it cannot be reached any more. */
  finish(goal: Goal): Promise<void>;
  /** Ends it. Throws when messages were lost. */
  close(): void | Promise<void>;
}

export interface Result {
  /** In the unit of the case. */
  readonly value: number;
  /** Further figures, flat. */
  readonly more?: Readonly<Record<string, number>>;
}

export type Parameters = Readonly<Record<string, number>>;

/** One run of one case. */
export type Program = (engine: ActorEngine, parameters: Parameters) => Promise<Result>;

export interface ActorEngine {
  readonly name: string;
  /** Of the runtime or package, for the table. */
  readonly version: string;
  open(): World | Promise<World>;
  /** Cases that are measured another way on this engine, or on this one only. */
  readonly own?: Readonly<Record<string, Program>>;
  /** Cases that it cannot be measured on, and why in one clause. */
  readonly leavesOut?: Readonly<Record<string, string>>;
}
