/** Whether what a message to an actor costs depends on how many children the actor has. */
import { spread } from "../../harness.ts";
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Message, Program } from "../port.ts";

/** Families that are measured against each other; the first is the yardstick. */
const FAMILIES = [0, 100, 1_000, 5_000];
const PLAIN: Message = { type: "plain" };
const BEAR: Message = { type: "bear" };

/**
 * Cost of a message to a parent of 5 000 over the cost with none, 1 when it is flat. The families take turns within the
 * run, `bursts` of `burst` messages each, so that what the machine does meets all of them.
 */
export const children: Program = async (engine, { bursts, burst }) => {
  const world = await engine.open();
  let goal = new Goal(0);
  let handled = 0;
  const parents = FAMILIES.map((size) => {
    return world.spawn<Message>((self) => (message) => {
      if (message.type === "bear") {
        for (let i = 0; i < size; i++) world.child<Message>(self, () => () => {});
      } else handled++;
      goal.count();
    }, burst);
  });
  const send = async (parent: Address<Message>, message: Message, times: number) => {
    goal = new Goal(times);
    for (let i = 0; i < times; i++) parent.tell(message);
    await world.finish(goal);
  };
  for (const parent of parents) await send(parent, BEAR, 1);
  const micros: number[][] = FAMILIES.map(() => []);
  for (let round = 0; round < bursts; round++) {
    for (let i = 0; i < parents.length; i++) {
      const took = await seconds(() => send(parents[i], PLAIN, burst));
      micros[i].push(took * 1e6 / burst);
    }
  }
  expect("messages handled", handled, FAMILIES.length * bursts * burst);
  await world.close();
  const cost = micros.map((times) => spread(times).median);
  const more = Object.fromEntries(FAMILIES.map((size, i) => [`us_with_${size}`, cost[i]]));
  return { value: cost[FAMILIES.length - 1] / cost[0], more };
};
