/**
 * Named rules that make a scope stricter by themselves, each with what it measured on record.
 *
 * The guardian and the bookkeeper tell what happens; the rules hold the counts, belong to the node, and so outlive a crash
 * of either. They only ever tighten: opening again is for people. Times are market microseconds unless said otherwise.
 */
import { Code, FIRM_SCOPE, INSTRUMENT_SCOPE_BASE, RecordType } from "../../ffi/layout.gen.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import { type Micros, MICROS_PER_MS } from "../../runtime/mod.ts";
import { type ExecutionReport, SCOPE_STATES, type StrategyId, type Stricter } from "../protocol/mod.ts";
import type { GuardianBooks } from "./books.ts";
import { LossStep } from "./loss_step.ts";
import { type BoardRow, MarketBoard } from "./market_board.ts";

/** What a rule makes of its scope; "off" switches it off. */
export type TriggerState = Stricter | "off";

export interface TriggerRules {
  /** An order that names a parent it does not have, or more than that has left: the first one. Scope: the organism. */
  readonly parentBreach: { readonly state: TriggerState };
  /** Refusals for message rate within a window. Scope: the organism. */
  readonly rate: { readonly state: TriggerState; readonly refusals: number; readonly windowMs: number };
  /** Refusals of any kind but for the state of a scope. Scope: the organism. */
  readonly rejects: { readonly state: TriggerState; readonly refusals: number; readonly windowMs: number };
  /** A fill of an order nobody sent, of more than was ordered, or far from the market. Scope: the organism. */
  readonly fills: { readonly state: TriggerState; readonly awayBps: number };
  /** Loss since the start, in money units; null for none. Scope: the organism, or every organism of the account. */
  readonly loss: {
    readonly state: TriggerState;
    readonly organism: number | null;
    readonly account: number | null;
    /** Percent of the limit: so much more, after a re-arm, and it stops again. */
    readonly stepPercent: number;
  };
  /** Loss from the best so far, in money units; null for none. Scope: the organism. */
  readonly drawdown: { readonly state: TriggerState; readonly organism: number | null; readonly stepPercent: number };
  /** The guardian's books and the gate disagree about a position, look after look. Scope: the organism. */
  readonly mismatch: { readonly state: TriggerState; readonly looks: number };
  /** A price that moved further from one message to the next than a market does; 0 bp for never. Scope: the instrument. */
  readonly market: { readonly state: TriggerState; readonly jumpBps: number };
  /** The wall clock moved against one that nobody can set. Scope: the firm. */
  readonly clock: { readonly state: TriggerState; readonly offsetMs: number };
  /** No role acknowledged a critical alert in its time. Scope: the firm. */
  readonly unacknowledged: { readonly state: TriggerState };
}
export type TriggerName = keyof TriggerRules;

export interface TriggersOptions {
  readonly rules: TriggerRules;
  readonly control: ControlPage;
  readonly books: GuardianBooks;
  readonly strategies: readonly StrategyId[];
  /** Organisms by account. */
  readonly accounts: readonly { readonly id: string; readonly strategies: readonly StrategyId[] }[];
  /** Instrument ids. */
  readonly instruments: readonly number[];
  /** Position by the gate's books, lots. */
  readonly heldAtGate: (strategy: StrategyId, instrument: number) => number;
  /** Wall nanoseconds, and nanoseconds of a clock that nobody can set. */
  readonly wall: () => number;
  readonly monotonic: () => number;
  readonly note: (type: number, value: unknown) => void;
  /** Something was stored on the control page. */
  readonly onRequest: () => void;
}

const BPS = 10_000;
const NANOS_PER_MILLI = 1e6;

/** A count that runs out over its window: a burst fills it, and what trickles in does not. */
class Leaky {
  #level = 0;
  #time = -Infinity;

  add(time: Micros, most: number, window: Micros): number {
    this.#level = Math.max(0, this.#level - most * (time - this.#time) / window) + 1;
    this.#time = time;
    return this.#level;
  }
}

