/**
 * Credit after trade: what every scope with capital holds and has open, worked out from execution reports alone and valued
 * at the market, against its credit, or its capital where none is given. Warns at 50, 75, 85, 90 and 95 percent, once for
 * each crossing, and holds its lots against the gate's count of the same scope: the difference must be none.
 *
 * Exposure is that of the gate's gross value: the worse of both sides, each strategy in each instrument for itself.
 */
import type { CreditView } from "../protocol/mod.ts";
import type { AlertBook } from "./alerts.ts";
import type { Difference, GateLine } from "./differences.ts";
import type { CopiedLine, DropCopyBook } from "./drop_copy_book.ts";

/** Percent of the limit. */
export const WARNINGS = [50, 75, 85, 90, 95] as const;
/** Percent that exposure must fall below a warning before that warning can come again. */
export const HYSTERESIS = 5;

/** A scope that has capital. */
export interface CreditScope {
  /** As "account:main". */
  readonly scope: string;
  /** Of the gate's tree. */
  readonly node: number;
  readonly strategies: readonly number[];
  /** Money units. */
  readonly limit: number;
}

export interface CreditWatchOptions {
  /** Those that have capital now. */
  readonly scopes: () => readonly CreditScope[];
  readonly copy: DropCopyBook;
  /** Money units that a lot of an instrument is worth at the market; 0 while nobody knows. */
  readonly worthOf: (instrument: number) => number;
  /** Lots of everybody below a node, by the gate. */
  readonly gateOf: (node: number, instrument: number) => GateLine;
  readonly alerts: AlertBook;
}

export class CreditWatch {
  readonly #options: CreditWatchOptions;
  /** Percent of the warning that stands, by scope. */
  readonly #warned = new Map<string, number>();

  constructor(options: CreditWatchOptions) {
    this.#options = options;
  }

  /** Looks at every scope, and warns. */
  look(): void {
    for (const scope of this.#options.scopes()) {
      const exposure = this.#exposure(scope);
      this.#warn(scope, exposure, scope.limit > 0 ? 100 * exposure / scope.limit : exposure > 0 ? Infinity : 0);
    }
  }

  view(): readonly CreditView[] {
    return this.#options.scopes().map((scope) => ({
      scope: scope.scope,
      exposure: this.#exposure(scope),
      limit: scope.limit,
      warned: this.#warned.get(scope.scope) ?? 0,
    }));
  }

  /** Where the gate counts other lots for a scope than its executions say; for when both have the same reports. */
  differences(): readonly Difference[] {
    const { scopes, gateOf } = this.#options;
    const found: Difference[] = [];
    for (const { scope, node, strategies } of scopes()) {
      for (const [instrument, { bought, sold }] of this.#byInstrument(strategies)) {
        const gate = gateOf(node, instrument);
        const size = Math.max(Math.abs(gate.bought - bought), Math.abs(gate.sold - sold));
        if (size === 0) continue;
        found.push({
          kind: "credit-mismatch",
          subject: `${scope}/${instrument}`,
          strategy: 0,
          instrument,
          gate: gate.position,
          books: null,
          dropCopy: bought - sold,
          size,
          detail: `${scope} bought ${bought} and sold ${sold} lots of instrument ${instrument} by its executions, ` +
            `${gate.bought} and ${gate.sold} by the gate`,
        });
      }
    }
    return found;
  }

  #exposure({ strategies }: CreditScope): number {
    const { copy, worthOf } = this.#options;
    let sum = 0;
    for (const line of copy.lines()) {
      if (strategies.includes(line.strategy)) sum += worst(line) * worthOf(line.instrument);
    }
    return sum;
  }

  #byInstrument(strategies: readonly number[]): Map<number, { bought: number; sold: number }> {
    const sums = new Map<number, { bought: number; sold: number }>();
    for (const { strategy, instrument, bought, sold } of this.#options.copy.lines()) {
      if (!strategies.includes(strategy)) continue;
      const sum = sums.get(instrument) ?? { bought: 0, sold: 0 };
      sums.set(instrument, { bought: sum.bought + bought, sold: sum.sold + sold });
    }
    return sums;
  }

  #warn({ scope, limit }: CreditScope, exposure: number, percent: number): void {
    const stands = this.#warned.get(scope) ?? 0;
    const reached = WARNINGS.findLast((warning) => percent >= warning) ?? 0;
    if (reached > stands) {
      this.#warned.set(scope, reached);
      const text = `${scope} has reached ${reached} % of its credit: ${money(exposure)} of ${money(limit)}`;
      this.#options.alerts.raise("credit-warning", text, { scope, percent: reached, exposure, limit });
      return;
    }
    // A warning falls only when exposure is well below it, so that what hovers at it does not warn again and again.
    const left = WARNINGS.findLast((warning) => warning <= stands && percent >= warning - HYSTERESIS) ?? 0;
    if (left < stands) this.#warned.set(scope, left);
  }
}

function worst({ bought, sold, openBuy, openSell }: Readonly<CopiedLine>): number {
  return Math.max(Math.abs(bought - sold + openBuy), Math.abs(bought - sold - openSell));
}

const money = (units: number): string => (units / 1e8).toFixed(2);
