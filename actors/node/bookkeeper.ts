/**
 * Samples equity for the curves and watches the whole portfolio's drawdown: past the configured loss from the peak the
 * node may only reduce, until the drawdown has healed (the tardigrade's state machine, applied to the portfolio).
 */
import type { ActorDef, Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import { concern, MODE, type StrategyId } from "../protocol/mod.ts";
import type { Curve } from "./curve.ts";

/** Decides from equity whether the portfolio should be dormant; detail is a sentence for people. */
export interface DrawdownRule {
  update(equity: number, now: Micros): { readonly dormant: boolean; readonly detail: string };
}

export interface BookkeeperArgs {
  readonly books: GuardianBooks;
  readonly curves: ReadonlyMap<StrategyId, Curve>;
  readonly drawdown: DrawdownRule;
  /** Scopes whose profit the gate measures against their capital. */
  readonly funded: () => readonly { readonly node: number; readonly strategies: readonly StrategyId[] }[];
  readonly tellProfit: (node: number, profit: number, time: Micros) => void;
  /** Puts the prices on record that equity was worked out with. */
  readonly noteMarks: (time: Micros) => void;
  /** Looks at how full the limits are. */
  readonly watchLimits: (time: Micros) => void;
  /** Market time between two samples. */
  readonly every: Micros;
  /** Looks at what the triggers of the kill switch watch. */
  readonly look: () => void;
  /** Whether the mode knows of a concern. */
  readonly isActive: (id: string) => boolean;
}

const DRAWDOWN = "portfolio-drawdown";

type Sample = { readonly kind: "Sample" };

export const bookkeeper: ActorDef<Sample, BookkeeperArgs> = {
  type: "bookkeeper",
  init(context, { books, curves, drawdown, funded, tellProfit, noteMarks, watchLimits, every, look, isActive }) {
    context.timers.every("sample", every, { kind: "Sample" });
    return {
      receive() {
        const time = context.clock.now();
        noteMarks(time);
        const profits = new Map<StrategyId, number>();
        for (const [strategy, curve] of curves) {
          const { realised, unrealised, fees } = books.portfolio.profitAndLoss(strategy);
          profits.set(strategy, realised + unrealised - fees);
          curve.add(time, realised + unrealised - fees);
        }
        for (const { node, strategies } of funded()) {
          tellProfit(node, strategies.reduce((sum, strategy) => sum + (profits.get(strategy) ?? 0), 0), time);
        }
        look();
        watchLimits(time);
        const state = drawdown.update(books.portfolio.equity(), time);
        // What the mode believes, not what was said: a message may be lost with whoever had it in its hands.
        if (state.dormant !== isActive(DRAWDOWN)) {
          const { dormant: active, detail } = state;
          context.registry.find(MODE)?.tell(concern({ kind: DRAWDOWN, active, detail, time }));
        }
      },
      inspect: () => ({ equity: books.portfolio.equity(), dormant: isActive(DRAWDOWN) }),
    };
  },
};
