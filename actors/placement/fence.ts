/**
 * Who may speak, and whether nothing of it is missing: the receiving end of a stream whose sender holds a lease.
 *
 * Letters bear the epoch of the lease and a sequence without gaps. The first letter of a stream opens it; from there on each
 * must be the next one. A lower epoch than the highest that was heard is refused for ever: its sender has been replaced. A gap
 * closes the stream, because nobody knows what was in it, until it is opened again. So nothing is taken twice, nothing is
 * taken from two, and what is lost is noticed before what came behind it counts.
 */

/**
 * "new": take it. "repeat": it has been taken. "fenced": of a sender that has been replaced. "gap": something before it is
 * missing, and the stream is closed now. "closed": nothing is taken before the stream is opened.
 */
export type Verdict = "new" | "repeat" | "fenced" | "gap" | "closed";

export interface Numbered {
  readonly epoch: number;
  readonly sequence: number;
}

export class Fence {
  #epoch = 0;
  #last = 0;
  #open = false;

  /** The highest epoch that was heard; 0: none. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The last sequence of that epoch that was seen. */
  get last(): number {
    return this.#last;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Takes nothing more before the stream is opened again. */
  close(): void {
    this.#open = false;
  }

  take({ epoch, sequence }: Numbered, opens: boolean): Verdict {
    if (epoch < this.#epoch) return "fenced";
    if (epoch > this.#epoch) {
      [this.#epoch, this.#last, this.#open] = [epoch, sequence, opens];
      return opens ? "new" : "closed";
    }
    if (sequence <= this.#last) return "repeat";
    const next = sequence === this.#last + 1;
    this.#last = sequence;
    if (opens) this.#open = true;
    if (!this.#open) return "closed";
    if (next || opens) return "new";
    this.#open = false;
    return "gap";
  }
}
