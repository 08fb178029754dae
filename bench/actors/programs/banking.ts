/**
 * Savina "banking": a teller orders transfers; the paying account asks the other one to take the money and waits for its
 * answer. Money goes to higher numbers only, so nobody waits in a circle.
 */
import { Goal } from "../goal.ts";
import { Dice, expect, seconds } from "../measuring.ts";
import type { Address, Message, Program } from "../port.ts";

const TIMEOUT_MICROS = 60_000_000;
/** Eight tenths of the accounts pay. */
const PAYING = 0.8;

interface Transfer extends Message {
  readonly amount: number;
  readonly to: Address<ToAccount>;
}

interface Take extends Message {
  readonly amount: number;
  readonly replyTo: Address<boolean>;
}

type ToAccount = Transfer | Take;

export const banking: Program = async (engine, { accounts, transfers }) => {
  const world = await engine.open();
  const goal = new Goal(transfers);
  const balances = new Float64Array(accounts);
  let paid = 0;
  const teller = world.spawn<Message>(() => () => goal.count(), transfers);
  const done: Message = { type: "done" };
  const all = Array.from({ length: accounts }, (_, i) =>
    world.spawn<ToAccount>((self) => (message) => {
      if (message.type === "take") {
        const { amount, replyTo } = message as Take;
        balances[i] += amount;
        replyTo.tell(true);
        return;
      }
      const { amount, to } = message as Transfer;
      balances[i] -= amount;
      const take = (replyTo: Address<boolean>): ToAccount => ({ type: "take", amount, replyTo });
      return self.ask<ToAccount, boolean>(to, take, TIMEOUT_MICROS).then((answer) => {
        if (answer.ok) paid += amount;
        teller.tell(done);
      });
    }, transfers));
  const dice = new Dice(1);
  let ordered = 0;
  const took = await seconds(() => {
    for (let i = 0; i < transfers; i++) {
      const from = dice.next(Math.floor(accounts * PAYING));
      const to = from + 1 + dice.next(accounts - from - 1);
      const amount = 1 + dice.next(1_000);
      ordered += amount;
      all[from].tell({ type: "transfer", amount, to: all[to] } as Transfer);
    }
    return world.finish(goal);
  });
  expect("money that arrived", paid, ordered);
  expect("money that came or went", balances.reduce((sum, balance) => sum + balance, 0), 0);
  await world.close();
  return { value: transfers / took };
};
