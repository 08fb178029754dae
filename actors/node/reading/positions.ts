/** Positions and profit of a run from its executions and the prices on record, with the arithmetic of the node's own books. */
import { ExecType, Liquidity } from "../../../ffi/layout.gen.ts";
import { type Holding, Portfolio } from "../../guardians/portfolio.ts";
import type { RunNames } from "./names.ts";
import type { ExecutionFields } from "./records.ts";

export interface PositionRow {
  readonly organism: string;
  readonly instrument: string;
  /** Lots, signed. */
  readonly quantity: number;
  /** Money units paid for it; negative for a short. */
  readonly cost: number;
  /** Money units. */
  readonly realised: number;
  readonly fees: number;
  /** Ticks it is valued at, halves possible; 0 where no price is known. */
  readonly mark: number;
}

export interface ProfitRow {
  readonly organism: string;
  /** Money units. */
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
}

export interface PositionsState {
  readonly holdings: readonly (Holding & { readonly strategy: number; readonly instrument: number })[];
  readonly marks: readonly number[];
  readonly venueSequence: number;
}

/** What one report did to a position. */
export interface Booked {
  readonly before: number;
  readonly after: number;
  /** Money units; fee 0 and realised 0 unless a trade. */
  readonly fee: number;
  readonly realised: number;
}

export class RunPositions {
  readonly #names: RunNames;
  #portfolio: Portfolio | null = null;
  #venueSequence = 0;

  constructor(names: RunNames) {
    this.#names = names;
  }

  /** The run has begun, and its names are known. A log that does not say fees and lots has no positions in money. */
  started(): void {
    const terms = this.#names.start?.terms;
    if (terms !== undefined) this.#portfolio = new Portfolio(terms);
  }

  /** Whether the log says what positions are worth. */
  get known(): boolean {
    return this.#portfolio !== null;
  }

  marked(marks: readonly number[]): void {
    marks.forEach((mark, instrument) => this.#portfolio?.mark(instrument, mark));
  }

  /** Null for a report that the venue told before, which nobody books. */
  executed(report: ExecutionFields): Booked | null {
    const { venueSequence, owner, orderId, instrument, execType, side, price, quantity, liquidity } = report;
    if (venueSequence !== 0) {
      if (venueSequence <= this.#venueSequence) return null;
      this.#venueSequence = venueSequence;
    }
    const portfolio = this.#portfolio;
    if (portfolio === null) return { before: 0, after: 0, fee: 0, realised: 0 };
    const before = portfolio.position(owner, instrument);
    if (execType !== ExecType.Trade) return { before, after: before, fee: 0, realised: 0 };
    const realised = portfolio.profitAndLoss(owner).realised;
    const maker = liquidity === Liquidity.Maker;
    const fee = portfolio.trade(owner, instrument, side as 0 | 1, price, quantity, maker, orderId === 0);
    const after = portfolio.position(owner, instrument);
    return { before, after, fee, realised: portfolio.profitAndLoss(owner).realised - realised };
  }

  /** Everything that was ever traded, also what is flat now. */
  positions(): PositionRow[] {
    const portfolio = this.#portfolio;
    return [...portfolio?.holdings() ?? []].map(({ strategy, instrument, ...holding }) => ({
      organism: this.#names.organism(strategy),
      instrument: this.#names.symbol(instrument),
      ...holding,
      mark: portfolio!.marks[instrument],
    }));
  }

  /** Every organism of the run. */
  profits(): ProfitRow[] {
    const portfolio = this.#portfolio;
    if (portfolio === null) return [];
    return this.#names.organisms.map((organism, i) => ({ organism, ...portfolio.profitAndLoss(i + 1) }));
  }

  save(): PositionsState {
    const portfolio = this.#portfolio;
    return {
      holdings: [...portfolio?.holdings() ?? []],
      marks: portfolio?.marks ?? [],
      venueSequence: this.#venueSequence,
    };
  }

  /** After `started`. */
  restore({ holdings, marks, venueSequence }: PositionsState): void {
    this.#venueSequence = venueSequence;
    for (const { strategy, instrument, ...holding } of holdings) this.#portfolio?.hold(strategy, instrument, holding);
    this.marked(marks);
  }
}
