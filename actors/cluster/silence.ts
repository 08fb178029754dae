/**
 * The dead-man's switch of a node among others: when it has heard nothing for too long it would not hear a kill either, and
 * has to close its gate by itself. By a clock that nobody can set.
 */

export class Silence {
  private heardAt: number;
  private told = false;

  /** Counts from the start: who never hears anything is cut off, too. Milliseconds. */
  constructor(private readonly limitMs: number, now: number) {
    this.heardAt = now;
  }

  heard(now: number): void {
    this.heardAt = Math.max(this.heardAt, now);
    this.told = false;
  }

  /** Milliseconds since something was heard. */
  lasts(now: number): number {
    return now - this.heardAt;
  }

  /** True once for each silence that is too long. */
  over(now: number): boolean {
    if (this.told || this.lasts(now) <= this.limitMs) return false;
    this.told = true;
    return true;
  }
}
