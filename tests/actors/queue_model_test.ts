import assert from "node:assert/strict";
import fc from "fast-check";
import { QueuedOrder, QueueLevel, type QueueRules, QueueSide } from "../../actors/venues/queue_model.ts";

const WINDOW = 100;
const averse: QueueRules = { cancelModel: "risk-averse", window: WINDOW };
const proportional: QueueRules = { cancelModel: "proportional", window: WINDOW };
const rulesOf = (name: string) => name === "averse" ? averse : proportional;

const order = (id: number, leaves: number, price = 100) => new QueuedOrder(id, 1, 0, 0, price, leaves, false);
/** Late enough that nothing is within the window of anything. */
const LATER = 1000;

type Step =
  /** The displayed quantity becomes this. */
  | readonly ["shows", number]
  /** Lots trade at the price. */
  | readonly ["trade", number]
  /** Lots trade at a worse price. */
  | readonly ["through", number]
  | readonly ["wait", number];

/** One order of 10 lots joins behind `displayed`; steps follow, each at the same moment unless there is a wait. */
function run(displayed: number, rules: QueueRules, steps: readonly Step[]) {
  const level = new QueueLevel(100, displayed);
  const mine = order(1, 10);
  level.join(mine, 0);
  let time = LATER;
  let filled = 0;
  const fill = (_order: QueuedOrder, lots: number) => {
    filled += lots;
  };
  for (const [what, n] of steps) {
    if (what === "wait") time += n;
    else if (what === "shows") level.onDisplayed(n, time, rules);
    else if (what === "trade") level.onTrade(n, time, rules, fill);
    else level.onTradeThrough(n, time, rules, fill);
  }
  return { ahead: mine.ahead, filled };
}

const table: readonly (readonly [
  sentence: string,
  rules: "averse" | "proportional",
  displayed: number,
  steps: readonly Step[],
  ahead: number,
  filled: number,
])[] = [
  ["an order joins behind what is displayed", "averse", 50, [], 50, 0],
  ["a trade moves the order by its lots", "averse", 50, [["trade", 20]], 30, 0],
  ["a trade that reaches the order fills the rest of it only", "averse", 50, [["trade", 54]], 0, 4],
  ["a trade fills no more than the order has", "averse", 50, [["trade", 500]], 0, 10],
  ["partial fills add up", "averse", 0, [["trade", 3], ["trade", 4], ["trade", 9]], 0, 10],
  ["lots that join behind do not matter", "averse", 50, [["shows", 90]], 50, 0],
  ["a cancel is taken to be behind while it can be", "averse", 50, [["shows", 80], ["shows", 50]], 50, 0],
  ["nobody stands ahead who is not displayed", "averse", 50, [["shows", 20]], 20, 0],
  ["an emptied level leaves nobody ahead, and fills nobody", "averse", 50, [["shows", 0]], 0, 0],
  ["a trade and then its fall count once", "averse", 50, [["trade", 20], ["shows", 30]], 30, 0],
  ["a fall and then its trade count once", "averse", 50, [["shows", 30], ["trade", 20]], 30, 0],
  [
    "a sweep reported in pieces around its fall counts once",
    "averse",
    50,
    [
      ["trade", 10],
      ["shows", 20],
      ["trade", 20],
    ],
    20,
    0,
  ],
  [
    "a level swept empty before its trade prints fills us only with what went past it",
    "averse",
    50,
    [
      ["shows", 0],
      ["trade", 53],
    ],
    0,
    3,
  ],
  ["a trade long after a fall is a new trade", "averse", 50, [["shows", 30], ["wait", WINDOW], ["trade", 20]], 10, 0],
  [
    "a trade just within the window of a fall is the cause of the fall",
    "averse",
    50,
    [
      ["shows", 30],
      ["wait", WINDOW - 1],
      ["trade", 20],
    ],
    30,
    0,
  ],
  ["a trade at a worse price fills, whatever stood ahead", "averse", 50, [["through", 4]], 0, 4],
  ["proportional: a cancel is taken from both sides", "proportional", 50, [["shows", 100], ["shows", 60]], 30, 0],
  ["proportional: the share is rounded against us", "proportional", 10, [["shows", 30], ["shows", 29]], 10, 0],
  [
    "proportional: a fall that trades explain moves nobody twice",
    "proportional",
    50,
    [
      ["shows", 100],
      ["trade", 20],
      ["shows", 80],
    ],
    30,
    0,
  ],
  [
    "proportional: what trades do not explain is a cancel",
    "proportional",
    50,
    [
      ["shows", 100],
      ["trade", 20],
      ["shows", 40],
    ],
    15,
    0,
  ],
  [
    "proportional: a fall and then its trade count once for the part that moved us",
    "proportional",
    50,
    [
      ["shows", 100],
      ["shows", 80],
      ["trade", 20],
    ],
    30,
    0,
  ],
  [
    "proportional: a late trade of an earlier fall does not explain a later cancel",
    "proportional",
    50,
    [
      ["shows", 100],
      ["shows", 80],
      ["trade", 20],
      ["shows", 60],
    ],
    23,
    0,
  ],
];

