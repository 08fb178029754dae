/**
 * The least that a runtime with our kind of message can do: rings, per-actor counters, and on every message its id, cause,
 * root, deadline and sequence of its sender. No bounds, no lanes, no supervision, no names, no time. The distance to it is
 * what the rest of ours costs.
 */
import type { Goal } from "../goal.ts";
import { expect } from "../measuring.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { askByPromise } from "./promise_ask.ts";
import { PowerRing } from "./ring.ts";

/** Passes over waiting continuations without new work after which there will be none. */
const IDLE_PASSES = 64;

const SMALLEST = 8;
/** id, cause, root, deadline, sequence. */
const STRIDE = 5;
const FOREVER = Infinity;

/** Whose turn it is, and what it handles. */
class Present {
  last = 0;
  current = 0;
  root = 0;
  sent = 0;
}

class FloorActor implements Self<Message>, Address<Message> {
  private items: unknown[] = new Array(SMALLEST).fill(undefined);
  // A fraction makes it an array of doubles from the start.
  private numbers: number[] = new Array(SMALLEST * STRIDE).fill(0.5);
  private head = 0;
  count = 0;
  offered = 0;
  handled = 0;
  sent = 0;
  private readonly receive: (message: Message) => void | Promise<void>;
  onGone: (() => void) | null = null;

  constructor(private readonly world: FloorWorld, behaviour: Behaviour<Message>) {
    this.receive = behaviour(this);
  }

  get self(): Address<Message> {
    return this;
  }

  tell(message: Message): void {
    this.offered++;
    if (this.count === this.items.length) this.grow();
    const at = (this.head + this.count) & (this.items.length - 1);
    this.items[at] = message;
    const { present } = this.world;
    const { numbers } = this;
    const n = at * STRIDE;
    const id = ++present.last;
    numbers[n] = id;
    numbers[n + 1] = present.current;
    numbers[n + 2] = present.current === 0 ? id : present.root;
    numbers[n + 3] = FOREVER;
    numbers[n + 4] = ++present.sent;
    if (++this.count === 1) this.world.ready.push(this);
  }

  stop(): void {
    this.onGone?.();
  }

  ask<Q extends Message, R>(target: Address<Q>, make: (replyTo: Address<R>) => Q) {
    return askByPromise(target, make);
  }

  /** Handles all that waits. */
  turn(present: Present): void {
    present.sent = this.sent;
    while (this.count > 0) {
      const at = this.head;
      const message = this.items[at] as Message;
      this.items[at] = undefined;
      present.current = this.numbers[at * STRIDE];
      present.root = this.numbers[at * STRIDE + 2];
      this.head = (at + 1) & (this.items.length - 1);
      this.count--;
      this.handled++;
      this.receive(message);
    }
    this.sent = present.sent;
  }

  private grow(): void {
    const { items, numbers, head, count } = this;
    const bigger: unknown[] = new Array(items.length * 2).fill(undefined);
    const more: number[] = new Array(numbers.length * 2).fill(0.5);
    for (let i = 0; i < count; i++) {
      const from = (head + i) & (items.length - 1);
      bigger[i] = items[from];
      for (let j = 0; j < STRIDE; j++) more[i * STRIDE + j] = numbers[from * STRIDE + j];
    }
    this.items = bigger;
    this.numbers = more;
    this.head = 0;
  }
}

class FloorWorld implements World {
  readonly present = new Present();
  readonly ready = new PowerRing<FloorActor>();
  private readonly all: FloorActor[] = [];

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

  close(): void {
    for (const { offered, handled } of this.all) expect("messages handled", handled, offered);
  }

  private make<M extends Message>(behaviour: Behaviour<M>): FloorActor {
    const actor = new FloorActor(this, behaviour as unknown as Behaviour<Message>);
    this.all.push(actor);
    return actor;
  }

  private drain(): void {
    while (this.ready.count > 0) this.ready.shift().turn(this.present);
    this.present.current = this.present.root = this.present.sent = 0;
  }
}

export const floor: ActorEngine = {
  name: "cwts-floor",
  version: `Deno ${Deno.version.deno}`,
  open: () => new FloorWorld(),
};
