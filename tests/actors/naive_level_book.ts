/** The obviously right level book: two maps, sorted when asked. */
import type { SideCode } from "../../actors/protocol/mod.ts";

export class NaiveLevelBook {
  readonly #sides = [new Map<number, number>(), new Map<number, number>()] as const;

  set(side: SideCode, price: number, quantity: number): void {
    if (quantity === 0) this.#sides[side].delete(price);
    else this.#sides[side].set(price, quantity);
  }

  get(side: SideCode, price: number): number {
    return this.#sides[side].get(price) ?? 0;
  }

  levels(side: SideCode): [price: number, quantity: number][] {
    return [...this.#sides[side]].sort(([a], [b]) => side === 0 ? b - a : a - b);
  }

  best(side: SideCode): number {
    const prices = [...this.#sides[side].keys()];
    if (prices.length === 0) return 0;
    return prices.reduce((best, price) => (side === 0 ? price > best : price < best) ? price : best);
  }

  clear(): void {
    this.#sides[0].clear();
    this.#sides[1].clear();
  }
}
