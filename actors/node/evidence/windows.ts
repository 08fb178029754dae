/** Sums over the last milliseconds, each named by what it is of: what short windows of [controls] are held against. */

type Entry = readonly [time: number, lots: number, value: number];

interface Window {
  /** Microseconds. */
  readonly length: number;
  entries: Entry[];
}

export interface Sums {
  readonly count: number;
  readonly lots: number;
  readonly value: number;
}

export class Windows {
  readonly #windows = new Map<string, Window>();

  /** Of a name, milliseconds long. What it holds stays when it is asked for again. */
  open(name: string, lengthMs: number): void {
    const entries = this.#windows.get(name)?.entries ?? [];
    this.#windows.set(name, { length: lengthMs * 1_000, entries });
  }

  /** Enters something in every window whose name `of` takes, and says what is in each then. */
  enter(
    of: (name: string) => boolean,
    time: number,
    lots: number,
    value: number,
  ): readonly (readonly [string, Sums])[] {
    const sums: [string, Sums][] = [];
    for (const [name, window] of this.#windows) {
      if (!of(name)) continue;
      window.entries = window.entries.filter(([at]) => at > time - window.length);
      window.entries.push([time, lots, value]);
      const add = (field: 1 | 2) => window.entries.reduce((sum, entry) => sum + entry[field], 0);
      sums.push([name, { count: window.entries.length, lots: add(1), value: add(2) }]);
    }
    return sums;
  }

  /** For `save` and `restore` of whoever holds it. */
  get map(): Map<string, unknown> {
    return this.#windows;
  }
}
