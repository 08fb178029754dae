/**
 * Savina "bndbuffer": producers and consumers on both sides of a manager that keeps a bounded number of items. Without the
 * arithmetic that stands for work, which costs the same everywhere.
 */
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Message, Program } from "../port.ts";

interface Item extends Message {
  readonly producer: Address<Message>;
}

interface Free extends Message {
  readonly consumer: Address<Item>;
}

const PRODUCE: Message = { type: "produce" };

export const boundedBuffer: Program = async (engine, { producers, consumers, buffer, items }) => {
  const world = await engine.open();
  const goal = new Goal(producers * items);
  let fullest = 0;
  const manager = world.spawn<Item | Free>(() => {
    const stored: Item[] = [];
    const hungry: Address<Item>[] = [];
    const held: Address<Message>[] = [];
    // Each producer may have one item under way.
    const room = buffer - producers;
    return (message) => {
      if (message.type === "free") {
        const { consumer } = message as Free;
        const item = stored.shift();
        if (item === undefined) return void hungry.push(consumer);
        consumer.tell(item);
        held.shift()?.tell(PRODUCE);
        return;
      }
      const item = message as Item;
      const consumer = hungry.shift();
      if (consumer === undefined) stored.push(item);
      else consumer.tell(item);
      if (stored.length > fullest) fullest = stored.length;
      if (stored.length >= room) held.push(item.producer);
      else item.producer.tell(PRODUCE);
    };
  });
  for (let i = 0; i < consumers; i++) {
    world.spawn<Item | Message>(({ self }) => {
      const free: Free = { type: "free", consumer: self as Address<Item> };
      return (message) => {
        if (message.type === "item") goal.count();
        manager.tell(free);
      };
    }).tell({ type: "go" });
  }
  const all = Array.from({ length: producers }, () =>
    world.spawn<Message>(({ self }) => {
      const item: Item = { type: "item", producer: self };
      let left = items;
      return () => {
        if (left-- > 0) manager.tell(item);
      };
    }));
  const took = await seconds(() => {
    for (const one of all) one.tell(PRODUCE);
    return world.finish(goal);
  });
  expect("items above the bound", Math.max(0, fullest - buffer), 0);
  await world.close();
  return { value: producers * items / took };
};
