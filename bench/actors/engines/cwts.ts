/** Our runtime, with everything on that is on in a node: counters, causes, bounded mailboxes, lanes, supervision. */
import { VERSION } from "../../../config/version.ts";
import { type ActorContext, type ActorDef, ActorSystem, childrenOf } from "../../../runtime/mod.ts";
import { supervisor, type SupervisorMessage, worker } from "../../../supervision/mod.ts";
import type { Goal } from "../goal.ts";
import { expect } from "../measuring.ts";
import type { ActorEngine, Address, Behaviour, Message, Self, World } from "../port.ts";
import { restart, restartMany } from "../programs/cwts_restart.ts";
import { served } from "../programs/cwts_served.ts";

/** Children for which one mailbox of the supervisor has room. */
const ROOM = 1 << 20;

/** The context is the port's `Self` as it is. */
function defined<M extends Message>(capacity?: number): ActorDef<M, Behaviour<M>> {
  return {
    type: "bench",
    mailbox: capacity === undefined ? undefined : { capacity },
    init: (context, behaviour) => ({ receive: behaviour(context as unknown as Self<M>) }),
  };
}

const plain = defined<Message>();

interface Bearer<M> {
  readonly behaviour: Behaviour<M>;
  readonly onGone: (() => void) | undefined;
  born(self: Address<M>): void;
}

const borne: ActorDef<Message, Bearer<Message>> = {
  type: "bench",
  init(context, { behaviour, onGone, born }) {
    born(context.self);
    const receive = behaviour(context as unknown as Self<Message>);
    return onGone === undefined ? { receive } : { receive, stopped: onGone };
  },
};

class CwtsWorld implements World {
  private readonly system = new ActorSystem({ seed: 1, start: 0, speed: "max" });
  private actors = 0;
  private top: Address<SupervisorMessage> | null = null;

  spawn<M extends Message>(behaviour: Behaviour<M>, capacity?: number): Address<M> {
    const def = capacity === undefined ? plain as unknown as ActorDef<M, Behaviour<M>> : defined<M>(capacity);
    return this.system.start(`a${++this.actors}`, def, behaviour);
  }

  child<M extends Message>(parent: Self<never>, behaviour: Behaviour<M>): Address<M> {
    const control = childrenOf(parent as unknown as ActorContext<never>);
    return control.start(`c${++this.actors}`, plain as unknown as ActorDef<M, Behaviour<M>>, behaviour);
  }

  async supervised<M extends Message>(into: Address<M>[], behaviour: Behaviour<M>, onGone?: () => void): Promise<void> {
    let started = 0;
    const args = { behaviour, onGone, born: (self: Address<M>) => void (into[started++] = self) } as unknown as Bearer<
      Message
    >;
    const top = this.supervisor();
    for (let i = 0; i < into.length; i++) {
      const spec = worker(`w${++this.actors}`, borne, args, { restart: "temporary" });
      top.tell({ kind: "StartChild", spec });
    }
    await this.system.run({ until: 0 });
    expect("actors started", started, into.length);
  }

  async finish(goal: Goal): Promise<void> {
    await this.system.run({ until: 0 });
    goal.demand();
  }

  close(): void {
    const { unexplained, rejected, dropped, dead } = this.system.counters();
    expect("messages unexplained", unexplained, 0);
    expect("messages lost", rejected + dropped + dead, 0);
  }

  private supervisor(): Address<SupervisorMessage> {
    const { actor, args } = supervisor({ id: "top", strategy: "one_for_one", children: [] });
    return this.top ??= this.system.start("top", { ...actor, mailbox: { capacity: ROOM } }, args);
  }
}

export const cwts: ActorEngine = {
  name: "cwts",
  version: `CWTS ${VERSION}, Deno ${Deno.version.deno}`,
  open: () => new CwtsWorld(),
  own: { restart, "restart-million": restartMany, "stop-served": served },
};
