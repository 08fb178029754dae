/**
 * Where the state of a run is kept for queries. A store takes rows and the place in the log they come from in one step, so
 * that each record counts once whatever is killed when; SQLite is the first, another database needs these three calls.
 */
import type { TableName, TableRow } from "../tables.ts";

/** How far a log was projected. */
export interface Cursor {
  /** Version of the tables and of the state. */
  readonly version: number;
  /** Records of the log that are in the rows. */
  readonly records: number;
  /** Root of the log of so many records, hexadecimal: whose log it was. */
  readonly root: string;
  /** State of the run behind them, as text; no business of the store. */
  readonly state: string;
}

export interface Batch {
  readonly cursor: Cursor;
  /** Records that were projected before: a store that has others was written by somebody else meanwhile. */
  readonly before: number;
  /** Rows to put in, or over those of the same key. */
  readonly changed: Readonly<Partial<Record<TableName, readonly TableRow[]>>>;
  /** Whole tables. */
  readonly whole: Readonly<Partial<Record<TableName, readonly TableRow[]>>>;
}

export interface ProjectionStore {
  /** Null for a store that holds nothing. */
  cursor(): Promise<Cursor | null>;
  /** All of it, or none: also when the process is killed in it. Throws PROJECTION_BUSY when `before` is not so. */
  write(batch: Batch): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}
