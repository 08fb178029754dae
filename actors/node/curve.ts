/** A profit-and-loss curve of bounded size: when it is full every second point goes and the spacing doubles. */
import type { Micros } from "../../runtime/mod.ts";

const CAPACITY = 512;

export class Curve {
  #points: Array<readonly [Micros, number]> = [];
  #spacing = 1;
  #seen = 0;

  add(time: Micros, value: number): void {
    if (this.#seen++ % this.#spacing !== 0) return;
    this.#points.push([time, value]);
    if (this.#points.length > CAPACITY) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#spacing *= 2;
    }
  }

  get points(): readonly (readonly [Micros, number])[] {
    return this.#points;
  }
}
