/** Alerts after trade: told to the firm, on record, and the latest kept for whoever looks. Belongs to the node. */
import type { Micros } from "../../runtime/mod.ts";
import type { PostTradeAlert } from "../protocol/mod.ts";

export interface AlertBookOptions {
  readonly now: () => Micros;
  /** Appends to the audit log. */
  readonly record: (event: Readonly<Record<string, unknown>>) => void;
  /** Tells the firm. */
  readonly tell: (line: string) => void;
}

const MOST_ALERTS = 100;

export class AlertBook {
  readonly #options: AlertBookOptions;
  readonly #latest: PostTradeAlert[] = [];

  constructor(options: AlertBookOptions) {
    this.#options = options;
  }

  /** `facts` go on record beside the sentence. */
  raise(alert: string, text: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const { now, record, tell } = this.#options;
    record({ alert, text, ...facts });
    this.#latest.unshift({ time: now(), alert, text });
    if (this.#latest.length > MOST_ALERTS) this.#latest.pop();
    tell(text);
  }

  /** Newest first. */
  get latest(): readonly PostTradeAlert[] {
    return this.#latest;
  }
}
