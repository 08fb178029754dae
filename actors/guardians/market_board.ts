/** The latest public facts of every instrument, as received: for marks, staleness and the console. A read model. */
import type { Micros } from "../../runtime/mod.ts";
import type { Instrument, MarketEvent, MarketStatus } from "../protocol/mod.ts";

export interface BoardRow {
  readonly instrument: Instrument;
  bid: number;
  ask: number;
  /** Last trade (or close) in ticks; 0 when none was seen. */
  last: number;
  trades: number;
  /** Lots traded. */
  volume: number;
  /** When the last event was received; -1 when none was. */
  updated: Micros;
  status: MarketStatus["status"] | "waiting";
  detail: string;
}

export class MarketBoard {
  readonly rows: readonly BoardRow[];
  /** Events received. */
  events = 0;
  /** Called in the turn in which the last instrument's data came to its end. */
  onEnded: () => void = () => {};

  constructor(instruments: readonly Instrument[]) {
    this.rows = instruments.map((instrument) => ({
      instrument,
      bid: 0,
      ask: 0,
      last: 0,
      trades: 0,
      volume: 0,
      updated: -1,
      status: "waiting",
      detail: "no market data received yet",
    }));
  }

  /** Takes one event over and returns its row. */
  apply(event: MarketEvent): BoardRow {
    const row = this.rows[event.instrument];
    this.events++;
    row.updated = event.time;
    if (row.status === "waiting") {
      row.status = "live";
      row.detail = "";
    }
    switch (event.kind) {
      case "BookTop":
        row.bid = event.bid;
        row.ask = event.ask;
        break;
      case "TradePrint":
        row.last = event.price;
        row.trades++;
        row.volume += event.quantity;
        break;
      case "Bar":
        row.last = event.close;
        row.trades++;
        row.volume += event.volume;
        break;
    }
    return row;
  }

  setStatus(status: MarketStatus): void {
    const row = this.rows[status.instrument];
    row.status = status.status;
    row.detail = status.detail;
    if (status.status === "ended" && this.rows.every((other) => other.status === "ended")) this.onEnded();
  }

  /** Middle of the best prices in ticks (halves possible), else the last price, else 0. */
  static mark(row: BoardRow): number {
    return row.bid > 0 && row.ask > 0 ? (row.bid + row.ask) / 2 : row.last;
  }
}
