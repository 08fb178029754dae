/** An amount of work that a program waits for. */
export class Goal {
  readonly reached: Promise<void>;
  private resolve!: () => void;

  constructor(private missing: number) {
    this.reached = new Promise((resolve) => {
      this.resolve = resolve;
    });
    if (missing === 0) this.resolve();
  }

  get left(): number {
    return this.missing;
  }

  /** Counts work that has been done. */
  count(amount = 1): void {
    this.missing -= amount;
    if (this.missing === 0) this.resolve();
  }

  /** For engines that cannot say when they have nothing to do: waits, but not for ever. */
  async wait(patienceMs = 120_000): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.missing} of the work is missing`)), patienceMs);
    });
    try {
      await Promise.race([this.reached, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** For engines that have just run out of work. */
  demand(): void {
    if (this.missing !== 0) throw new Error(`${this.missing} of the work is missing; the figure would be a lie`);
  }
}