for (const [sentence, rules, displayed, steps, ahead, filled] of table) {
  Deno.test(sentence, () => {
    assert.deepEqual(run(displayed, rulesOf(rules), steps), { ahead, filled });
  });
}

Deno.test("a trade within the window of an order's arrival is taken to have happened before it", () => {
  const level = new QueueLevel(100, 0);
  const mine = order(1, 10);
  level.join(mine, LATER);
  let filled = 0;
  const fill = (_: QueuedOrder, lots: number) => void (filled += lots);
  assert.equal(level.onTrade(5, LATER + WINDOW - 1, averse, fill), 0);
  assert.equal(level.onTradeThrough(5, LATER + WINDOW - 1, averse, fill), 0);
  assert.equal(level.onTrade(5, LATER + WINDOW, averse, fill), 5);
  assert.equal(filled, 5);
});

Deno.test("our orders at one price are filled first in, first out, and share one trade", () => {
  const level = new QueueLevel(100, 10);
  const [first, second] = [order(1, 5), order(2, 5)];
  level.join(first, 0);
  level.onDisplayed(14, 0, averse);
  level.join(second, 0);
  assert.deepEqual([first.ahead, second.ahead], [10, 14]);
  const fills: [number, number][] = [];
  const fill = ({ id }: QueuedOrder, lots: number) => void fills.push([id, lots]);
  // 10 others, 5 of the first, 4 others, 3 of the second.
  assert.equal(level.onTrade(22, LATER, averse, fill), 8);
  assert.deepEqual(fills, [[1, 5], [2, 3]]);
  assert.deepEqual(level.orders.map(({ id, leaves }) => [id, leaves]), [[2, 2]]);
});

Deno.test("a trade takes better prices first and stops at its own price", () => {
  const side = new QueueSide(0);
  const orders = [order(1, 4, 102), order(2, 4, 101), order(3, 4, 100)];
  for (const each of orders) side.join(each, each.price === 101 ? 3 : 0, 0);
  const fills: [number, number][] = [];
  const fill = ({ id }: QueuedOrder, lots: number) => void fills.push([id, lots]);
  assert.equal(side.onTrade(101, 8, LATER, averse, fill), 5);
  assert.deepEqual(fills, [[1, 4], [2, 1]], "three others stood ahead of the second");
  assert.deepEqual(side.levels.map(({ price }) => price), [101, 100]);
});

Deno.test("an order that leaves takes its empty level with it", () => {
  const side = new QueueSide(1);
  const [a, b] = [order(1, 4, 101), order(2, 4, 100)];
  side.join(a, 0, 0);
  side.join(b, 0, 0);
  assert.deepEqual(side.levels.map(({ price }) => price), [100, 101], "asks: lowest first");
  side.leave(b);
  side.leave(b);
  assert.deepEqual(side.levels.map(({ price }) => price), [101]);
});

