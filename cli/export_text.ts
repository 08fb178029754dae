/** Records as lines of text: JSON Lines and CSV (RFC 4180, lines end in a line feed). */
import type { ExactRecord } from "../ffi/mod.ts";
import {
  type Cell,
  COLUMNS,
  contentOf,
  exactJson,
  flatRow,
  nanosText,
  type RunNames,
  typeName,
} from "../actors/node/reading/mod.ts";

/** All that the record says: its head by name, and its content as it was written or by field name. */
export function jsonLine(record: ExactRecord): string {
  const { index, nanos, type, version, producer, cause } = record;
  const head = exactJson({ index, time: nanosText(nanos), type: typeName(type), version, producer, cause });
  return `${head.slice(0, -1)},"content":${contentOf(record)}}`;
}

export const csvHead = (): string => COLUMNS.map(([name]) => name).join(",");

export function csvLine(record: ExactRecord, names: RunNames): string {
  const row = flatRow(record, names);
  return COLUMNS.map(([name]) => csvCell(row[name] ?? null)).join(",");
}

/** Nothing for null; a text that is empty has its quotes. */
function csvCell(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  return text === "" || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
