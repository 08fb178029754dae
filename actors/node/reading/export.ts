/** The records of a log that somebody wants to take away, one after the other, with the names of their run. */
import { RecordType } from "../../../ffi/layout.gen.ts";
import { decodeAudit, type ExactRecord, exactRecord, readAudit, readAuditWhole } from "../../../ffi/mod.ts";
import type { NamedScope } from "../limits.ts";
import type { StartRecord } from "../start_record.ts";
import { strategyOf } from "./flat.ts";
import { RunNames } from "./names.ts";

/** The index of a record, or a moment in nanoseconds. */
export type Place = { readonly index: number } | { readonly nanos: bigint };

export interface Wanted {
  /** The first record, or the first moment; absent: from the beginning. */
  readonly from?: Place;
  /** Up to here, this one not among them; absent: to the end. */
  readonly to?: Place;
  /** Kinds of record; absent: all. */
  readonly types?: ReadonlySet<number>;
  /** Decisions and executions of this strategy alone. */
  readonly strategy?: number;
}

/** A run says its names before it decides on anything. */
const NAMES_WITHIN = 100_000;

/** Names of the run; empty ones for a log that does not begin as a run does. */
export function readNames(directory: string): RunNames {
  const names = new RunNames();
  for (const record of readAudit(directory)) {
    if (record.type === RecordType.NodeStarted) names.started(decodeAudit(record) as StartRecord);
    if (record.type === RecordType.Note) {
      const { scopes } = decodeAudit(record) as { readonly scopes?: readonly NamedScope[] };
      if (scopes !== undefined) names.tree(scopes);
      if (scopes !== undefined) break;
    }
    if (record.index === NAMES_WITHIN) break;
  }
  return names;
}

/** Records as their bytes lie in the log, and what they say. Reads on and on, and keeps none. */
export function* wantedRecords(directory: string, { from, to, types, strategy }: Wanted): Generator<ExactRecord, void> {
  const first = from !== undefined && "index" in from ? from.index : 0;
  const end = to !== undefined && "index" in to ? to.index : Infinity;
  for (const record of before(end, readAuditWhole(directory, first))) {
    if (from !== undefined && "nanos" in from && record.nanos < from.nanos) continue;
    // Clocks of records may differ by a little: one that is later does not end the reading.
    if (to !== undefined && "nanos" in to && record.nanos >= to.nanos) continue;
    if (types !== undefined && !types.has(record.type)) continue;
    if (strategy !== undefined && strategyOf(record) !== strategy) continue;
    yield record;
  }
}

/** Nothing at or behind `end` is touched: the log may be damaged there. */
function* before(end: number, records: Iterable<Uint8Array>): Generator<ExactRecord, void> {
  if (end <= 0) return;
  for (const bytes of records) {
    const record = exactRecord(bytes);
    if (record.index < end) yield record;
    if (record.index >= end - 1) return;
  }
}