type Action =
  | { readonly what: "join"; readonly lots: number; readonly behind: number }
  | { readonly what: "shows" | "trade" | "through"; readonly lots: number }
  | { readonly what: "wait"; readonly micros: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ what: fc.constant("join" as const), lots: fc.integer({ min: 1, max: 20 }), behind: fc.constant(0) }),
  fc.record({
    what: fc.constantFrom("shows" as const, "trade" as const, "through" as const),
    lots: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({ what: fc.constant("wait" as const), micros: fc.integer({ min: 1, max: 2 * WINDOW }) }),
);

Deno.test("whatever happens: no fill without a trade that could have made it, no order overfilled, no place lost", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(averse, proportional),
      fc.integer({ min: 0, max: 60 }),
      fc.array(action, { maxLength: 60 }),
      (rules, displayed, actions) => {
        const level = new QueueLevel(100, displayed);
        const all: QueuedOrder[] = [];
        const entered = new Map<number, number>();
        const filled = new Map<number, number>();
        /** Lots traded at or through the price since the order came. */
        const traded = new Map<number, number>();
        let time = LATER;
        let fillsNow = 0;
        const fill = ({ id }: QueuedOrder, lots: number) => {
          assert.ok(lots > 0);
          fillsNow += lots;
          filled.set(id, (filled.get(id) ?? 0) + lots);
        };
        for (const act of actions) {
          const before = all.map(({ ahead }) => ahead);
          fillsNow = 0;
          if (act.what === "wait") time += act.micros;
          else if (act.what === "join") {
            const mine = order(all.length + 1, act.lots);
            level.join(mine, time);
            all.push(mine);
            entered.set(mine.id, act.lots);
          } else if (act.what === "shows") level.onDisplayed(act.lots, time, rules);
          else {
            const lots = Math.max(1, act.lots);
            const got = act.what === "trade"
              ? level.onTrade(lots, time, rules, fill)
              : level.onTradeThrough(lots, time, rules, fill);
            assert.equal(got, fillsNow);
            assert.ok(got <= lots, "more filled than traded");
            for (const { id } of all) traded.set(id, (traded.get(id) ?? 0) + lots);
          }
          if (act.what !== "trade" && act.what !== "through") assert.equal(fillsNow, 0, "a fill without a trade");
          before.forEach((ahead, n) => assert.ok(all[n].ahead <= ahead, "moved back"));
          for (const each of all) {
            const got = filled.get(each.id) ?? 0;
            assert.equal(each.leaves + got, entered.get(each.id));
            assert.ok(each.leaves >= 0 && each.ahead >= 0);
            assert.ok(got <= (traded.get(each.id) ?? 0));
            assert.equal(level.orders.includes(each), each.leaves > 0);
          }
          const places = level.orders.map(({ ahead }) => ahead);
          assert.deepEqual(places, [...places].sort((a, b) => a - b), "a later order passed an earlier one");
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("with trades at our price only, risk-averse fills exactly what goes past those ahead", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (displayed, leaves, trades) => {
        const level = new QueueLevel(100, displayed);
        level.join(order(1, leaves), 0);
        let got = 0;
        for (const lots of trades) got += level.onTrade(lots, LATER, averse, () => {});
        const total = trades.reduce((sum, lots) => sum + lots, 0);
        assert.equal(got, Math.min(leaves, Math.max(0, total - displayed)));
      },
    ),
  );
});

Deno.test("a trade and its fall give the same place in either order of arrival", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: WINDOW - 1 }),
      (displayed, wanted, apart) => {
        const lots = Math.min(displayed, wanted);
        const after = displayed - lots;
        const tradeFirst = run(displayed, averse, [["trade", lots], ["wait", apart], ["shows", after]]);
        const fallFirst = run(displayed, averse, [["shows", after], ["wait", apart], ["trade", lots]]);
        assert.deepEqual(tradeFirst, fallFirst);
        assert.deepEqual(tradeFirst, { ahead: after, filled: 0 });
      },
    ),
  );
});
