/**
 * The npm package `xstate`: actors of transition logic. A message from outside a turn is handled inside `send` itself, so
 * its figures are those of calls, not of mailboxes; it has no ask and no supervision.
 */
import { type Actor, createActor, fromTransition, type TransitionActorLogic } from "xstate";
import type { Goal } from "../goal.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { askByPromise } from "./promise_ask.ts";
import { versionOf } from "./version.ts";

type Logic = TransitionActorLogic<null, Message, undefined>;

class XStateActor<M extends Message> implements Self<M>, Address<M> {
  readonly actor: Actor<Logic>;

  constructor(behaviour: Behaviour<M>, onGone?: () => void) {
    const receive = behaviour(this);
    this.actor = createActor(fromTransition<null, Message, never, undefined, never>((state, message) => {
      void receive(message as M);
      return state;
    }, null) as unknown as Logic);
    if (onGone !== undefined) this.actor.subscribe({ complete: onGone });
    this.actor.start();
  }

  get self(): Address<M> {
    return this;
  }

  tell(message: M): void {
    this.actor.send(message);
  }

  stop(): void {
    this.actor.stop();
  }

  ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q) {
    return askByPromise(target, make);
  }
}

class XStateWorld implements World {
  spawn<M extends Message>(behaviour: Behaviour<M>): Address<M> {
    return new XStateActor(behaviour);
  }

  child<M extends Message>(_parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    return this.spawn(behaviour);
  }

  supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    for (let i = 0; i < into.length; i++) into[i] = new XStateActor(behaviour, onGone);
    return Promise.resolve();
  }

  finish(goal: Goal): Promise<void> {
    return goal.wait();
  }

  close(): void {}
}

export const xstate: ActorEngine = {
  name: "xstate",
  version: versionOf("xstate"),
  open: () => new XStateWorld(),
  leavesOut: { "children-5000": "its actors of transition logic have no children" },
};