export class Triggers {
  readonly #options: TriggersOptions;
  readonly #rate = new Map<StrategyId, Leaky>();
  readonly #rejects = new Map<StrategyId, Leaky>();
  readonly #best = new Map<StrategyId, number>();
  readonly #marks = new Map<number, number>();
  /** Looks in a row at which books and gate disagreed, by strategy. */
  readonly #apart = new Map<StrategyId, number>();
  readonly #steps = new LossStep();
  /** State of each scope at the last look. */
  readonly #states = new Map<StrategyId, number>();
  #offset: number | null = null;

  constructor(options: TriggersOptions) {
    this.#options = options;
  }

  /** The gate refused an order or an amendment of `strategy`. */
  refused(strategy: StrategyId, code: number, time: Micros): void {
    const { parentBreach, rate, rejects } = this.#options.rules;
    if (code === Code.UnknownParent || code === Code.ParentQuantity) {
      this.#fire("parentBreach", parentBreach.state, strategy, code, 0, "a child order went beyond its parent");
    }
    // What a scope that is shut refuses says nothing about who asks.
    if (code === Code.Killed || code === Code.CancelOnly || code === Code.ReduceOnly) return;
    const count = (of: Map<StrategyId, Leaky>, { refusals, windowMs }: { refusals: number; windowMs: number }) => {
      let leaky = of.get(strategy);
      if (leaky === undefined) of.set(strategy, leaky = new Leaky());
      return leaky.add(time, refusals, windowMs * MICROS_PER_MS);
    };
    if (code === Code.MessageRate || code === Code.RateTripped) {
      const level = count(this.#rate, rate);
      if (level > rate.refusals) {
        const detail = `refused for message rate ${Math.round(level)} times in ${rate.windowMs} ms`;
        this.#fire("rate", rate.state, strategy, level, rate.refusals, detail);
      }
    }
    const level = count(this.#rejects, rejects);
    if (level > rejects.refusals) {
      const detail = `refused ${Math.round(level)} times in ${rejects.windowMs} ms`;
      this.#fire("rejects", rejects.state, strategy, level, rejects.refusals, detail);
    }
  }

  /** A fill was booked; the blotter knows it. */
  filled({ orderId, strategy, instrument, price, quantity }: ExecutionReport): void {
    const { rules: { fills }, books } = this.#options;
    const fire = (measured: number, limit: number, detail: string) =>
      this.#fire("fills", fills.state, strategy, measured, limit, detail);
    const row = books.orders.find(orderId);
    if (row === undefined) {
      if (books.orders.lacks(orderId)) fire(quantity, 0, `order ${orderId} was filled, and nobody sent it`);
    } else if (row.filled > row.quantity) {
      fire(row.filled, row.quantity, `order ${orderId} was filled for more than it asked for`);
    }
    const mark = MarketBoard.mark(books.board.rows[instrument]);
    if (mark <= 0) return;
    const away = Math.abs(price - mark) / mark * BPS;
    if (away > fills.awayBps) {
      fire(away, fills.awayBps, `order ${orderId} was filled at ${price}, and the market stood at ${mark}`);
    }
  }

  /** The market of an instrument spoke. */
  market(row: BoardRow): void {
    const { market } = this.#options.rules;
    const mark = MarketBoard.mark(row);
    if (market.jumpBps === 0 || mark <= 0) return;
    const { id, symbol } = row.instrument;
    const before = this.#marks.get(id);
    this.#marks.set(id, mark);
    if (before === undefined) return;
    const jump = Math.abs(mark - before) / before * BPS;
    if (jump <= market.jumpBps) return;
    const detail = `${symbol} went from ${before} to ${mark} at once`;
    this.#fire("market", market.state, INSTRUMENT_SCOPE_BASE + id, jump, market.jumpBps, detail);
  }

  /** Nobody answered a critical alert for `afterMs`, and its last role had its time at `limitMs`. */
  unacknowledged(detail: string, afterMs: number, limitMs: number): void {
    this.#fire("unacknowledged", this.#options.rules.unacknowledged.state, FIRM_SCOPE, afterMs, limitMs, detail);
  }

  /** Looks at profits, positions and the clock; call it now and then, with the time of the market. */
  look(time: Micros = 0): void {
    const { rules, strategies, accounts, books } = this.#options;
    const opened = new Set(strategies.filter((strategy) => this.#opened(strategy)));
    this.#steps.look(time);
    const profits = new Map<StrategyId, number>();
    for (const strategy of strategies) {
      const { realised, unrealised, fees } = books.portfolio.profitAndLoss(strategy);
      const profit = realised + unrealised - fees;
      profits.set(strategy, profit);
      const best = Math.max(profit, this.#best.get(strategy) ?? 0);
      this.#best.set(strategy, best);
      const at = { strategy, opened: opened.has(strategy) };
      this.#lost("loss", { ...at, lost: -profit, limit: rules.loss.organism, detail: "lost its limit" });
      this.#lost("drawdown", {
        ...at,
        lost: best - profit,
        limit: rules.drawdown.organism,
        detail: "lost its limit from its best",
      });
      this.#compare(strategy);
    }
    for (const { id, strategies: members } of accounts) {
      const lost = -members.reduce((sum, strategy) => sum + (profits.get(strategy) ?? 0), 0);
      const detail = `account ${id} lost its limit`;
      for (const strategy of members) {
        this.#lost("loss", { strategy, opened: opened.has(strategy), lost, limit: rules.loss.account, detail });
      }
    }
    for (const strategy of strategies) this.#states.set(strategy, this.#options.control.scope(strategy));
    this.#lookAtClock();
  }

  /** Whether people made the scope looser since the last look. */
  #opened(strategy: StrategyId): boolean {
    return this.#options.control.scope(strategy) < (this.#states.get(strategy) ?? 0);
  }

  #lost(trigger: "loss" | "drawdown", { strategy, opened, lost, limit, detail }: {
    readonly strategy: StrategyId;
    readonly opened: boolean;
    readonly lost: number;
    readonly limit: number | null;
    readonly detail: string;
  }): void {
    if (limit === null) return;
    const { state, stepPercent } = this.#options.rules[trigger];
    const step = limit * stepPercent / 100;
    const threshold = this.#steps.threshold(`${trigger} ${strategy} ${detail}`, { lost, limit, step, opened });
    if (lost < threshold) return;
    const again = threshold === limit ? "" : " again, a step beyond what was known at its re-arm";
    this.#fire(trigger, state, strategy, lost, threshold, `${detail}${again}`);
  }

