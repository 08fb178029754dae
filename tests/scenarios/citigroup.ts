/**
 * Citigroup Global Markets, 2022, fined 22 May 2024: a basket of 58 million dollars was entered with that number as
 * its quantity, and became 444 billion. 255 billion were blocked, 189 billion reached the algorithm, 1.4 billion were sold.
 * No hard block looked at the basket as a whole; one pop-up with 711 warnings, 18 of them in sight, was overridden.
 */
import { FIRM_NODE, FIRM_SCOPE, ScopeState, Side } from "../../ffi/mod.ts";
import { type Alarm, alarmOn, whoIs } from "./alarm.ts";
import { FLAG, Floor } from "./floor.ts";
import { type Case, type Outcome, play, type Scenario } from "./scenario.ts";

const BILLION = 1e9;
const MEANT = 58_000_000, BASKET = 444 * BILLION, BLOCKED = 255 * BILLION;
/** Worth of a unit of the basket: 444 bn in 58 million of them. */
const UNIT = Math.round(BASKET / MEANT);
/** Lines of the basket; 149 of them so large that the block of a single line stops them. */
const LINES = 349, LARGE = 149;
const LINE_BLOCK = 1.2 * BILLION;

const citigroup = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Citigroup",
  year: 2022,
  wrong,
  control,
});

/** Money in ten-thousandths, so that such a basket fits the gate's integers. */
const open = () =>
  new Floor({ listed: Array(LINES).fill({ price: UNIT }), strategies: 1, tick: 1, unitsPerDollar: 10_000 });

const worthOf = (line: number): number => line < LARGE ? BLOCKED / LARGE : (BASKET - BLOCKED) / (LINES - LARGE);
const parentOf = (line: number, worth: number) => ({
  parent: line + 1,
  strategy: 1,
  instrument: line,
  side: Side.Sell,
  quantity: Math.max(1, Math.round(worth / UNIT)),
});
const basketOf = (worth: (line: number) => number) =>
  Array.from({ length: LINES }, (_, line) => parentOf(line, worth(line)));

function limit(floor: Floor, maxParent: number, maxBasket: number): void {
  const limits = { maxParent: floor.money(maxParent), maxBasket: floor.money(maxBasket) };
  floor.gate.tell({ fact: "parents", node: FIRM_NODE, ...limits }, floor.now);
}

/** Nothing but children of parents that were opened, and baskets up to so many dollars. */
function whole(floor: Floor, maxBasket: number): void {
  floor.gate.tell({ fact: "demands", demands: ["Parents"] }, floor.now);
  limit(floor, LINE_BLOCK, maxBasket);
}

/** Opens the basket at once, or line by line, and sends every line as one child. */
function release(floor: Floor, parents: ReturnType<typeof basketOf>, atOnce: boolean): number {
  const baskets = atOnce ? [parents] : parents.map((one) => [one]);
  const codes = baskets.map((basket) => floor.gate.openParents(basket, floor.now).code);
  for (const { parent, instrument, side, quantity } of parents) {
    floor.send([{ instrument, side, quantity, price: UNIT, flags: FLAG.Child, target: parent }]);
    floor.pass(1);
  }
  return codes[0];
}

function refusedAs(code: number, wanted: number): void {
  if (code !== wanted) throw new Error(`the basket was refused with ${code}, not ${wanted}`);
}

/** Sold from 08:56 until the trader cancelled the basket himself, at 09:10. */
const SOLD = 1.4 * BILLION, UNTIL_CANCELLED_S = 14 * 60;
/** The first who is told does not answer in his two minutes; the second does after half a minute more, and acts. */
const ACKNOWLEDGED_S = 150, ACTED_S = 180;

