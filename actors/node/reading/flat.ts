/**
 * A record as one row of named columns, the same for every kind of record, for tools that read tables. Numbers are whole:
 * ticks, lots, nanoseconds; prices and quantities stand beside them as decimals in text. What a record does not have is
 * null, and `content` has all of it, exactly.
 */
import {
  CODE_TEXT,
  CommandKind,
  ExecType,
  ExecutionView,
  Liquidity,
  OrderCommandView,
  OrderType,
  RecordType,
  TimeInForce,
} from "../../../ffi/layout.gen.ts";
import { exactContent, type ExactFields, type ExactRecord } from "../../../ffi/mod.ts";
import { EXECUTION_TYPES, fromLots, fromTicks, readCause } from "../../protocol/mod.ts";
import type { RunNames } from "./names.ts";
import { exactJson } from "./exact_json.ts";

export type Cell = number | bigint | string | null;

/** Every column in its order, with the type of its cells and what it is. Names are kept from version to version. */
export const COLUMNS = [
  ["index", "integer", "position in the log, from 0"],
  ["time_ns", "integer", "nanoseconds since the Unix epoch, by the node's clock"],
  ["time", "text", "the same as ISO 8601, nine decimals"],
  ["type", "text", "kind of record"],
  ["version", "integer", "schema version of the payload"],
  ["producer", "integer", "who appended it"],
  ["cause", "integer", "as on the record; of an execution its order, of a decision the word of its cause"],
  ["cause_kind", "text", "of a decision: report, market, timer, notice, host, kill, person, unknown"],
  ["organism", "text", "whose order it is"],
  ["strategy", "integer", "the same as a number"],
  ["instrument", "text", "symbol"],
  ["instrument_id", "integer", "the same as a number; 65535 is all"],
  ["action", "text", "what was asked for or reported; of a person's act its name"],
  ["order_id", "integer", "client order id (ClOrdID)"],
  ["target_id", "integer", "order to cancel or amend"],
  ["side", "text", "buy or sell"],
  ["order_type", "text", "Limit, Market, Stop, StopLimit"],
  ["tif", "text", "Gtc, Ioc, Fok, Day, Gtd"],
  ["price_ticks", "integer", "price in ticks; of a stop its trigger"],
  ["price", "text", "the same as a decimal"],
  ["quantity_lots", "integer", "lots asked for, filled or removed"],
  ["quantity", "text", "the same as a decimal"],
  ["leaves_lots", "integer", "lots still open after a report"],
  ["leaves", "text", "the same as a decimal"],
  ["code", "integer", "0 accepted, or the stable code of a refusal or an end"],
  ["code_name", "text", "its name"],
  ["check", "integer", "of a refusal: position of the check that refused, from 0"],
  ["measured", "integer", "what that check measured, in its unit"],
  ["limit", "integer", "what it was held against"],
  ["reference_ticks", "integer", "reference price of the decision"],
  ["reference", "text", "the same as a decimal"],
  ["scope", "text", "whose limit decided"],
  ["match_id", "integer", "of a trade: equal on both sides of it"],
  ["venue_sequence", "integer", "the venue's own number of a report"],
  ["liquidity", "text", "maker or taker"],
  ["content", "text", "the whole record as JSON"],
] as const satisfies readonly (readonly [name: string, type: "integer" | "text", doc: string])[];

export type ColumnName = typeof COLUMNS[number][0];
export type FlatRow = Partial<Record<ColumnName, Cell>>;

const namesOf = (table: Readonly<Record<string, number>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [value, name]));
const TYPES = namesOf(RecordType);
const ORDER_TYPES = namesOf(OrderType);
const TIMES = namesOf(TimeInForce);
const ACTIONS: Readonly<Record<string, string>> = {
  [CommandKind.New]: "new",
  [CommandKind.Cancel]: "cancel",
  [CommandKind.Amend]: "amend",
  [CommandKind.CancelOwner]: "cancel-owner",
};
const LIQUIDITY = { [Liquidity.Maker]: "maker", [Liquidity.Taker]: "taker" } as const;
const NO_SCOPE = 0xffffffff;
const ACCEPTED = 0xffffffff;
const text = new TextDecoder();

/** Name of the kind of a record. */
export const typeName = (type: number): string => TYPES[type] ?? `type ${type}`;

/** What the record says as JSON: the writer's own text, or the fields of a binary record. */
export const contentOf = (record: ExactRecord): string => textOf(record, exactContent(record));

const textOf = ({ payload }: ExactRecord, fields: object | null): string =>
  fields === null ? text.decode(payload) : exactJson(fields);

