/**
 * Refusals of the gate by code over market time, in a bounded number of steps of equal length. When there would be too
 * many, the steps become twice as long. Every refusal since the start is in it.
 */
import { CODE_TEXT } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { RejectSeries } from "../protocol/mod.ts";

const MOST_STEPS = 120;

export class RejectHistory {
  #every: Micros = MICROS_PER_SECOND;
  #first = NaN;
  #last = NaN;
  /** Refusals by code and by number of the step. */
  readonly #counts = new Map<number, Map<number, number>>();
  readonly #totals = new Map<number, number>();

  /** `rejected`: all since the start, by code; what was not there at the last look happened by `time`. */
  look(time: Micros, rejected: Readonly<Record<number, number>>): void {
    const step = Math.floor(time / this.#every);
    if (Number.isNaN(this.#first)) this.#first = this.#last = step;
    // A market that begins anew goes on where it was.
    this.#last = Math.max(this.#last, step);
    for (const [key, total] of Object.entries(rejected)) {
      const code = Number(key);
      const more = total - (this.#totals.get(code) ?? 0);
      if (more === 0) continue;
      this.#totals.set(code, total);
      const counts = this.#counts.get(code) ?? new Map<number, number>();
      this.#counts.set(code, counts.set(this.#last, (counts.get(this.#last) ?? 0) + more));
    }
    while (this.#last - this.#first >= MOST_STEPS) this.#widen();
  }

  series(): RejectSeries {
    const steps = Number.isNaN(this.#first) ? 0 : this.#last - this.#first + 1;
    const numbers = Array.from({ length: steps }, (_, i) => this.#first + i);
    const codes = [...this.#counts].map(([code, counts]) => {
      const [name, sentence] = CODE_TEXT[code] ?? [String(code), `code ${code}`];
      return {
        code,
        name,
        sentence,
        total: this.#totals.get(code)!,
        counts: numbers.map((step) => counts.get(step) ?? 0),
      };
    }).sort((a, b) => b.total - a.total || a.code - b.code);
    return { every: this.#every, times: numbers.map((step) => step * this.#every), codes };
  }

  #widen(): void {
    this.#every *= 2;
    this.#first = Math.floor(this.#first / 2);
    this.#last = Math.floor(this.#last / 2);
    for (const [code, counts] of this.#counts) {
      const wider = new Map<number, number>();
      for (const [step, count] of counts) {
        const to = Math.floor(step / 2);
        wider.set(to, (wider.get(to) ?? 0) + count);
      }
      this.#counts.set(code, wider);
    }
  }
}
