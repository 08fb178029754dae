/**
 * Morgan Stanley and its customer Rochdale, order of December 2014: 1 625 shares of Apple became 1.625 million, and a daily
 * limit of 200 million dollars had been raised to 500 and then to 750 million without anybody looking at the customer.
 */
import { Side } from "../../ffi/mod.ts";
import { BOB, CAT, codeOf, GROSS, principal } from "../actors/controls/rig.ts";
import { Floor, named } from "./floor.ts";
import { buy, office } from "./office.ts";
import { type Case, type Outcome, play, type Scenario } from "./scenario.ts";

const MEANT = 1_625, TYPED = 1_625_000;
/** About what a share cost. */
const PRICE = 610;
/** As many times its own largest order as the linter lets a limit be. */
const FACTOR = 20;
const HOUR = 3_600_000;

const morgan = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Morgan Stanley",
  year: 2014,
  wrong,
  control,
});

function raise(): Outcome {
  using rig = office('[firm.limits]\nmax_gross = "200000000"');
  const order = { quantity: Math.floor(500_000_000 / PRICE), price: PRICE };
  const before = buy(rig, 1, order.quantity, order.price);
  const proposed = rig.propose(BOB, GROSS, "750000000", rig.now() + 4 * HOUR);
  if (!proposed.ok) throw new Error(proposed.detail);
  const alone = codeOf(rig.approve(principal("bob", "risk-approver"), proposed.id));
  if (alone !== "SAME_PERSON") throw new Error(`one person alone: ${alone}`);
  const after = buy(rig, 2, order.quantity, order.price);
  if (before.code === 0 || after.code === 0) throw new Error("the order passed below a limit of 200 m");
  const asked = rig.keeper.view().pending[0];
  if (asked.usage.used === null) throw new Error("the second person does not see what is used");

  // With the second person it counts, and goes back by itself.
  if (codeOf(rig.approve(CAT, proposed.id)) !== "ok") throw new Error("two persons cannot raise it");
  rig.pass(5 * HOUR);
  rig.keeper.poll();
  const lapsed = buy(rig, 3, order.quantity, order.price);
  if (lapsed.code === 0) throw new Error("the limit did not go back");

  using bare = office('[firm.limits]\nmax_gross = "750000000"');
  return {
    code: `${alone}, then ${named(lapsed.code)}`,
    order: 1,
    of: 3,
    afterMs: 0,
    through: before.worth + after.worth + lapsed.worth,
    without: buy(bare, 1, order.quantity, order.price).worth,
    remark: "an order of 500 m before, during and after a raise to 750 m for four hours",
  };
}

export const MORGAN_STANLEY: readonly Scenario[] = [
  {
    ...morgan("MS-1", "1 625 shares typed as 1 625 000", "max_quantity from the customer's history"),
    run: () =>
      play({
        open: () => new Floor({ listed: [{ price: PRICE }], strategies: 1 }),
        control: (floor) => floor.permit(1, { maxQuantity: FACTOR * MEANT }),
        flow: (floor) => floor.send([{ side: Side.Buy, quantity: TYPED, price: PRICE }]),
        remark: `${FACTOR} times the customer's largest order is ${FACTOR * MEANT} shares`,
      }),
  },
  {
    ...morgan("MS-2", "limit of 200 m raised to 750 m without diligence", "two persons, usage, expiry"),
    run: raise,
  },
];
