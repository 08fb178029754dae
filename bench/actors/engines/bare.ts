/** Rings of functions and messages and nothing else: the most that this machine allows one thread of JavaScript. */
import type { Goal } from "../goal.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { askByPromise } from "./promise_ask.ts";
import { PowerRing } from "./ring.ts";

/** Passes over waiting continuations without new work after which there will be none. */
const IDLE_PASSES = 64;

class BareActor implements Self<Message>, Address<Message> {
  private readonly box = new PowerRing<Message>();
  private readonly receive: (message: Message) => void | Promise<void>;
  onGone: (() => void) | null = null;

  constructor(private readonly ready: PowerRing<BareActor>, behaviour: Behaviour<Message>) {
    this.receive = behaviour(this);
  }

  get self(): Address<Message> {
    return this;
  }

  tell(message: Message): void {
    this.box.push(message);
    if (this.box.count === 1) this.ready.push(this);
  }

  stop(): void {
    this.onGone?.();
  }

  ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q) {
    return askByPromise(target, make);
  }

  turn(): void {
    while (this.box.count > 0) this.receive(this.box.shift());
  }
}

class BareWorld implements World {
  private readonly ready = new PowerRing<BareActor>();

  spawn<M extends Message>(behaviour: Behaviour<M>): Address<M> {
    return this.make(behaviour) as unknown as Address<M>;
  }

  child<M extends Message>(_parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    return this.spawn(behaviour);
  }

  supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    for (let i = 0; i < into.length; i++) {
      const actor = this.make(behaviour);
      actor.onGone = onGone ?? null;
      into[i] = actor as unknown as Address<M>;
    }
    return Promise.resolve();
  }

  async finish(goal: Goal): Promise<void> {
    this.drain();
    // Continuations of asks make new work, within a few passes.
    for (let idle = 0; goal.left > 0 && idle < IDLE_PASSES; idle++) {
      await null;
      if (this.ready.count > 0) idle = 0;
      this.drain();
    }
    goal.demand();
  }

  close(): void {}

  private make<M extends Message>(behaviour: Behaviour<M>): BareActor {
    return new BareActor(this.ready, behaviour as unknown as Behaviour<Message>);
  }

  private drain(): void {
    while (this.ready.count > 0) this.ready.shift().turn();
  }
}

export const bare: ActorEngine = {
  name: "cwts-bare",
  version: `Deno ${Deno.version.deno}`,
  open: () => new BareWorld(),
};
