/**
 * Portfolio accounting per strategy and instrument: position, average cost, realised and unrealised profit, fees.
 *
 * Everything is integer money units (1e-8 of the quote currency), so the books always balance to the unit:
 * realised + unrealised = value of the position at the mark + cash from trades, and fees are kept apart. One holding may
 * be worth up to 2^53 units, about 90 million of the quote currency; keep position limits below that.
 */
import { BUY, type Instrument, type SideCode, type StrategyId } from "../protocol/mod.ts";

/** Fee rates are in hundredths of a basis point of the traded value, that is, millionths. */
const FEE_SCALE = 1_000_000;

/** What one strategy holds in one instrument. */
export interface Holding {
  /** Lots, signed. */
  quantity: number;
  /** Money paid for the present position (negative for a short), money units. */
  cost: number;
  realised: number;
  fees: number;
}

export interface ProfitAndLoss {
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
}

export interface PositionLine {
  readonly instrument: number;
  readonly quantity: number;
  /** Ticks, with a fraction; 0 when flat. For display. */
  readonly averagePrice: number;
}

/** Exact `round(value · rate / 1e6)`, half away from zero; leaves the number range only when it must. */
export function feeOf(value: number, rate: number): number {
  const product = value * rate;
  if (Number.isSafeInteger(product)) {
    return Math.sign(product) * Math.floor((Math.abs(product) + FEE_SCALE / 2) / FEE_SCALE);
  }
  const exact = BigInt(value) * BigInt(rate);
  const scale = BigInt(FEE_SCALE);
  const rounded = ((exact < 0n ? -exact : exact) + scale / 2n) / scale;
  return Number(exact < 0n ? -rounded : rounded);
}

/** Exact `trunc(cost · part / whole)` for safe integers with 0 ≤ part ≤ whole. */
function share(cost: number, part: number, whole: number): number {
  if (part === whole) return cost;
  const product = cost * part;
  if (Number.isSafeInteger(product)) return Math.trunc(product / whole);
  return Number((BigInt(cost) * BigInt(part)) / BigInt(whole));
}

export class Portfolio {
  readonly #instruments: readonly Instrument[];
  /** By strategy, then by instrument; holes where nothing was traded. */
  readonly #holdings: Holding[][] = [];
  /** Mark price in ticks by instrument id; 0 until the market speaks. */
  readonly #marks: number[];

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    this.#marks = instruments.map(() => 0);
  }

  /**
   * Books one fill and returns its fee in money units (negative for a rebate).
   * `price` in ticks, `quantity` in lots, above 0. `free`: nobody pays a fee, since it was paid in an earlier run.
   */
  trade(
    strategy: StrategyId,
    instrument: number,
    side: SideCode,
    price: number,
    quantity: number,
    maker: boolean,
    free = false,
  ): number {
    const terms = this.#instruments[instrument];
    const value = price * quantity * terms.unitsPerTickLot;
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `a fill of ${quantity} lots at ${price} ticks in ${terms.symbol} is worth more than the books can count`,
      );
    }
    const fee = free ? 0 : feeOf(value, maker ? terms.makerFee : terms.takerFee);
    const holding = this.#holding(strategy, instrument);
    holding.fees += fee;
    if (this.#marks[instrument] === 0) this.#marks[instrument] = price;

    const signed = side === BUY ? quantity : -quantity;
    const reduces = holding.quantity !== 0 && Math.sign(holding.quantity) !== Math.sign(signed);
    const closed = reduces ? Math.min(quantity, Math.abs(holding.quantity)) : 0;
    if (closed > 0) {
      const released = share(holding.cost, closed, Math.abs(holding.quantity));
      const received = closed * price * terms.unitsPerTickLot * (side === BUY ? -1 : 1);
      holding.realised += received - released;
      holding.cost -= released;
      holding.quantity += side === BUY ? closed : -closed;
    }
    const opened = quantity - closed;
    if (opened > 0) {
      holding.cost += opened * price * terms.unitsPerTickLot * (side === BUY ? 1 : -1);
      holding.quantity += side === BUY ? opened : -opened;
    }
    return fee;
  }

  /** Sets the price positions are valued at, in ticks (halves allowed); 0 is ignored. */
  mark(instrument: number, price: number): void {
    if (price > 0) this.#marks[instrument] = price;
  }

  /** Prices that positions are valued at, in ticks, by instrument id; 0 where none is known. */
  get marks(): readonly number[] {
    return this.#marks;
  }

  /** Everything that was ever traded, also what is flat now. */
  *holdings(): Generator<Readonly<Holding> & { readonly strategy: StrategyId; readonly instrument: number }> {
    for (const [strategy, byInstrument] of this.#holdings.entries()) {
      for (const [instrument, holding] of (byInstrument ?? []).entries()) {
        if (holding !== undefined) yield { strategy, instrument, ...holding };
      }
    }
  }

  /** Takes over what another portfolio gave out with `holdings`. */
  hold(strategy: StrategyId, instrument: number, { quantity, cost, realised, fees }: Readonly<Holding>): void {
    Object.assign(this.#holding(strategy, instrument), { quantity, cost, realised, fees });
  }

  position(strategy: StrategyId, instrument: number): number {
    return this.#holdings[strategy]?.[instrument]?.quantity ?? 0;
  }

  /** Positions of a strategy that are not flat. */
  positions(strategy: StrategyId): readonly PositionLine[] {
    const lines: PositionLine[] = [];
    this.#holdings[strategy]?.forEach((holding, instrument) => {
      if (holding.quantity === 0) return;
      const perTick = holding.quantity * this.#instruments[instrument].unitsPerTickLot;
      lines.push({ instrument, quantity: holding.quantity, averagePrice: holding.cost / perTick });
    });
    return lines;
  }

  profitAndLoss(strategy: StrategyId): ProfitAndLoss {
    let realised = 0, unrealised = 0, fees = 0;
    this.#holdings[strategy]?.forEach((holding, instrument) => {
      realised += holding.realised;
      fees += holding.fees;
      if (holding.quantity !== 0) {
        const value = holding.quantity * this.#marks[instrument] * this.#instruments[instrument].unitsPerTickLot;
        unrealised += Math.floor(value) - holding.cost;
      }
    });
    return { realised, unrealised, fees };
  }

  /** Realised plus unrealised less fees over all strategies, money units. */
  equity(): number {
    let sum = 0;
    this.#holdings.forEach((_, strategy) => {
      const { realised, unrealised, fees } = this.profitAndLoss(strategy);
      sum += realised + unrealised - fees;
    });
    return sum;
  }

  #holding(strategy: StrategyId, instrument: number): Holding {
    const byInstrument = this.#holdings[strategy] ??= [];
    return byInstrument[instrument] ??= { quantity: 0, cost: 0, realised: 0, fees: 0 };
  }
}
