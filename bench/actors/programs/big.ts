/** Savina "big": everybody pings somebody at random and waits for the pong, so messages go from many to many. */
import { Goal } from "../goal.ts";
import { Dice, expect, seconds } from "../measuring.ts";
import type { Address, Program } from "../port.ts";

interface Ping {
  readonly type: "ping";
  readonly from: Address<Letter>;
}

type Letter = Ping | { readonly type: "pong" };

const PONG: Letter = { type: "pong" };

export const big: Program = async (engine, { actors, pings }) => {
  const world = await engine.open();
  const goal = new Goal(actors);
  let answered = 0;
  const all: Address<Letter>[] = [];
  for (let i = 0; i < actors; i++) {
    all.push(world.spawn<Letter>(({ self }) => {
      const dice = new Dice(i + 1);
      const ping: Ping = { type: "ping", from: self };
      let left = pings;
      return (message) => {
        if (message.type === "ping") {
          answered++;
          message.from.tell(PONG);
        } else if (left-- > 0) all[dice.next(actors)].tell(ping);
        else goal.count();
      };
    }));
  }
  const took = await seconds(() => {
    for (const one of all) one.tell(PONG);
    return world.finish(goal);
  });
  expect("pings answered", answered, actors * pings);
  await world.close();
  return { value: actors * pings / took };
};
