/** The npm package `effect`: a fiber per actor that takes from an unbounded queue. It has no supervision of this kind. */
import { Effect, Fiber, Queue } from "effect";
import type { Goal } from "../goal.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { askByPromise } from "./promise_ask.ts";
import { versionOf } from "./version.ts";

class EffectActor<M extends Message> implements Self<M>, Address<M> {
  private readonly queue = Effect.runSync(Queue.unbounded<M>());
  private readonly fiber: Fiber.Fiber<void>;
  private stopped = false;

  constructor(behaviour: Behaviour<M>, onGone?: () => void) {
    const receive = behaviour(this);
    const handle = (message: M): Effect.Effect<void> => {
      const promise = receive(message);
      return promise === undefined ? Effect.void : Effect.promise(() => promise);
    };
    const take = Effect.flatMap(Queue.take(this.queue), handle);
    this.fiber = Effect.runFork(Effect.whileLoop({ while: () => !this.stopped, body: () => take, step: () => {} }));
    if (onGone !== undefined) this.fiber.addObserver(onGone);
  }

  get self(): Address<M> {
    return this;
  }

  tell(message: M): void {
    Queue.offerUnsafe(this.queue, message);
  }

  stop(): void {
    this.stopped = true;
  }

  ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q) {
    return askByPromise(target, make);
  }

  interrupt(): void {
    Effect.runFork(Fiber.interrupt(this.fiber));
  }
}

class EffectWorld implements World {
  private readonly all: EffectActor<never>[] = [];

  spawn<M extends Message>(behaviour: Behaviour<M>): Address<M> {
    return new EffectActor(behaviour);
  }

  child<M extends Message>(_parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    return this.spawn(behaviour);
  }

  supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    for (let i = 0; i < into.length; i++) into[i] = new EffectActor(behaviour, onGone);
    return Promise.resolve();
  }

  finish(goal: Goal): Promise<void> {
    return goal.wait();
  }

  close(): void {}
}

export const effect: ActorEngine = {
  name: "effect",
  version: versionOf("effect"),
  open: () => new EffectWorld(),
  leavesOut: { "children-5000": "a fiber per queue has no children" },
};