function escalated(): Outcome {
  let alarm: Alarm;
  const officer = whoIs("risk-officer");
  return play({
    open: () => new Floor({ listed: [{ price: UNIT }], strategies: 1, tick: 1, unitsPerDollar: 10_000 }),
    control: (floor) => {
      alarm = alarmOn(floor);
      alarm.desk.raise("portfolio-drawdown", "", "sells 1.7 m a second, and nobody meant to");
    },
    flow: (floor, guarded) => {
      for (let second = 0; second < UNTIL_CANCELLED_S; second++) {
        if (guarded) alarm.desk.look();
        if (guarded && second === ACKNOWLEDGED_S) alarm.desk.acknowledge(officer, 1, "asking the desk", "drill");
        if (guarded && second === ACTED_S) {
          floor.control.request(FIRM_SCOPE, ScopeState.Killed, "not meant", officer.id, floor.now * 1_000);
          alarm.desk.close(officer, 1, "killed the firm", "drill");
        }
        floor.send([{ side: Side.Sell, quantity: Math.round(SOLD / UNTIL_CANCELLED_S / UNIT), price: UNIT }]);
        floor.pass(1_000);
      }
    },
    check: () => {
      const [alert] = alarm.desk.view(officer).alerts;
      const told = alert.escalated.map(({ to, afterMs }) => `${to} ${afterMs}`);
      const done = alarm.answers.map(({ action, afterMs }) => `${action} ${afterMs}`);
      const wanted = ["risk-officer 120000", "alert-acknowledged 150000", "alert-closed 180000"];
      if ([...told, ...done].join() !== wanted.join()) throw new Error(`on record is ${[...told, ...done]}`);
    },
    remark:
      "measured and on record: told on after 120 s, acknowledged after 150 s, acted on after 180 s; in 2022 the trader cancelled after 14 minutes",
  });
}

export const CITIGROUP: readonly Scenario[] = [
  {
    ...citigroup("CT-1", "a value typed as a quantity", "max_notional, above the soft warning"),
    run: () =>
      play({
        open: () => {
          const floor = open();
          floor.gate.tell({ fact: "soft", node: FIRM_NODE, maxValue: floor.money(100_000_000) }, floor.now);
          return floor;
        },
        control: (floor) => floor.permit(1, { maxNotional: floor.money(500_000_000) }),
        flow: (floor) => {
          const flags = FLAG.Human | FLAG.Acknowledged;
          floor.send([{ side: Side.Sell, quantity: MEANT, price: UNIT, flags }]);
        },
        remark: "the warning was acknowledged, as it was then; the hard limit stands above it",
      }),
  },
  {
    ...citigroup("CT-2", "no hard block on the basket as a whole", "known_parent, basket limit (1510)"),
    run: () => {
      const basket = basketOf(worthOf);
      return play({
        open,
        control: (floor) => whole(floor, 2 * MEANT),
        instead: (floor) => limit(floor, LINE_BLOCK, 900 * BILLION),
        flow: (floor, guarded) => {
          const code = release(floor, basket, guarded);
          if (guarded) refusedAs(code, 1510);
        },
        remark:
          "the basket is refused with 1510 before any line; without it the block of single lines lets through what it did then",
      });
    },
  },
  {
    ...citigroup("CT-3", "the lines that no block stopped were released", "known_parent, all or nothing"),
    run: () => {
      // The basket as it was meant, but for one line with three digits too many.
      const basket = basketOf((line) => line === 17 ? 1_000 * MEANT / LINES * 100 : MEANT / LINES);
      return play({
        open,
        control: (floor) => whole(floor, 100 * BILLION),
        instead: (floor) => limit(floor, LINE_BLOCK, 100 * BILLION),
        flow: (floor, guarded) => {
          const code = release(floor, basket, guarded);
          if (guarded) refusedAs(code, 1510);
        },
        remark: "one line is too large: none of the 349 is opened, and no child finds its parent",
      });
    },
  },
  { ...citigroup("CT-4", "slow escalation of alerts", "an alert told on, answered and acted on"), run: escalated },
];
