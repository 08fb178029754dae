/**
 * What a re-arm says about a loss: that people know it, up to where it stood. The rule that stopped a scope for it fires
 * again when a further step was lost, or on a new day while the loss still stands; without this it would stop the scope again
 * at its next look, and a re-arm would mean nothing. A loss that fell back below its limit by a step is over, and the limit
 * counts as at first.
 */
import type { Micros } from "../../runtime/mod.ts";

const MICROS_PER_DAY = 86_400_000_000;

export class LossStep {
  /** Loss that people let stand, by rule and scope. */
  readonly #known = new Map<string, number>();
  #day = NaN;

  /** Call it with every look: a new day, UTC, lets nothing stand from the day before. */
  look(time: Micros): void {
    const day = Math.floor(time / MICROS_PER_DAY);
    if (day !== this.#day) this.#known.clear();
    this.#day = day;
  }

  /**
   * The loss at which the rule fires: `limit`, or a step beyond what was let stand. `opened`: the scope became looser since
   * the last look. `lost`, `limit` and `step` in money units.
   */
  threshold(key: string, { lost, limit, step, opened }: {
    readonly lost: number;
    readonly limit: number;
    readonly step: number;
    readonly opened: boolean;
  }): number {
    if (lost < limit - step) this.#known.delete(key);
    else if (opened && lost >= limit) this.#known.set(key, lost);
    const known = this.#known.get(key);
    return known === undefined ? limit : known + step;
  }
}
