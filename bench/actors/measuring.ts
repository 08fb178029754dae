/** What programs measure with. */

/** Wall seconds of `work`. */
export async function seconds(work: () => void | Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

export function expect(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}; the figure would be a lie`);
}

/** Bytes of the JavaScript heap in use after a full collection; needs `--expose-gc`. */
export function heapInUse(): number {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) throw new Error("this measurement needs --v8-flags=--expose-gc");
  // A second one takes what the finalisers of the first have let go.
  gc();
  gc();
  return Deno.memoryUsage().heapUsed;
}

/** Equal draws on every engine: a linear congruential generator, `next(n)` from 0 to n − 1. */
export class Dice {
  constructor(private state: number) {}

  next(n: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(this.state / 2 ** 32 * n);
  }
}
