/**
 * Goldman Sachs, 20 August 2013: contingent interest in options left as live limit orders at one dollar, 16 000 of them in
 * less than an hour before the open, for 1.5 million contracts. The price check was wide before the open, and an employee
 * lifted the breaker that had tripped on the rate of messages.
 */
import { FIRM_NODE, FIRM_SCOPE, MarketPhase, ScopeState, Side } from "../../ffi/mod.ts";
import { RearmDesk } from "../../actors/controls/mod.ts";
import { memoryFile, rearmPage } from "../../actors/node/rearm.ts";
import { createApproval, type OrderIntent } from "../../actors/protocol/mod.ts";
import { BOB, principal } from "../actors/controls/rig.ts";
import { Floor, named } from "./floor.ts";
import { type Case, type Outcome, play, type Scenario } from "./scenario.ts";

const ORDERS = 16_000, CONTRACTS = Math.round(1_500_000 / ORDERS), PER_SECOND = 5;
/** No kind of command. */
const NO_KIND = 9;
const OPTION = { price: 4, perLot: 100, lastOnly: true };

const goldman = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Goldman Sachs",
  year: 2013,
  wrong,
  control,
});

const open = () => {
  const floor = new Floor({ listed: [OPTION], strategies: 1 });
  floor.gate.tell({ fact: "security", instrument: 0, demands: ["MarketState"], statusMaxAgeMs: 3_600_000 }, floor.now);
  const { now } = floor;
  floor.gate.tell({ fact: "marketStatus", instrument: 0, phase: MarketPhase.PreOpen, time: now }, now);
  return floor;
};

function axes(floor: Floor): void {
  for (let sent = 0; sent < ORDERS; sent++) {
    floor.send([{ side: Side.Sell, quantity: CONTRACTS, price: 1 }]);
    floor.pass(1_000 / PER_SECOND);
  }
}

/** Interest that must never leave the firm. */
interface Axis {
  readonly kind: "Axis";
  readonly contracts: number;
}

function neverAnOrder(): Outcome {
  const axis: Axis = { kind: "Axis", contracts: CONTRACTS };
  // @ts-expect-error an axis is no order: whatever would send it does not compile
  const intent: OrderIntent = axis;
  // Cast past the compiler it is still nothing that a venue takes: it takes what the guardian approved and nothing else.
  const { isApproved } = createApproval();
  if (isApproved(intent as never)) throw new Error("a venue would take it");
  return play({
    open,
    control: () => {},
    // Forced into a record, it has a kind the gate does not know; then it was an order like any other.
    flow: (floor, guarded) => {
      for (let sent = 0; sent < ORDERS; sent++) {
        floor.send([{ side: Side.Sell, quantity: CONTRACTS, price: 1, ...(guarded ? { kind: NO_KIND } : {}) }]);
      }
    },
    remark: "does not compile, is no approved batch, and forced into a record is nothing the gate can read",
  });
}

/** The firm was stopped; one person alone wants to open it again, and the flow goes on. */
function openedAlone(): Outcome {
  const stopped = (floor: Floor) => {
    floor.control.setName(FIRM_SCOPE, "firm");
    floor.control.tighten(FIRM_SCOPE, ScopeState.Killed, "too many messages", "desk", 0);
  };
  let alone = "";
  const played = play({
    open: () => {
      const floor = open();
      stopped(floor);
      return floor;
    },
    control: (floor) => {
      const wall = () => floor.now / 1_000;
      const page = rearmPage(floor.control, () => wall() * 1e6);
      const desk = new RearmDesk({ file: memoryFile(), page, wall, record: () => true });
      const asked = { verb: "propose", scope: "firm", cause: "false-alarm", reason: "it must be wrong" } as const;
      const { proposal } = desk.carryOut(BOB, asked, "desk");
      const bobAgain = principal("bob", "risk-approver");
      alone = codeOfThrown(() => desk.carryOut(bobAgain, { verb: "approve", ...proposal! }, "desk"));
    },
    instead: (floor) => void floor.control.request(FIRM_SCOPE, ScopeState.Active, "it must be wrong", "bob", 0),
    flow: axes,
    remark:
      "stopped, it stays so until another person of another role approves, with a cause, and then only reduces first",
  });
  if (alone !== "SAME_PERSON") throw new Error(`one person alone: ${alone}`);
  return { ...played, code: `${alone}, then ${played.code}` };
}

function codeOfThrown(act: () => unknown): string {
  try {
    act();
    return "ok";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

export const GOLDMAN: readonly Scenario[] = [
  {
    ...goldman("GS-1", "orders at one dollar before the open, with a wide price check", "price_collar"),
    run: () =>
      play({
        open,
        control: (floor) => floor.rule(0, { collarBps: 1_000 }),
        flow: axes,
        remark: "the collar is as tight before the open: the last price stands in for the quotes that are missing",
      }),
  },
  {
    ...goldman("GS-2", "16 000 orders in an hour; the tripped breaker was lifted", "rate_latch"),
    run: () =>
      play({
        open,
        control: (floor) => {
          const pace = { rate: 1, burst: 30, cancelRate: 10, cancelBurst: 10, tripAfter: 3 };
          floor.gate.tell({ fact: "pace", node: FIRM_NODE, ...pace }, floor.now);
        },
        flow: axes,
        check: (floor) => {
          const latched = floor.codes.indexOf(1404);
          if (latched < 0 || floor.codes.slice(latched).some((code) => code !== 1404)) {
            throw new Error("the breaker opened again by itself");
          }
        },
        remark: `latched (${named(1404)}) from then to the end of the hour; an hour without a message does not lift it`,
      }),
  },
  {
    ...goldman("GS-2b", "one employee opened it again", "two persons and a cause to re-arm"),
    run: openedAlone,
  },
  { ...goldman("GS-3", "interest of the firm became live orders", "well_formed, approved batches"), run: neverAnOrder },
];
