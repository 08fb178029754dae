/**
 * The prices that positions are valued at, on record whenever they changed since equity was last looked at: with them
 * whoever has the log alone works out the same profit and loss.
 */
import { RecordType } from "../../ffi/layout.gen.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { Portfolio } from "../guardians/portfolio.ts";
import type { Journal } from "./journal.ts";

export class MarksOnRecord {
  readonly #portfolio: Portfolio;
  readonly #journal: Journal;
  readonly #onFailure: (error: Error) => void;
  #noted = "";

  constructor(portfolio: Portfolio, journal: Journal, onFailure: (error: Error) => void) {
    this.#portfolio = portfolio;
    this.#journal = journal;
    this.#onFailure = onFailure;
  }

  /** Ticks by instrument id, halves possible; 0 where no price is known. */
  note(time: Micros): void {
    const { marks } = this.#portfolio;
    const text = marks.join();
    if (text === this.#noted) return;
    try {
      this.#journal.note(RecordType.Note, { marks }, { time });
      this.#noted = text;
    } catch (error) {
      this.#onFailure(error as Error);
    }
  }
}
