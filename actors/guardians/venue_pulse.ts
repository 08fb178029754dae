/**
 * Whether the venue answers: the guardian's circuit breaker around the link to it.
 *
 * Orders that were sent are a call, and any report is its answer. When none came in time the venue is asked outright; when
 * that is not answered either, the call has failed. An open breaker is a concern, so that the gate lets only reducing orders
 * pass, each decision on record; the probes of a half-open one are questions, never orders.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { Admission, Breaker } from "../../supervision/mod.ts";

export interface VenuePulseParts {
  readonly breaker: Breaker;
  /** Time the venue has to answer. */
  readonly answerWithin: Micros;
  /** Asks the venue whether it is there. */
  readonly ask: () => void;
  /** Calls `due` at that time; one wake at a time. */
  readonly wakeAt: (time: Micros) => void;
}

export class VenuePulse {
  readonly #parts: VenuePulseParts;
  /** The call under way. */
  #call: Admission | null = null;
  #asked = false;
  /** When silence has lasted too long. */
  #deadline: Micros = 0;
  #armed = false;

  constructor(parts: VenuePulseParts) {
    this.#parts = parts;
  }

  /** Something went to the venue. */
  sent(now: Micros): void {
    if (this.#call === null && this.#parts.breaker.state === "closed") this.#begin(now, false);
  }

  /** The venue said something. */
  heard(now: Micros): void {
    const { breaker } = this.#parts;
    const call = this.#call;
    if (call === null) return;
    this.#call = null;
    breaker.settle(call, true, now);
    // Further probes follow at once; calls of a closed breaker wait for something to send.
    if (breaker.state !== "closed") this.#probe(now);
  }

  /** A wake. */
  due(now: Micros): void {
    this.#armed = false;
    const { breaker, answerWithin, ask } = this.#parts;
    if (breaker.state !== "closed" && this.#call === null) return this.#probe(now);
    if (this.#call === null) return;
    if (now < this.#deadline) return this.#wake(this.#deadline);
    if (!this.#asked) {
      this.#asked = true;
      this.#deadline = now + answerWithin;
      ask();
      return this.#wake(this.#deadline);
    }
    const failed = this.#call;
    this.#call = null;
    breaker.settle(failed, false, now);
    this.#probe(now);
  }

  /** Asks, as far as the breaker lets it; else waits for the time at which it does. */
  #probe(now: Micros): void {
    const { breaker } = this.#parts;
    if (this.#begin(now, true)) return this.#parts.ask();
    if (breaker.opensUntil !== null) this.#wake(breaker.opensUntil);
  }

  #begin(now: Micros, asked: boolean): boolean {
    this.#call = this.#parts.breaker.admit(now);
    if (this.#call === null) return false;
    this.#asked = asked;
    this.#deadline = now + this.#parts.answerWithin;
    this.#wake(this.#deadline);
    return true;
  }

  #wake(time: Micros): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#parts.wakeAt(time);
  }
}
