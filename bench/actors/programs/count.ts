/** Savina "count": a producer sends increments to a counter and then asks it for the sum. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Message, Program } from "../port.ts";

type Counting = { readonly type: "increment" } | { readonly type: "retrieve"; readonly replyTo: Address<Sum> };

interface Sum {
  readonly type: "sum";
  readonly sum: number;
}

const INCREMENT: Counting = { type: "increment" };
const GO: Message = { type: "go" };

export const count: Program = async (engine, { messages }) => {
  const world = await engine.open();
  const goal = new Goal(1);
  let received = 0;
  const counter = world.spawn<Counting>(() => {
    let sum = 0;
    return (message) => {
      if (message.type === "increment") sum++;
      else message.replyTo.tell({ type: "sum", sum });
    };
  }, messages + 1);
  const producer = world.spawn<Message | Sum>(({ self }) => (message) => {
    if (message.type === "sum") {
      received = (message as Sum).sum;
      goal.count();
      return;
    }
    for (let i = 0; i < messages; i++) counter.tell(INCREMENT);
    counter.tell({ type: "retrieve", replyTo: self });
  });
  const took = await seconds(() => {
    producer.tell(GO);
    return world.finish(goal);
  });
  expect("sum", received, messages);
  await world.close();
  return { value: messages / took };
};
