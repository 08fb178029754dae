/** Two actors send one ball to and fro. Savina's "pingpong" is the same with other parameters. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Behaviour, Program } from "../port.ts";

interface Ball {
  readonly type: "ball";
  readonly from: Address<Ball>;
}

export const pingPong: Program = async (engine, { roundTrips }) => {
  const world = await engine.open();
  const goal = new Goal(1);
  let left = 2 * roundTrips;
  const player: Behaviour<Ball> = ({ self }) => {
    const ball: Ball = { type: "ball", from: self };
    return ({ from }) => {
      if (left-- > 0) from.tell(ball);
      else goal.count();
    };
  };
  const a = world.spawn(player);
  const b = world.spawn(player);
  const took = await seconds(() => {
    a.tell({ type: "ball", from: b });
    return world.finish(goal);
  });
  expect("balls left", left, -1);
  await world.close();
  return { value: roundTrips / took };
};
