/**
 * Merrill Lynch, order of 26 September 2016: hard blocks of 250 million dollars or 5 to 25 million shares, for stocks of
 * which 79 000 are traded in a day, stopped nothing in at least fifteen small crashes; and not all flows met the controls.
 */
import { CommandKind, Side } from "../../ffi/mod.ts";
import { lintLimits } from "../../actors/controls/lint.ts";
import { Floor } from "./floor.ts";
import { type Case, play, type Scenario } from "./scenario.ts";

const CRASHES = 15, BLOCK = 5_000_000, DAILY = 79_000;
/** Two and a half days of the stock's volume in one order; the price is ours. */
const ORDER = 200_000, PRICE = 10;

const merrill = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Merrill Lynch",
  year: 2016,
  wrong,
  control,
});

const open = () => {
  const floor = new Floor({ listed: [{ price: PRICE }], strategies: 1 });
  floor.rule(0, { maxQuantity: BLOCK });
  return floor;
};

const measured = (floor: Floor) => {
  const terms = { averageVolume: DAILY, orderVolumeBps: 100 };
  floor.gate.tell({ fact: "security", instrument: 0, demands: ["Volume"], ...terms }, floor.now);
};

function lintFindsTheBlock(): void {
  const row = {
    scope: "instrument:THIN",
    limit: "max_quantity",
    instrument: null,
    value: BLOCK,
    unit: "lots",
    used: null,
    peak: null,
    volume: DAILY,
  };
  const findings = lintLimits([row], { factor: 20, volumeShare: 0.1 });
  if (!findings.some(({ code }) => code === "ABOVE_VOLUME")) throw new Error("the linter takes the block for a limit");
}

/** The same size by every way an order can come. */
const WAYS = [
  { price: PRICE },
  { price: 0, orderType: 1 },
  { price: PRICE, orderType: 2 },
  { price: PRICE, tif: 1 },
  { price: PRICE, tif: 3 },
  { price: PRICE, flags: 1 },
  { price: PRICE, display: 100 },
];

export const MERRILL: readonly Scenario[] = [
  {
    ...merrill("ML-1", "hard blocks far above anything the stock trades in a day", "volume_share, controls lint"),
    run: () => {
      lintFindsTheBlock();
      return play({
        open,
        control: measured,
        flow: (floor) => {
          for (let crash = 0; crash < CRASHES; crash++) {
            floor.send([{ side: Side.Sell, quantity: ORDER, price: 0, orderType: 1 }]);
            floor.pass(1_000);
          }
        },
        remark: `${ORDER} shares pass a block of ${BLOCK}; 1 % of daily volume is ${
          DAILY / 100
        }; the linter names the block`,
      });
    },
  },
  {
    ...merrill("ML-2", "controls that some flows never met", "one gate"),
    run: () =>
      play({
        open,
        control: measured,
        flow: (floor) => {
          for (const way of WAYS) floor.send([{ side: Side.Sell, quantity: ORDER, ...way }]);
          floor.send([{ side: Side.Sell, quantity: 100, price: PRICE, id: 900 }]);
          floor.send([{ kind: CommandKind.Amend, target: 900, side: Side.Sell, quantity: ORDER, price: PRICE }]);
        },
        check: ({ refused, entered }) => {
          if (refused !== entered - 1) throw new Error(`only ${refused} of ${entered - 1} ways were refused`);
        },
        remark:
          "limit, market, stop, immediate, day, quote, iceberg and amendment; let through: the 100 shares to amend",
      }),
  },
];
