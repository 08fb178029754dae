/**
 * When a node counts as dead: its sign of life on the control page has not changed for the limit, by the clock of whoever
 * looks, which nobody can set; or its process is gone without having said so.
 */

/** Of the control page. */
export interface Signs {
  /** Process that holds the page; 0 when none does. */
  readonly ownerPid: number;
  readonly heartbeat: number;
  /** Decisions of that process so far. */
  readonly gateSequence: number;
}

export class DeadMan {
  readonly #limitMs: number;
  #pid = 0;
  #heartbeat = 0;
  #since = 0;
  /** A node that is starting has given no sign yet, and decided nothing. */
  #alive = false;
  #told = false;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /**
   * Looks at the page; `held`: whether a process holds the data directory; `now` in monotonic milliseconds. Returns why the
   * node is to be stopped, once for each time it stops giving signs, and otherwise null.
   */
  look({ ownerPid, heartbeat, gateSequence }: Signs, held: boolean, now: number): string | null {
    if (ownerPid !== this.#pid) {
      this.#pid = ownerPid;
      this.#heartbeat = heartbeat;
      this.#since = now;
      this.#alive = this.#told = false;
    }
    if (heartbeat !== this.#heartbeat) {
      this.#heartbeat = heartbeat;
      this.#since = now;
      this.#alive = true;
      this.#told = false;
    }
    this.#alive ||= gateSequence > 0;
    if (ownerPid === 0 || !this.#alive || this.#told) return null;
    const silent = now - this.#since;
    if (silent <= this.#limitMs) return null;
    this.#told = true;
    return held
      ? `process ${ownerPid} gave no sign of life for ${Math.round(silent)} ms`
      : `process ${ownerPid} is gone without an orderly end`;
  }
}
