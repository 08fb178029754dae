/** One actor counts what it is told from outside, burst by burst. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Behaviour, Message, Program } from "../port.ts";

const ONE: Message = { type: "one" };

/** `burst`: messages that wait at once; as many as `messages`: all of them. */
export const tell: Program = async (engine, { messages, burst }) => {
  const world = await engine.open();
  let sum = 0;
  let goal = new Goal(0);
  const sink: Behaviour<Message> = () => () => {
    sum++;
    goal.count();
  };
  const address = world.spawn(sink, burst);
  const took = await seconds(async () => {
    for (let sent = 0; sent < messages; sent += burst) {
      const size = Math.min(burst, messages - sent);
      goal = new Goal(size);
      for (let i = 0; i < size; i++) address.tell(ONE);
      await world.finish(goal);
    }
  });
  expect("messages handled", sum, messages);
  await world.close();
  return { value: messages / took };
};
