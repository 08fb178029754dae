/** The npm package `comedy`: actors with promises for everything, here in its mode "in-memory". */
import { type Actor, type ActorSystem, createSystem } from "comedy";
import type { Goal } from "../goal.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { versionOf } from "./version.ts";

type Make = (replyTo: Address<unknown>) => Message;

/** What a child is made of is a plain object; its methods are its topics. */
class ComedyActor<M extends Message> implements Self<M>, Address<M> {
  private actor: Actor | null = null;
  /** The actor as it sees itself: only so may it have children. */
  private inside: Actor | null = null;
  /** A child comes to be behind a promise; what is told before waits here. */
  private early: M[] = [];
  private wish: Promise<unknown> | null = null;
  readonly ready: Promise<void>;

  constructor(parent: Promise<Actor> | Actor, behaviour: Behaviour<M>, private readonly onGone?: () => void) {
    const receive = behaviour(this);
    const topics = {
      initialize: (inside: Actor) => void (this.inside = inside),
      tell: receive as (message: Message) => unknown,
      ask: (make: Make) => new Promise((tell) => receive(make({ tell }) as M)),
    };
    this.ready = Promise.resolve(parent)
      .then((above) => above.createChild(topics, { mode: "in-memory" }))
      .then((actor) => {
        this.actor = actor as Actor;
        for (const message of this.early) void this.actor.send("tell", message);
        this.early = [];
      });
  }

  get self(): Address<M> {
    return this;
  }

  async made(): Promise<Actor> {
    await this.ready;
    return this.actor!;
  }

  async parent(): Promise<Actor> {
    await this.ready;
    return this.inside!;
  }

  tell(message: M): void {
    if (this.actor === null) this.early.push(message);
    else void this.actor.send("tell", message);
  }

  stop(): void {
    this.wish ??= this.made().then((actor) => actor.destroy()).then(() => this.onGone?.());
  }

  async ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q) {
    const actor = await (target as unknown as ComedyActor<Q>).made();
    return { ok: true, value: await actor.sendAndReceive("ask", make) as R } as const;
  }
}

class ComedyWorld implements World {
  constructor(private readonly system: ActorSystem, private readonly root: Actor) {}

  spawn<M extends Message>(behaviour: Behaviour<M>): Address<M> {
    return new ComedyActor(this.root, behaviour);
  }

  child<M extends Message>(parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    return new ComedyActor((parent as unknown as ComedyActor<Message>).parent(), behaviour);
  }

  async supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    for (let i = 0; i < into.length; i++) {
      const actor = new ComedyActor(this.root, behaviour, onGone);
      await actor.ready;
      into[i] = actor;
    }
  }

  finish(goal: Goal): Promise<void> {
    return goal.wait();
  }

  async close(): Promise<void> {
    await this.system.destroy();
  }
}

export const comedy: ActorEngine = {
  name: "comedy",
  version: versionOf("comedy"),
  leavesOut: { "children-5000": "its children come to be behind promises, long after it says so" },
  async open() {
    const system = createSystem({ loggerConfig: { categories: { Default: "Silent" } } });
    return new ComedyWorld(system, await system.rootActor());
  },
};
