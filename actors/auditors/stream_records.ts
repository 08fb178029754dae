/**
 * How streams of events lie in the audit log: one record for each claim, append and snapshot, or several where one would
 * be too long. What is in several counts when the last one is there.
 */
import { RecordType } from "../../ffi/layout.gen.ts";
import type { AuditRecord } from "../../ffi/mod.ts";

/** Characters of JSON in one record. A record takes 256 KiB; quoting doubles a text and UTF-8 triples a character. */
export const PART_CHARACTERS = 40_000;

export interface StreamPart {
  readonly stream: string;
  /** Of the writer. */
  readonly epoch: number;
  /** From 0, below `parts`. */
  readonly part: number;
  readonly parts: number;
  /** A piece of the JSON of the whole. */
  readonly json: string;
}

const TYPES: ReadonlySet<number> = new Set([
  RecordType.StreamClaimed,
  RecordType.StreamAppended,
  RecordType.StreamSnapshot,
]);

/** The payloads of the records that keep `json`. */
export function packed(stream: string, epoch: number, json: string): readonly StreamPart[] {
  const parts = Math.max(1, Math.ceil(json.length / PART_CHARACTERS));
  return Array.from({ length: parts }, (_, part) => {
    const from = part * PART_CHARACTERS;
    return { stream, epoch, part, parts, json: json.slice(from, from + PART_CHARACTERS) };
  });
}

export interface Unpacked {
  readonly type: number;
  /** Index of its first record. */
  readonly index: number;
  readonly stream: string;
  readonly epoch: number;
  readonly json: string;
}

/** Puts what was written in parts together again, record by record. */
export class Unpacker {
  #begun: { readonly index: number; readonly type: number; readonly parts: StreamPart[] } | null = null;

  /** The whole whose last record this is; null for any other. */
  take(record: AuditRecord, decode: () => unknown): Unpacked | null {
    if (!TYPES.has(record.type)) return null;
    const part = decode() as StreamPart;
    // A first part after an unfinished one: the writer ended in between, and what it had begun does not count.
    if (part.part === 0) this.#begun = { index: record.index, type: record.type, parts: [] };
    const begun = this.#begun;
    if (begun === null || begun.parts.length !== part.part || begun.type !== record.type) return null;
    begun.parts.push(part);
    if (begun.parts.length < part.parts) return null;
    this.#begun = null;
    const json = begun.parts.map((one) => one.json).join("");
    return { type: record.type, index: begun.index, stream: part.stream, epoch: part.epoch, json };
  }
}
