/**
 * Wedbush, order of November 2014: customers set their own limits, thousands of traders nobody had vetted (more than 10 000
 * with one customer), disabled traders who went on, wrong lists of what is easy to borrow, a sweep route that the customer
 * switched on again, and no control for wash trades and layering.
 */
import { type Episode, LayeringWatch } from "../../actors/auditors/layering.ts";
import type { Principal } from "../../actors/protocol/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { CommandKind, ScopeState, Side } from "../../ffi/mod.ts";
import { codeOf, GROSS, principal } from "../actors/controls/rig.ts";
import { type Alarm, alarmOn, whoIs } from "./alarm.ts";
import { FLAG, Floor, named } from "./floor.ts";
import { unsweptSweeps } from "./latour.ts";
import { buy, office } from "./office.ts";
import { type Case, type Outcome, play, type Scenario } from "./scenario.ts";

const TRADERS = 10_000, PRICE = 20, SHARES = 100;
const HOUR = 3_600_000_000, DAY = 24 * HOUR;

const wedbush = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Wedbush",
  year: 2014,
  wrong,
  control,
});

const open = (strategies = 2) => new Floor({ listed: [{ price: PRICE }, { price: PRICE }], strategies });
const mandate = (floor: Floor, strategy: number, active: number) =>
  floor.gate.tell({ fact: "mandate", strategy, active, venues: 1, until: floor.now + HOUR }, floor.now);
const demandMandates = (floor: Floor) => floor.gate.tell({ fact: "demands", demands: ["Mandate"] }, floor.now);

function ownLimits(): Outcome {
  using rig = office('[firm.limits]\nmax_gross = "1000000"');
  const customer = principal("customer", "trader");
  const asked = [rig.tighten(customer, GROSS, "1"), rig.propose(customer, GROSS, "900000000")].map(codeOf);
  asked.push(codeOf(rig.approve(customer, 1)));
  if (asked.some((code) => code !== "ROLE_FORBIDDEN")) throw new Error(`a trader asked and got ${asked}`);
  const held = buy(rig, 1, 500_000, PRICE);
  if (held.code === 0) throw new Error("the order passed");
  using own = office('[firm.limits]\nmax_gross = "900000000"');
  return {
    code: `ROLE_FORBIDDEN, then ${named(held.code)}`,
    order: 1,
    of: 1,
    afterMs: 0,
    through: held.worth,
    without: buy(own, 1, 500_000, PRICE).worth,
    remark: "a trader tightens, proposes and approves nothing; tried and recorded three times",
  };
}

const shortSales = (floor: Floor) => {
  for (let sent = 0; sent < 1_000; sent++) {
    floor.send([{ side: Side.Sell, quantity: 500, price: PRICE, flags: FLAG.Short }]);
    floor.pass(10);
  }
};

/** Offers at so many prices, which nobody is to hit, around a purchase that is; once in twenty seconds. */
const LAYERS = 5, LAYER = 1_000, BOUGHT = 500, EPISODES = 60, EVERY_S = 20;
/** Compliance takes a minute to look, and half a minute more to act. */
const LOOKS_S = 60, ACTS_S = 90;

function layering(): Outcome {
  let alarm: Alarm;
  let raised = NaN;
  const officer = whoIs("compliance");
  const { enabled: _, ...rule } = loadConfig({ environment: {}, directory: "." }).config.surveillance.layering;
  return play({
    open: () => new Floor({ listed: [{ price: PRICE }], strategies: 1, rests: true }),
    control: (floor) => {
      alarm = alarmOn(floor);
      const watch = new LayeringWatch({
        rule,
        ownerOf: () => "customer",
        visible: (instrument, side) => floor.visible(instrument, side),
        found: ({ owner, count, times, latest }) => {
          alarm.desk.raise("layering", owner, `${count} times`, { count, times, episodes: latest });
          if (Number.isNaN(raised)) raised = floor.now;
        },
      });
      floor.heard = (view, count) => watch.take(view, count);
    },
    flow: (floor, guarded) => {
      for (let episode = 0; episode < EPISODES; episode++) {
        const first = 10 * episode + 1;
        const ids = Array.from({ length: LAYERS }, (_, i) => first + i);
        floor.send([
          { side: Side.Buy, quantity: BOUGHT, price: PRICE - 0.01, id: first + LAYERS },
          ...ids.map((id, i) => ({ side: Side.Sell, quantity: LAYER, price: PRICE + 0.01 * (i + 2), id })),
        ]);
        floor.pass(400);
        floor.others([{ side: Side.Sell, quantity: BOUGHT, price: PRICE - 0.01 }]);
        floor.pass(100);
        floor.send(ids.map((target) => ({ kind: CommandKind.Cancel, target, side: Side.Sell, quantity: 0, price: 0 })));
        for (let second = 0; second < EVERY_S; second++) {
          floor.pass(1_000);
          if (guarded) answer(floor, alarm, raised, officer);
        }
      }
    },
    check: () => {
      const alerts = alarm.desk.view(officer).alerts;
      const { evidence, acknowledged, acted } = alerts.at(-1)!;
      const episodes = evidence.episodes as readonly Episode[];
      if (episodes.some(({ orders, executions }) => orders.length !== LAYERS || executions.length !== 1)) {
        throw new Error("the evidence lacks orders or executions");
      }
      if (acknowledged === null || acted === null) throw new Error("nobody answered");
    },
    remark:
      "found at its third time, with the orders and executions of each; compliance looked after a minute and killed the customer half a minute later",
  });
}

