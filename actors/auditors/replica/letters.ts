/**
 * A log as letters on a topic: records as their bytes lie in the log, many to a letter, with the index of the first; and
 * signed checkpoints in between, each behind the last record that it speaks of. One key per log keeps them in order.
 */
import type { Letter } from "../../../runtime/transport/mod.ts";
import { Buffer } from "node:buffer";

export const RECORDS = { id: "cwts/audit-records", version: 1 } as const;
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

export type LogLetter = RecordsLetter | CheckpointLetter;

export function recordsLetter(log: LogName, from: number, records: readonly Uint8Array[]): Letter {
  const bytes = Buffer.concat(records).toString("base64");
  return letter(log, from, RECORDS, JSON.stringify({ from, count: records.length, bytes }));
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
  if (schema?.id !== RECORDS.id && schema?.id !== CHECKPOINT.id) return null;
  if (schema.version !== 1) {
    throw new RangeError(`a letter of ${schema.id} has version ${schema.version}: follow it with a newer CWTS`);
  }
  const { note, from, count, bytes } = JSON.parse(body);
  if (schema.id === CHECKPOINT.id) return { kind: "checkpoint", node, run, note: String(note) };
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || typeof bytes !== "string") {
    throw new RangeError("a letter of records lacks from, count or bytes");
  }
  return { kind: "records", node, run, from, count, bytes: new Uint8Array(Buffer.from(bytes, "base64")) };
}
