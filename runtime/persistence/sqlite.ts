/**
 * A journal in one SQLite file, for actors whose state must survive the process. Appends are transactions with
 * `synchronous = FULL` in write-ahead mode: what has been appended is on the disk.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  checkSequence,
  type EventJournal,
  JournalGap,
  type StoredEvent,
  type StoredSnapshot,
  WriterFenced,
} from "./journal.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS writers (id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    id TEXT NOT NULL, sequence INTEGER NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL,
    PRIMARY KEY (id, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS snapshots (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT;
`;

interface EventRow {
  readonly sequence: number;
  readonly version: number;
  readonly payload: string;
}

interface SnapshotRow {
  readonly sequence: number;
  readonly version: number;
  readonly state: string;
}

export class SqliteJournal implements EventJournal, Disposable {
  private readonly db: DatabaseSync;
  private readonly statements: Readonly<
    Record<"claim" | "epoch" | "last" | "insert" | "read" | "save" | "load", StatementSync>
  >;

  /** Opens or makes the file at `path`; ":memory:" keeps nothing. */
  constructor(path: string) {
    this.db = new DatabaseSync(path);
    this.db.exec(SCHEMA);
    this.statements = {
      claim: this.db.prepare(
        "INSERT INTO writers VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
      ),
      epoch: this.db.prepare("SELECT epoch FROM writers WHERE id = ?"),
      last: this.db.prepare("SELECT coalesce(max(sequence), 0) AS last FROM events WHERE id = ?"),
      insert: this.db.prepare("INSERT INTO events VALUES (?, ?, ?, ?)"),
      read: this.db.prepare(
        "SELECT sequence, version, payload FROM events WHERE id = ? AND sequence >= ? ORDER BY sequence",
      ),
      save: this.db.prepare("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)"),
      load: this.db.prepare("SELECT sequence, version, state FROM snapshots WHERE id = ?"),
    };
  }

  claim(id: string): number {
    return (this.statements.claim.get(id) as { readonly epoch: number }).epoch;
  }

  append(id: string, epoch: number, events: readonly StoredEvent[]): void {
    this.asWriter(id, epoch, () => {
      const { last } = this.statements.last.get(id) as { readonly last: number };
      checkSequence(id, last, events);
      for (const { sequence, version, payload } of events) {
        this.statements.insert.run(id, sequence, version, JSON.stringify(payload));
      }
    });
  }

  read(id: string, from: number): readonly StoredEvent[] {
    const rows = this.statements.read.all(id, from) as unknown as readonly EventRow[];
    rows.forEach(({ sequence }, i) => {
      if (sequence !== from + i) throw new JournalGap(id, from + i, sequence);
    });
    return rows.map(({ sequence, version, payload }) => ({ sequence, version, payload: JSON.parse(payload) }));
  }

  saveSnapshot(id: string, epoch: number, { sequence, version, state }: StoredSnapshot): void {
    this.asWriter(id, epoch, () => this.statements.save.run(id, sequence, version, JSON.stringify(state)));
  }

  loadSnapshot(id: string): StoredSnapshot | null {
    const row = this.statements.load.get(id) as SnapshotRow | undefined;
    return row === undefined ? null : { sequence: row.sequence, version: row.version, state: JSON.parse(row.state) };
  }

  [Symbol.dispose](): void {
    this.db.close();
  }

  /** In one transaction with the look at the epoch, so that no claim comes between. */
  private asWriter(id: string, epoch: number, write: () => void): void {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const current = (this.statements.epoch.get(id) as { readonly epoch: number } | undefined)?.epoch ?? 0;
      if (current !== epoch) throw new WriterFenced(id, epoch, current);
      write();
      this.db.exec("COMMIT");
    } catch (error) {
      this.db.exec("ROLLBACK");
      throw error;
    }
  }
}
