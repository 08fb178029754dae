/** A tree of actors, ten children to each, whose leaves report their number; every node adds up and stops. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Behaviour, Message, Program, Self, World } from "../port.ts";

const FAN_OUT = 10;
const GO: Message = { type: "go" };

interface Report extends Message {
  readonly sum: number;
}

function node(
  world: World,
  first: number,
  leaves: number,
  up: Address<Report>,
): Behaviour<Message | Report> {
  return (self) => {
    let sum = 0;
    let missing = FAN_OUT;
    return (message) => {
      if (message.type === "go") {
        if (leaves === 1) report(self, up, first);
        else {
          const each = leaves / FAN_OUT;
          for (let i = 0; i < FAN_OUT; i++) {
            world.child(self, node(world, first + i * each, each, self.self)).tell(GO);
          }
        }
        return;
      }
      sum += (message as Report).sum;
      if (--missing === 0) report(self, up, sum);
    };
  };
}

function report(self: Self<never>, up: Address<Report>, sum: number): void {
  up.tell({ type: "report", sum });
  self.stop();
}

/** Milliseconds for a tree with that many leaves, a power of ten. */
export const skynet: Program = async (engine, { leaves }) => {
  const world = await engine.open();
  const goal = new Goal(1);
  let sum = 0;
  const took = await seconds(() => {
    const top = world.spawn<Report>(() => (message) => {
      sum = message.sum;
      goal.count();
    });
    world.spawn(node(world, 0, leaves, top)).tell(GO);
    return world.finish(goal);
  });
  expect("sum", sum, leaves * (leaves - 1) / 2);
  await world.close();
  return { value: took * 1000 };
};
