/**
 * Keeps what a stranger can repeat at will from filling the log: of equal events the first is told at once, later ones
 * once in a while with their number.
 */
const EVERY_MS = 60_000;
const MOST_KINDS = 1_000;

export class Sparse {
  readonly #seen = new Map<string, { since: number; times: number }>();

  /** How many events the telling stands for; 0 when this one is not to be told now. */
  due(kind: string, now: number): number {
    const seen = this.#seen.get(kind);
    if (seen !== undefined && now - seen.since < EVERY_MS) {
      seen.times++;
      return 0;
    }
    this.#seen.delete(kind);
    this.#seen.set(kind, { since: now, times: 0 });
    if (this.#seen.size > MOST_KINDS) this.#seen.delete(this.#seen.keys().next().value!);
    return (seen?.times ?? 0) + 1;
  }
}
