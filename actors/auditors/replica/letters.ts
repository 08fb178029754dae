/**
 * A log as letters on a topic: records as their bytes lie in the log, many to a letter, with the index of the first; and
 * signed checkpoints in between, each behind the last record that it speaks of. A record that is larger than what the broker
 * takes at once comes in parts, in order. One key per log keeps them so.
 */
import type { Letter } from "../../../runtime/transport/mod.ts";
import { Buffer } from "node:buffer";

export const RECORDS = { id: "cwts/audit-records", version: 1 } as const;
export const PART = { id: "cwts/audit-part", version: 1 } as const;
export const CHECKPOINT = { id: "cwts/audit-checkpoint", version: 1 } as const;

/** Whose log it is, and of which run. */
export interface LogName {
  readonly node: string;
  readonly run: number;
}

export const keyOf = ({ node, run }: LogName): string => `${node}/${run}`;

export interface RecordsLetter extends LogName {
  readonly kind: "records";
  /** Index of the first. */
  readonly from: number;
  readonly count: number;
  /** Headers and padded payloads, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CheckpointLetter extends LogName {
  readonly kind: "checkpoint";
  readonly note: string;
}

export interface PartLetter extends LogName {
  readonly kind: "part";
  /** Index of the record. */
  readonly from: number;
  /** From 0, and how many there are. */
  readonly part: number;
  readonly parts: number;
  /** Bytes of the whole record: header and padded payload. */
  readonly size: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type LogLetter = RecordsLetter | PartLetter | CheckpointLetter;

const SCHEMAS: ReadonlySet<string | undefined> = new Set([RECORDS.id, PART.id, CHECKPOINT.id]);

export function recordsLetter(log: LogName, from: number, records: readonly Uint8Array[]): Letter {
  const bytes = Buffer.concat(records).toString("base64");
  return letter(log, from, RECORDS, JSON.stringify({ from, count: records.length, bytes }));
}

/** One record in as many letters as it takes, `most` bytes of it in each. */
export function partLetters(log: LogName, from: number, record: Uint8Array, most: number): Letter[] {
  const parts = Math.ceil(record.length / most);
  return Array.from({ length: parts }, (_, part) => {
    const bytes = Buffer.from(record.subarray(part * most, (part + 1) * most)).toString("base64");
    return letter(log, from, PART, JSON.stringify({ from, part, parts, size: record.length, bytes }));
  });
}

/** `size`: records it speaks of. */
export const checkpointLetter = (log: LogName, size: number, note: string): Letter =>
  letter(log, size, CHECKPOINT, JSON.stringify({ note }));

function letter({ node, run }: LogName, at: number, schema: { id: string; version: number }, body: string): Letter {
  const ids = { sequence: at + 1, id: at, cause: 0, root: at };
  return { envelope: { node, epoch: run, sender: null, ...ids, deadline: Infinity, schema }, body };
}

/** Null for a letter of another kind. Throws RangeError for one that is broken. */
export function readLogLetter({ envelope: { node, epoch: run, schema }, body }: Letter): LogLetter | null {
  if (schema === null || schema === undefined || !SCHEMAS.has(schema.id)) return null;
  if (schema.version !== 1) {
    throw new RangeError(`a letter of ${schema.id} has version ${schema.version}: follow it with a newer CWTS`);
  }
  const { note, from, count, bytes, part, parts, size } = JSON.parse(body);
  if (schema.id === CHECKPOINT.id) return { kind: "checkpoint", node, run, note: String(note) };
  if (schema.id === PART.id) {
    if (![from, part, parts, size].every((one) => Number.isSafeInteger(one) && one >= 0) || typeof bytes !== "string") {
      throw new RangeError("a part of a record lacks from, part, parts, size or bytes");
    }
    return { kind: "part", node, run, from, part, parts, size, bytes: new Uint8Array(Buffer.from(bytes, "base64")) };
  }
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || typeof bytes !== "string") {
    throw new RangeError("a letter of records lacks from, count or bytes");
  }
  return { kind: "records", node, run, from, count, bytes: new Uint8Array(Buffer.from(bytes, "base64")) };
}
