/**
 * Latour, September 2015: intermarket sweep orders, which may pass by better prices elsewhere, sent without sweeping those
 * prices. The penalty was 5 million dollars.
 */
import { Side } from "../../ffi/mod.ts";
import { FLAG, Floor } from "./floor.ts";
import { type Outcome, play, type Scenario } from "./scenario.ts";

const PRICE = 20, SHARES = 300, ORDERS = 1_000;
/** A better offer elsewhere, and the one after it moved. */
const AWAY = PRICE - 0.02, MOVED = PRICE - 0.03;

const sweeps = (floor: Floor) => {
  for (let sent = 0; sent < ORDERS; sent++) {
    floor.send([{ side: Side.Buy, quantity: SHARES, price: PRICE, flags: FLAG.Sweep }]);
    floor.pass(1);
  }
};

function quotes(floor: Floor, ask: number, snapshot: number): void {
  const seen = { snapshot, awayBid: floor.ticks(AWAY - 0.05), awayAsk: floor.ticks(ask), quotesTime: floor.now };
  floor.gate.tell({ fact: "marketStatus", instrument: 0, phase: 1, time: floor.now, ...seen }, floor.now);
}

const demanded = (floor: Floor) => {
  const terms = { quotesMaxAgeMs: 3_600_000, statusMaxAgeMs: 3_600_000 };
  floor.gate.tell({ fact: "security", instrument: 0, demands: ["TradeThrough"], ...terms }, floor.now);
  quotes(floor, AWAY, 1);
};
const open = () => new Floor({ listed: [{ price: PRICE }], strategies: 1 });

/** A sweep without any snapshot of what it sweeps. */
export const unsweptSweeps = (): Outcome => play({ open, control: demanded, flow: sweeps });

export const LATOUR: readonly Scenario[] = [
  {
    id: "LT-1",
    name: "Latour",
    year: 2015,
    wrong: "sweep orders without a sweep of the protected quotes",
    control: "trade_through",
    run: () =>
      play({
        open,
        control: (floor) => {
          demanded(floor);
          const swept = { snapshot: 1, time: floor.now, bid: 0, ask: floor.ticks(AWAY) };
          floor.gate.tell({ fact: "sweep", strategy: 1, instrument: 0, ...swept }, floor.now);
          // The quote moved since: what was swept is not what is protected now.
          quotes(floor, MOVED, 2);
        },
        flow: sweeps,
        remark: "a stored sweep does not do either once the protected quotes have moved",
      }),
  },
];
