/** A token goes round a ring of actors. Savina's "threadring" is the same with other parameters. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Program } from "../port.ts";

interface Token {
  readonly type: "token";
  left: number;
}

interface Join {
  readonly type: "join";
  readonly next: Address<Token | Join>;
}

export const threadRing: Program = async (engine, { actors, hops }) => {
  const world = await engine.open();
  const goal = new Goal(1);
  let done = 0;
  const ring = Array.from({ length: actors }, () =>
    world.spawn<Token | Join>(() => {
      let next: Address<Token>;
      return (message) => {
        if (message.type === "join") next = message.next;
        else if (message.left > 0) {
          message.left--;
          next.tell(message);
        } else {
          done = message.left + 1;
          goal.count();
        }
      };
    }));
  for (let i = 0; i < actors; i++) ring[i].tell({ type: "join", next: ring[(i + 1) % actors] });
  const token: Token = { type: "token", left: hops };
  const took = await seconds(() => {
    ring[0].tell(token);
    return world.finish(goal);
  });
  expect("tokens", done, 1);
  await world.close();
  return { value: hops / took };
};
