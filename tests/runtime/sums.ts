/** An event-sourced actor that adds up, for tests of journals. */
import type { ActorRef } from "../../runtime/mod.ts";
import {
  type EventJournal,
  eventSourced,
  type EventSourcedDef,
  ignore,
  persist,
} from "../../runtime/persistence/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";

export type Command =
  | { readonly kind: "Add"; readonly n: number; readonly replyTo?: ActorRef<number> }
  | { readonly kind: "AddTwice"; readonly n: number }
  | { readonly kind: "Refuse"; readonly replyTo: ActorRef<number> }
  | { readonly kind: "Crash" };
export interface Added {
  readonly n: number;
}
export interface Sum {
  readonly total: number;
  readonly count: number;
}

export function sums(more: Partial<EventSourcedDef<Command, Added, Sum>> = {}): EventSourcedDef<Command, Added, Sum> {
  return {
    type: "sum",
    version: 1,
    initial: { total: 0, count: 0 },
    decide(_, command) {
      switch (command.kind) {
        case "Add":
          return persist([{ n: command.n }], ({ total }) => void command.replyTo?.tell(total));
        case "AddTwice":
          return persist([{ n: command.n }, { n: command.n }]);
        case "Refuse":
          return ignore(({ total }) => void command.replyTo.tell(-total));
        case "Crash":
          throw new Error("on request");
      }
    },
    apply: ({ total, count }, { n }) => ({ total: total + n, count: count + 1 }),
    inspect: (state) => state,
    ...more,
  };
}

/** The state an actor over `journal` comes to, given commands; every "Crash" is a restart. */
export async function played(
  journal: EventJournal,
  commands: readonly Command[],
  def: EventSourcedDef<Command, Added, Sum> = sums(),
): Promise<unknown> {
  const system = testSystem({ patienceMs: 1000 });
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 1000,
    children: [worker("sum", eventSourced(def), { id: "s", journal })],
  });
  const ref = system.find("/top/sum") as ActorRef<Command>;
  for (const command of commands) ref.tell(command);
  await settle(system);
  const { state } = system.inspect("/top/sum") as { readonly state: Sum };
  await finish(system);
  return state;
}

export const add = (n: number): Command => ({ kind: "Add", n });
