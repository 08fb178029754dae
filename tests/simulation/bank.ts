/**
 * A bank under faults: money moves between accounts by reliable delivery, over ways that lose, double and delay, while the
 * clerk that asks for balances crashes. No money may be made or lost.
 */
import {
  type ActorDef,
  type ActorRef,
  type Delivery,
  type DeliveryControl,
  type Random,
  ReliableConsumer,
  ReliableProducer,
} from "../../runtime/mod.ts";
import type { Scenario } from "../../runtime/testkit/simulation.ts";
import { supervise, worker } from "../../supervision/mod.ts";

const ACCOUNTS = 4;
const OPENING = 1000;
const TRANSFERS = 40;

type Money = { readonly amount: number };
type ToAccount = Delivery<Money> | DeliveryControl | { readonly kind: "Send" } | {
  readonly kind: "Balance";
  readonly replyTo: ActorRef<number>;
};

interface Bank {
  readonly balances: number[];
  /** Sent and not yet credited, by the books of the senders and receivers. */
  readonly sent: number[];
  readonly received: number[];
  audits: number;
}

/** `flawed` accounts send money by plain messages and credit whatever comes. */
function account(bank: Bank, self: number, accounts: ActorRef<ToAccount>[], random: Random, flawed: boolean) {
  const def: ActorDef<ToAccount> = {
    type: "account",
    init(context) {
      const inbox = new ReliableConsumer<Money>(8);
      const outs = new Map<number, ReliableProducer<Money>>();
      let left = TRANSFERS;
      const credit = ({ amount }: Money): void => {
        bank.balances[self] += amount;
        bank.received[self] += amount;
      };
      context.timers.every("send", 500, { kind: "Send" });
      const out = (to: number): ReliableProducer<Money> => {
        let producer = outs.get(to);
        if (producer === undefined) {
          producer = new ReliableProducer<Money>(context, {
            id: `${self}>${to}`,
            epoch: context.incarnation,
            target: accounts[to] as ActorRef<Delivery<Money>>,
            resendAfter: 3000,
          });
          outs.set(to, producer);
        }
        return producer;
      };
      const plain = (to: number, amount: number): boolean => {
        const message = { kind: "Delivery", producer: "", epoch: 0, sequence: 0, message: { amount } } as const;
        accounts[to].tell({ ...message, replyTo: context.self });
        return true;
      };
      return {
        receive(message) {
          switch (message.kind) {
            case "Send": {
              if (left === 0) return context.timers.cancel("send");
              const to = (self + 1 + random.int(ACCOUNTS - 1)) % ACCOUNTS;
              const amount = Math.min(bank.balances[self], 1 + random.int(100));
              if (amount > 0 && (flawed ? plain(to, amount) : out(to).send({ amount }))) {
                left--;
                bank.balances[self] -= amount;
                bank.sent[self] += amount;
              }
              return;
            }
            case "Balance":
              return void message.replyTo.tell(bank.balances[self]);
            case "Delivery":
              return flawed ? credit(message.message) : inbox.receive(message, credit);
            default:
              for (const producer of outs.values()) producer.receive(message);
          }
        },
      };
    },
  };
  return def;
}

/** Asks all accounts for their balances, again and again. */
function clerk(bank: Bank, accounts: readonly ActorRef<ToAccount>[]): ActorDef<"audit"> {
  return {
    type: "clerk",
    init(context) {
      context.timers.every("audit", 2000, "audit");
      return {
        async receive() {
          for (const target of accounts) {
            await context.ask<ToAccount, number>(target, (replyTo) => ({ kind: "Balance", replyTo }), 5000);
          }
          bank.audits++;
        },
      };
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function bankScenario(flawed = false): Scenario<Bank> {
  return {
    name: flawed ? "flawed-bank" : "bank",
    rates: {
      drop: 0.05,
      duplicate: 0.05,
      delay: 0.1,
      maxDelay: 2000,
      crash: 0.02,
      slow: 0.01,
      jump: 0.01,
      maxJump: 500,
    },
    until: 60_000,
    calm: 200_000,
    tampers: (receiver, message) => receiver.startsWith("/account") && (message as { kind?: string }).kind !== "Send",
    crashes: (path) => path === "/desk/clerk",
    build({ open, random }): Bank {
      const system = open();
      const zero = () => new Array<number>(ACCOUNTS).fill(0);
      const bank: Bank = { balances: zero().fill(OPENING), sent: zero(), received: zero(), audits: 0 };
      const accounts: ActorRef<ToAccount>[] = [];
      for (let i = 0; i < ACCOUNTS; i++) {
        accounts.push(system.start(`account-${i}`, account(bank, i, accounts, random.fork(`${i}`), flawed), undefined));
      }
      supervise(system, "desk", {
        id: "desk",
        strategy: "one_for_one",
        intensity: 1000,
        periodMs: 1000,
        children: [worker("clerk", clerk(bank, accounts), undefined)],
      });
      return bank;
    },
    always(bank) {
      const made = sum(bank.received) - sum(bank.sent);
      return made > 0 ? `${made} more was received than was sent` : null;
    },
    finally(bank) {
      const total = sum(bank.balances);
      return total === ACCOUNTS * OPENING ? null : `${total} is there of ${ACCOUNTS * OPENING}`;
    },
    hash: (bank, system) => JSON.stringify([bank, system.counters()]),
  };
}