  #compare(strategy: StrategyId): void {
    const { rules: { mismatch }, instruments, books, heldAtGate } = this.#options;
    const apart = instruments.find((id) => books.portfolio.position(strategy, id) !== heldAtGate(strategy, id));
    const looks = apart === undefined ? 0 : (this.#apart.get(strategy) ?? 0) + 1;
    this.#apart.set(strategy, looks);
    if (apart === undefined || looks < mismatch.looks) return;
    const [ours, gate] = [books.portfolio.position(strategy, apart), heldAtGate(strategy, apart)];
    const detail = `holds ${ours} lots of instrument ${apart} by the books, ${gate} by the gate`;
    this.#fire("mismatch", mismatch.state, strategy, ours, gate, detail);
  }

  #lookAtClock(): void {
    const { rules: { clock }, wall, monotonic } = this.#options;
    const offset = (wall() - monotonic()) / NANOS_PER_MILLI;
    const moved = offset - (this.#offset ?? offset);
    if (this.#offset === null || Math.abs(moved) > clock.offsetMs) this.#offset = offset;
    if (Math.abs(moved) <= clock.offsetMs) return;
    const detail = `the wall clock jumped by ${Math.round(moved)} ms`;
    this.#fire("clock", clock.state, FIRM_SCOPE, Math.abs(moved), clock.offsetMs, detail);
  }

  #fire(
    trigger: TriggerName,
    state: TriggerState,
    scope: number,
    measured: number,
    limit: number,
    detail: string,
  ): void {
    const { control, wall, note, onRequest } = this.#options;
    const wanted = SCOPE_STATES.indexOf(state as Stricter);
    if (state === "off" || control.scope(scope) >= wanted) return;
    const { gateSequence } = control.tighten(scope, wanted, `${trigger}: ${detail}`, `trigger:${trigger}`, wall());
    const name = control.name(scope) || "firm";
    note(RecordType.Note, { trigger, scope: name, state, measured, limit, detail, lastDecisionBefore: gateSequence });
    onRequest();
  }
}