/** "2024-01-02T14:30:00.000000000Z" of nanoseconds since the Unix epoch. */
export function nanosText(nanos: bigint): string {
  const fraction = ((nanos % NANOS) + NANOS) % NANOS;
  const seconds = new Date(Number((nanos - fraction) / NANOS) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(9, "0")}Z`;
}
const NANOS = 1_000_000_000n;

export function flatRow(record: ExactRecord, names: RunNames): FlatRow {
  const { index, type, version, producer, nanos, cause } = record;
  const fields = exactContent(record);
  const content = textOf(record, fields);
  return {
    ...{ index, time_ns: nanos, time: nanosText(nanos), type: typeName(type), version, producer, cause, content },
    ...particulars(record, fields, content, names),
  };
}

/** Strategy that a record is about; null for one that is about none, or several. */
export function strategyOf({ type, payload }: ExactRecord): number | null {
  if (type === RecordType.Decision) return new OrderCommandView(payload).owner;
  return type === RecordType.Execution ? new ExecutionView(payload).owner : null;
}

function particulars({ type }: ExactRecord, fields: object | null, content: string, names: RunNames): FlatRow {
  if (type === RecordType.Decision) {
    const { command, decision } = fields as { readonly command: ExactFields; readonly decision: ExactFields };
    return { ...commandCells(command, names), ...decisionCells(command, decision, names) };
  }
  if (type === RecordType.Execution) return executionCells(fields as ExactFields, names);
  if (type === RecordType.MarketSeen) return whereCells(Number((fields as ExactFields).instrument), names);
  if (fields !== null) return {};
  const { action } = JSON.parse(content) as { readonly action?: unknown };
  return typeof action === "string" ? { action } : {};
}

function commandCells(command: ExactFields, names: RunNames): FlatRow {
  const { kind, owner, instrument, orderId, targetId, side, orderType, tif, price, quantity } = command;
  const common = {
    ...{ organism: names.organism(Number(owner)), strategy: owner, action: ACTIONS[Number(kind)] ?? `kind ${kind}` },
    ...whereCells(Number(instrument), names),
    cause_kind: readCause(Number(command.cause)).kind,
  };
  if (kind === CommandKind.CancelOwner) return common;
  if (kind === CommandKind.Cancel) return { ...common, order_id: orderId, target_id: targetId };
  const enters = kind === CommandKind.New;
  return {
    ...common,
    ...{ order_id: orderId, target_id: enters ? null : targetId, side: sideText(side) },
    ...(enters ? { order_type: ORDER_TYPES[Number(orderType)] ?? null, tif: TIMES[Number(tif)] ?? null } : {}),
    ...priceCells(Number(instrument), price, names),
    ...quantityCells(Number(instrument), quantity, names),
  };
}

function decisionCells(command: ExactFields, decision: ExactFields, names: RunNames): FlatRow {
  const { code, check, measured, limit, reference, scope } = decision;
  const instrument = Number(command.instrument);
  return {
    ...codeCells(code),
    ...{ check: check === ACCEPTED ? null : check, measured, limit },
    ...(reference === 0n ? {} : { reference_ticks: reference, reference: price(instrument, reference, names) }),
    scope: scope === NO_SCOPE ? null : names.scope(Number(scope)),
  };
}

function executionCells(report: ExactFields, names: RunNames): FlatRow {
  const { execType, side, liquidity, instrument, reason, orderId, quantity, leaves, owner, matchId, venueSequence } =
    report;
  const where = Number(instrument);
  return {
    ...{ organism: names.organism(Number(owner)), strategy: owner, ...whereCells(where, names) },
    action: EXECUTION_TYPES[Number(execType)] ?? `type ${execType}`,
    ...{ order_id: orderId, side: sideText(side) },
    ...priceCells(where, report.price, names),
    ...quantityCells(where, quantity, names),
    ...{ leaves_lots: leaves, leaves: lots(where, leaves, names), ...codeCells(reason) },
    match_id: execType === ExecType.Trade ? matchId : null,
    venue_sequence: venueSequence,
    liquidity: LIQUIDITY[Number(liquidity) as keyof typeof LIQUIDITY] ?? null,
  };
}

const sideText = (side: number | bigint): string => (side === 0 ? "buy" : "sell");
const codeCells = (code: number | bigint): FlatRow => ({ code, code_name: CODE_TEXT[Number(code)]?.[0] ?? null });
const whereCells = (instrument: number, names: RunNames): FlatRow => ({
  instrument: instrument < names.symbols.length ? names.symbol(instrument) : null,
  instrument_id: instrument,
});
const priceCells = (instrument: number, ticks: number | bigint, names: RunNames): FlatRow => ({
  price_ticks: ticks,
  price: ticks === 0n ? null : price(instrument, ticks, names),
});
const quantityCells = (instrument: number, quantity: number | bigint, names: RunNames): FlatRow => ({
  quantity_lots: quantity,
  quantity: lots(instrument, quantity, names),
});

/** Null where the log does not say what a tick is, and beyond what a price can be. */
function price(instrument: number, ticks: number | bigint, names: RunNames): string | null {
  const terms = names.terms(instrument);
  return terms === undefined || !Number.isSafeInteger(Number(ticks)) ? null : fromTicks(terms, Number(ticks));
}

function lots(instrument: number, quantity: number | bigint, names: RunNames): string | null {
  const terms = names.terms(instrument);
  return terms === undefined || !Number.isSafeInteger(Number(quantity)) ? null : fromLots(terms, Number(quantity));
}
