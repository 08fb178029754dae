/** The npm package `nact`: mailboxes, hierarchy and a crash policy per actor; one pass of the event loop per message. */
import { dispatch, query, type Ref, spawn, start, stop } from "nact";
import type { Goal } from "../goal.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { versionOf } from "./version.ts";

type AnyRef = Ref<unknown>;

class NactActor<M extends Message> implements Self<M>, Address<M> {
  ref: AnyRef = null as never;

  get self(): Address<M> {
    return this;
  }

  tell(message: M): void {
    dispatch(this.ref, message);
  }

  stop(): void {
    stop(this.ref as never);
  }

  async ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q, timeout: number) {
    const question = (sender: AnyRef) => make({ tell: (value) => dispatch(sender, value) });
    const value = await query((target as unknown as NactActor<Q>).ref as never, question as never, timeout / 1000);
    return { ok: true, value: value as R } as const;
  }
}

class NactWorld implements World {
  private readonly system = start();

  spawn<M extends Message>(behaviour: Behaviour<M>): Address<M> {
    return this.below(this.system as unknown as AnyRef, behaviour);
  }

  child<M extends Message>(parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    return this.below((parent as unknown as NactActor<Message>).ref, behaviour);
  }

  supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    for (let i = 0; i < into.length; i++) {
      into[i] = this.below(this.system as unknown as AnyRef, behaviour, onGone);
    }
    return Promise.resolve();
  }

  finish(goal: Goal): Promise<void> {
    return goal.wait();
  }

  close(): void {
    stop(this.system as never);
  }

  /** Named by a count: names that it draws itself meet after some tens of thousands, and the second child is refused. */
  private children = 0;

  private below<M extends Message>(parent: AnyRef, behaviour: Behaviour<M>, afterStop?: () => void): NactActor<M> {
    const actor = new NactActor<M>();
    const receive = behaviour(actor);
    const handle = (_state: unknown, message: unknown) => receive(message as M);
    actor.ref = spawn(
      parent as never,
      handle as never,
      `child-${++this.children}` as never,
      { afterStop } as never,
    ) as AnyRef;
    return actor;
  }
}

export const nact: ActorEngine = {
  name: "nact",
  version: versionOf("nact"),
  open: () => new NactWorld(),
};
