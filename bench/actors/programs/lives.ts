/** Starting, stopping and keeping actors that do nothing. */
import { Goal } from "../goal.ts";
import { heapInUse, seconds } from "../measuring.ts";
import type { Address, Behaviour, Message, Program } from "../port.ts";

const STOP: Message = { type: "stop" };

const idle: Behaviour<Message> = (self) => () => self.stop();

/** Actors are started under a supervisor, get one message, stop at it, and are forgotten; `batch` of them live at once. */
export const spawnStop: Program = async (engine, { actors, batch }) => {
  const world = await engine.open();
  const took = await seconds(async () => {
    for (let started = 0; started < actors; started += batch) {
      const goal = new Goal(batch);
      const all = new Array<Address<Message>>(batch);
      await world.supervised(all, idle, () => goal.count());
      for (let i = 0; i < batch; i++) all[i].tell(STOP);
      await world.finish(goal);
    }
  });
  await world.close();
  return { value: actors / took };
};

/** Bytes of the heap per actor that waits for its first message. */
export const memory: Program = async (engine, { actors }) => {
  const world = await engine.open();
  const all = new Array<Address<Message>>(actors).fill(undefined as never);
  const before = heapInUse();
  await world.supervised(all, idle);
  const used = heapInUse() - before;
  if (all.some((address) => address === undefined)) throw new Error("actors are missing; the figure would be a lie");
  await world.close();
  return { value: used / actors };
};

/** Savina "fjcreate": as many actors, each made, given one message and done. */
export const forkJoinCreate: Program = async (engine, { actors }) => {
  const world = await engine.open();
  const goal = new Goal(actors);
  const worker: Behaviour<Message> = (self) => () => {
    goal.count();
    self.stop();
  };
  const took = await seconds(() => {
    for (let i = 0; i < actors; i++) world.spawn(worker).tell(STOP);
    return world.finish(goal);
  });
  await world.close();
  return { value: actors / took };
};
