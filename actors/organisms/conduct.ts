/**
 * What one organism has sent to the market, and whether it may send more.
 *
 * Owned by the node beside the host's arguments, so that a crash does not hand an organism a fresh allowance.
 */
import { type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import type { Discipline } from "./organism.ts";

export class Conduct {
  submitted = 0;
  amended = 0;
  cancelled = 0;
  /** Reports of fills. */
  fills = 0;
  /** Cancels and amendments held back for the minimum resting time. */
  deferred = 0;
  /** New orders and amendments refused by the budget. */
  refused = 0;
  #tokens: number;
  #filledAt: Micros = 0;

  constructor(readonly discipline: Discipline) {
    this.#tokens = discipline.messageBurst;
  }

  get messages(): number {
    return this.submitted + this.amended + this.cancelled;
  }

  /** Takes one message from the budget. False: refused, and counted. `now` never goes backwards. */
  allows(now: Micros): boolean {
    const { messagesPerSecond, messageBurst, maximumMessagesPerFill, messageAllowance } = this.discipline;
    const earned = (now - this.#filledAt) / MICROS_PER_SECOND * messagesPerSecond;
    this.#tokens = Math.min(messageBurst, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1 || this.messages >= messageAllowance + maximumMessagesPerFill * this.fills) {
      this.refused++;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
