/**
 * Batches that must arrive once and in order, between actors that may crash with one in their hands.
 *
 * A handler that throws loses the message it had. Where that message is a fill or an approved order, the sender keeps what
 * it sent (`Outbox`), the receiver knows what it took (`Inbox`), and both outlive their actors: a receiver that sees a gap,
 * or starts again, asks for what is missing. Batch 0 is outside the count and always taken.
 */

/** Batches kept for a second telling: more than can be under way before something else has long gone wrong. */
const KEPT = 2_048;

export interface Numbered {
  /** 1, 2, 3 … on its stream; 0 outside of it. */
  readonly sequence: number;
}

export class Outbox<B extends Numbered> {
  readonly #kept: B[] = [];
  #last = 0;

  /** Numbers a batch and keeps it. */
  add(make: (sequence: number) => B): B {
    const batch = make(++this.#last);
    this.#kept[this.#last % KEPT] = batch;
    return batch;
  }

  /** Number of the last batch. */
  get last(): number {
    return this.#last;
  }

  /** The batch before the oldest that is kept. */
  get forgotten(): number {
    return Math.max(0, this.#last - KEPT);
  }

  /** What came after batch `sequence`, oldest first. Throws when some of it is no longer kept. */
  after(sequence: number): readonly B[] {
    if (this.#last - sequence > KEPT) {
      throw new RangeError(`batches from ${sequence + 1} on are asked for, but only the latest ${KEPT} are kept`);
    }
    return Array.from({ length: Math.max(0, this.#last - sequence) }, (_, i) => this.#kept[(sequence + 1 + i) % KEPT]);
  }
}

export class Inbox {
  #taken = 0;
  /** The gap that was asked about: the last batch before it. */
  #asked = -1;

  /** Number of the last batch that was taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the batch is the next one; it then counts as taken. Calls `ask` once for every gap. */
  takes({ sequence }: Numbered, ask: (after: number) => void): boolean {
    if (sequence === 0) return true;
    if (sequence <= this.#taken) return false;
    if (sequence === this.#taken + 1) {
      this.#taken = sequence;
      return true;
    }
    if (this.#asked !== this.#taken) {
      this.#asked = this.#taken;
      ask(this.#taken);
    }
    return false;
  }

  /** Goes on behind a batch that nobody keeps any more. */
  skip(sequence: number): void {
    this.#taken = Math.max(this.#taken, sequence);
    this.#asked = -1;
  }

  /** One end started again: what was asked may have been lost with it. */
  restarted(): void {
    this.#asked = -1;
  }
}
