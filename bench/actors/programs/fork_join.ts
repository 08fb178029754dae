/** Savina "fjthrput": messages dealt out in turn to a number of actors. Without its arithmetic, which costs the same everywhere. */
import { Goal } from "../goal.ts";
import { seconds } from "../measuring.ts";
import type { Message, Program } from "../port.ts";

const WORK: Message = { type: "work" };

export const forkJoin: Program = async (engine, { actors, messages }) => {
  const world = await engine.open();
  const goal = new Goal(actors);
  const workers = Array.from({ length: actors }, () =>
    world.spawn<Message>((self) => {
      let handled = 0;
      return () => {
        if (++handled < messages) return;
        goal.count();
        self.stop();
      };
    }, messages));
  const took = await seconds(() => {
    for (let i = 0; i < messages; i++) {
      for (let j = 0; j < actors; j++) workers[j].tell(WORK);
    }
    return world.finish(goal);
  });
  await world.close();
  return { value: actors * messages / took };
};