/** What compliance does about the first alert, once it is there. */
function answer(floor: Floor, { desk }: Alarm, raised: number, officer: Principal): void {
  const seconds = Math.floor((floor.now - raised) / 1_000_000);
  if (seconds === LOOKS_S) desk.acknowledge(officer, 1, "asking the customer", "drill");
  if (seconds !== ACTS_S) return;
  floor.control.request(1, ScopeState.Killed, "layering", officer.id, floor.now * 1_000);
  desk.close(officer, 1, "killed the customer", "drill");
}

export const WEDBUSH: readonly Scenario[] = [
  { ...wedbush("WB-1", "customers set their own risk settings", "roles of limits"), run: ownLimits },
  {
    ...wedbush("WB-2", "more than 10 000 traders of one customer, none of them vetted", "mandate"),
    run: () =>
      play({
        open: () => open(TRADERS),
        control: demandMandates,
        flow: (floor) => {
          for (let strategy = 1; strategy <= TRADERS; strategy++) {
            floor.send([{ strategy, side: Side.Buy, quantity: SHARES, price: PRICE }]);
            floor.pass(1);
          }
        },
        remark: "one order of each; a trader without a mandate trades nothing",
      }),
  },
  {
    ...wedbush("WB-3", "disabled traders went on trading", "mandate"),
    run: () =>
      play({
        open: () => {
          const floor = open();
          demandMandates(floor);
          mandate(floor, 1, 1);
          floor.send([{ side: Side.Buy, quantity: SHARES, price: PRICE - 1, id: 900 }]);
          return floor;
        },
        control: (floor) => mandate(floor, 1, 0),
        flow: (floor) => {
          for (let sent = 0; sent < 250; sent++) {
            floor.send([
              { side: Side.Buy, quantity: SHARES + sent, price: PRICE },
              { side: Side.Buy, quantity: SHARES, price: 0, orderType: 1 },
              { side: Side.Sell, quantity: SHARES, price: PRICE, instrument: 1 },
              { kind: CommandKind.Amend, target: 900, side: Side.Buy, quantity: 2 * SHARES, price: PRICE - 1 },
            ]);
            floor.pass(1_000);
          }
        },
        check: (floor) => {
          if (floor.refused !== floor.entered - 1) throw new Error("a disabled trader found a way");
          const [code] = floor.send([{ kind: CommandKind.Cancel, target: 900, side: Side.Buy, quantity: 0, price: 0 }]);
          if (code !== 0) throw new Error(`his open order cannot be cancelled: ${code}`);
        },
        remark:
          "new orders, market orders, another instrument, an amendment; let through: one order from before, which can be cancelled",
      }),
  },
  {
    ...wedbush("WB-4", "short sales on yesterday's list of what is easy to borrow", "current_lists"),
    run: () =>
      play({
        open,
        control: (floor) =>
          floor.gate.tell({ fact: "demands", demands: ["Lists"], listsUntil: floor.now - DAY }, floor.now),
        flow: shortSales,
      }),
  },
  {
    ...wedbush("WB-4b", "short sales that nobody had located shares for", "short_locate"),
    run: () =>
      play({
        open,
        control: (floor) => {
          floor.gate.tell({ fact: "security", instrument: 0, demands: ["ShortSale"] }, floor.now);
          const until = floor.now + DAY;
          floor.gate.tell({ fact: "locate", node: 2, instrument: 0, quantity: 20_000, locate: 1, until }, floor.now);
        },
        flow: shortSales,
        check: ({ through }) => {
          if (through !== 20_000 * PRICE) throw new Error(`${through} is not what was located`);
        },
        remark: "let through: the 20 000 shares that were located",
      }),
  },
  { ...wedbush("WB-5", "the customer switched a sweep route on again", "trade_through"), run: unsweptSweeps },
  {
    ...wedbush("WB-6", "wash trades within one customer", "self_match"),
    run: () =>
      play({
        open: () => {
          const floor = open();
          for (let sent = 0; sent < 100; sent++) floor.send([{ side: Side.Sell, quantity: SHARES, price: PRICE }]);
          return floor;
        },
        control: (floor) => floor.gate.tell({ fact: "demands", demands: ["SelfMatch"] }, floor.now),
        flow: (floor) => {
          for (let sent = 0; sent < 100; sent++) {
            floor.send([{ strategy: 2, side: Side.Buy, quantity: SHARES, price: PRICE }]);
            floor.pass(100);
          }
        },
        remark:
          "let through: the hundred offers of one trader; every purchase by the other that would meet them is refused",
      }),
  },
  { ...wedbush("WB-6b", "layering", "surveillance of patterns, and who answers its alert"), run: layering },
];
