/**
 * The state of a run as tables, the same for a query of one moment and for a database. Prices are ticks, quantities lots,
 * money units of 1e-8, times microseconds since the Unix epoch: whole numbers, and no float anywhere.
 */
import { readCause } from "../../protocol/mod.ts";
import type { AlertRow } from "./alerts.ts";
import type { OrderRow } from "./orders.ts";
import type { RunState } from "./run_state.ts";
import { tifText, typeText } from "./words.ts";

export type SqlValue = number | bigint | string | null;
export type TableRow = Readonly<Record<string, SqlValue>>;

export interface Table {
  readonly columns: readonly (readonly [name: string, type: "integer" | "text", doc: string])[];
  readonly key: readonly string[];
  /** Whether rows stay and are changed one by one; otherwise the table is written anew each time. */
  readonly grows: boolean;
}

export const TABLES = {
  orders: {
    grows: true,
    key: ["order_id"],
    columns: [
      ["order_id", "integer", "client order id (ClOrdID)"],
      ["organism", "text", "whose it is"],
      ["number", "integer", "which new order of its organism, from 1"],
      ["instrument", "text", "symbol"],
      ["side", "text", "buy or sell"],
      ["order_type", "text", "what it is now: a stop that was triggered is a Market or Limit order"],
      ["tif", "text", "time in force"],
      ["price", "integer", "ticks; of a waiting stop its trigger; 0 without a limit"],
      ["quantity", "integer", "lots in all"],
      ["filled", "integer", "lots"],
      ["leaves", "integer", "lots that may still trade"],
      ["state", "text", "pending, open, filled, canceled, expired, rejected (by the venue), refused (by the gate)"],
      ["code", "integer", "stable code of its end; 0 when nothing went wrong"],
      ["cause", "integer", "the word of what led to it"],
      ["cause_kind", "text", "its kind"],
      ["entered_record", "integer", "index of its decision"],
      ["entered_time", "integer", "when"],
      ["last_record", "integer", "index of what changed it last"],
      ["last_time", "integer", "when"],
    ],
  },
  positions: {
    grows: false,
    key: ["organism", "instrument"],
    columns: [
      ["organism", "text", ""],
      ["instrument", "text", "symbol"],
      ["quantity", "integer", "lots, signed"],
      ["cost", "integer", "paid for the present position; negative for a short"],
      ["realised", "integer", "profit of what was closed"],
      ["fees", "integer", "negative for rebates"],
      ["mark_half_ticks", "integer", "half ticks it is valued at; 0 where no price is known"],
    ],
  },
  pnl: {
    grows: false,
    key: ["organism"],
    columns: [
      ["organism", "text", ""],
      ["realised", "integer", ""],
      ["unrealised", "integer", "at the prices on record"],
      ["fees", "integer", ""],
    ],
  },
  alerts: {
    grows: true,
    key: ["alert", "place"],
    columns: [
      ["alert", "integer", "index of the record that raised it"],
      ["place", "integer", "place in that record, for alerts from before the start"],
      ["kind", "text", ""],
      ["severity", "text", "critical, warning; note: rings nobody; restored: from before the start"],
      ["subject", "text", "what it is about"],
      ["text", "text", ""],
      ["raised", "integer", "when"],
      ["count", "integer", "how often it was raised before somebody answered"],
      ["state", "text", "raised, ended (by itself, and not answered), acknowledged, closed, noted"],
      ["escalated", "text", "roles it was told on to"],
      ["answered_by", "text", "who answered last"],
      ["answer", "text", "what they said"],
      ["answered", "integer", "when"],
    ],
  },
  limit_usage: {
    grows: false,
    key: ["scope", "instrument", "limit_name"],
    columns: [
      ["scope", "text", "whose limit"],
      ["instrument", "text", "symbol; empty over all"],
      ["limit_name", "text", ""],
      ["limit_value", "integer", "as it stands"],
      ["used", "integer", "as measured last; empty where the log has no measure"],
      ["most_used", "integer", "the most so far"],
    ],
  },
  scopes: {
    grows: false,
    key: ["scope"],
    columns: [
      ["scope", "text", "a scope that is not ACTIVE"],
      ["state", "text", "REDUCE_ONLY, CANCEL_ONLY, KILLED"],
      ["reason", "text", ""],
      ["who", "text", ""],
      ["record", "integer", "index of the record that says so"],
    ],
  },
} as const satisfies Readonly<Record<string, Table>>;

export type TableName = keyof typeof TABLES;
export type TableRows = Readonly<Record<TableName, readonly TableRow[]>>;

/** Rows of the tables that are written anew each time. */
export function standingRows(state: RunState): Omit<TableRows, "orders" | "alerts"> {
  return {
    positions: state.positions.positions().map(({ mark, ...row }) => ({ ...row, mark_half_ticks: mark * 2 })),
    pnl: state.positions.profits().map((row) => ({ ...row })),
    limit_usage: (state.usage?.usesNow() ?? []).map(({ scope, instrument, limit, value, now, used }) => ({
      ...{ scope, instrument: instrument ?? "", limit_name: limit, limit_value: whole(value) },
      ...{ used: now === null ? null : whole(now), most_used: used === null ? null : whole(used) },
    })),
    scopes: state.strict.map((row) => ({ ...row })),
  };
}

export function orderCells(
  { order, type, tif, cause, entered, enteredTime, last, lastTime, ...row }: OrderRow,
): TableRow {
  const { organism, number, instrument, side, price, quantity, filled, leaves, state, code } = row;
  return {
    ...{ order_id: order, organism, number, instrument, side, order_type: typeText(type), tif: tifText(tif) },
    ...{ price, quantity, filled, leaves, state, code, cause, cause_kind: readCause(cause).kind },
    ...{ entered_record: entered, entered_time: enteredTime, last_record: last, last_time: lastTime },
  };
}

export function alertCells({ answeredBy, ...row }: AlertRow): TableRow {
  return { ...row, answered_by: answeredBy };
}

/** Everything that stands in a run now: open orders, and alerts that are not closed. */
export function rowsNow(state: RunState): TableRows {
  return {
    orders: [...state.orders.open()].map(orderCells),
    alerts: state.alerts.open().map(alertCells),
    ...standingRows(state),
  };
}

/** Limits may lie beyond 2^53; as a whole number they are what the number holds. */
const whole = (value: number): SqlValue => (Number.isSafeInteger(value) ? value : BigInt(Math.round(value)));
