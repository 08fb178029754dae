/** Savina "chameneos": creatures meet at a mall two by two and change colours until the mall has seen enough. */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Program } from "../port.ts";

const COLOURS = 3;

interface Meet {
  readonly type: "meet";
  readonly colour: number;
  readonly from: Address<ToCreature>;
}

interface Tired {
  readonly type: "tired";
  readonly meetings: number;
}

type ToMall = Meet | Tired;
type ToCreature = Meet | { readonly type: "change"; readonly colour: number } | { readonly type: "closed" };

/** The colour that is neither, or the same when both are. */
function complement(a: number, b: number): number {
  return a === b ? a : COLOURS - a - b;
}

export const chameneos: Program = async (engine, { creatures, meetings }) => {
  const world = await engine.open();
  const goal = new Goal(creatures);
  let counted = 0;
  const mall = world.spawn<ToMall>(() => {
    let left = meetings;
    let waiting: Address<ToCreature> | null = null;
    return (message) => {
      if (message.type === "tired") {
        counted += message.meetings;
        goal.count();
      } else if (left === 0) message.from.tell({ type: "closed" });
      else if (waiting === null) waiting = message.from;
      else {
        left--;
        waiting.tell(message);
        waiting = null;
      }
    };
  });
  const all = Array.from(
    { length: creatures },
    (_, i) =>
      world.spawn<ToCreature | { readonly type: "go" }>(({ self }) => {
        let colour = i % COLOURS;
        let met = 0;
        const enter = () => void mall.tell({ type: "meet", colour, from: self });
        return (message) => {
          switch (message.type) {
            case "meet":
              colour = complement(colour, message.colour);
              met++;
              message.from.tell({ type: "change", colour });
              return enter();
            case "change":
              colour = message.colour;
              met++;
              return enter();
            case "closed":
              return void mall.tell({ type: "tired", meetings: met });
            default:
              return enter();
          }
        };
      }),
  );
  const took = await seconds(() => {
    for (const one of all) one.tell({ type: "go" });
    return world.finish(goal);
  });
  expect("meetings, counted by both", counted, 2 * meetings);
  await world.close();
  return { value: meetings / took };
};
