/** How soon an actor with very many messages waiting hears a stop, a kill and an urgent message. */
import { type ActorDef, type ActorRef, ActorSystem } from "../../../runtime/mod.ts";
import { supervise, type SupervisorMessage, worker } from "../../../supervision/mod.ts";
import { expect } from "../measuring.ts";
import type { Program } from "../port.ts";

/** User messages handled before the command, so that the actor is in the middle of its work. */
const BEFORE = 100;

interface Seen {
  handled: number;
  ended: number;
  urgent: number;
}

type Letter = "work" | "urgent" | { readonly command: () => void };

const flooded: ActorDef<Letter, { readonly seen: Seen; readonly waiting: number }> = {
  type: "flooded",
  mailbox: { capacity: 1 << 20 },
  init: (_context, { seen }) => ({
    receive(letter) {
      if (letter === "urgent") seen.urgent = seen.handled;
      else if (letter === "work") seen.handled++;
      else letter.command();
    },
    stopped: () => void (seen.ended = performance.now()),
  }),
};

/** One flood; `give` sends the command while `waiting` messages wait. Microseconds until the actor ended, and what it handled until then. */
async function flood(
  waiting: number,
  give: (system: ActorSystem, target: ActorRef<Letter>, top: ActorRef<SupervisorMessage>) => void,
) {
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max" });
  const seen: Seen = { handled: 0, ended: 0, urgent: -1 };
  const children = [worker("a", flooded, { seen, waiting }, { restart: "temporary" })];
  const top = supervise(system, "top", { id: "top", strategy: "one_for_one", children });
  const target = system.find("/top/a") as ActorRef<Letter>;
  for (let i = 0; i < BEFORE; i++) target.tell("work");
  let given = 0;
  let before = 0;
  target.tell({
    command() {
      before = seen.handled;
      given = performance.now();
      give(system, target, top);
    },
  });
  for (let i = 0; i < waiting; i++) target.tell("work");
  await system.run({ until: 0 });
  expect("messages handled before", before, BEFORE);
  expect("messages unexplained", system.counters().unexplained, 0);
  const micros = (seen.ended - given) * 1000;
  return { micros, after: seen.handled - before, untilUrgent: seen.urgent - before, ended: seen.ended > 0 };
}

/**
 * Microseconds from the command of a supervisor to the end of the actor. `…_after`: user messages that it still handled.
 */
export const served: Program = async (_engine, { waiting }) => {
  const stop = await flood(waiting, (_system, _target, top) => {
    top.urgent({ kind: "TerminateChild", id: "a" });
  });
  const kill = await flood(waiting, (system, target) => system.kill(target));
  const urgent = await flood(waiting, (_system, target) => void target.urgent("urgent"));
  if (!stop.ended || !kill.ended) throw new Error("the actor did not end");
  expect("messages handled beside the urgent one", urgent.after, waiting);
  return {
    value: stop.micros,
    more: {
      stop_after: stop.after,
      kill_us: kill.micros,
      kill_after: kill.after,
      urgent_after: urgent.untilUrgent,
    },
  };
};
