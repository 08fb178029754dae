/** Projections in a SQLite file: rows and the place in the log in one transaction. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { UserError } from "../../../../config/errors.ts";
import { type Table, type TableName, type TableRow, TABLES } from "../tables.ts";
import type { Batch, Cursor, ProjectionStore } from "./port.ts";

const CURSOR = `CREATE TABLE IF NOT EXISTS log (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL, records INTEGER NOT NULL, root TEXT NOT NULL, state TEXT NOT NULL
) STRICT`;

/** How long one process waits for another that writes, milliseconds. */
const BUSY_MS = 5_000;

export class SqliteStore implements ProjectionStore, Disposable {
  readonly #database: DatabaseSync;
  readonly #puts = new Map<TableName, StatementSync>();

  /** Throws PROJECTION_FILE for a file that is no database. */
  constructor(path: string) {
    try {
      this.#database = new DatabaseSync(path, { timeout: BUSY_MS });
      // Readers do not wait for the writer; a loss of power may undo the last transactions, never half of one.
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      this.#database.exec(CURSOR);
      for (const [name, table] of tables()) this.#database.exec(definition(name, table));
    } catch (error) {
      throw new UserError(
        "PROJECTION_FILE",
        `${path} cannot be used for projections (${(error as Error).message}): remove it, or name another with --db`,
      );
    }
  }

  cursor(): Promise<Cursor | null> {
    const row = this.#database.prepare("SELECT version, records, root, state FROM log").get();
    return Promise.resolve((row as Cursor | undefined) ?? null);
  }

  write({ cursor, before, changed, whole }: Batch): Promise<void> {
    this.#transaction(() => {
      const has = this.#database.prepare("SELECT records FROM log").get()?.records ?? 0;
      if (has !== before) {
        throw new UserError(
          "PROJECTION_BUSY",
          `another process projects the same log into the same file (${has} records, not ${before}): stop one of them`,
        );
      }
      for (const [name, rows] of Object.entries(whole)) {
        this.#database.exec(`DELETE FROM ${name}`);
        this.#put(name as TableName, rows);
      }
      for (const [name, rows] of Object.entries(changed)) this.#put(name as TableName, rows);
      this.#database.prepare("INSERT OR REPLACE INTO log VALUES (1, ?, ?, ?, ?)")
        .run(cursor.version, cursor.records, cursor.root, cursor.state);
    });
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#transaction(() => {
      for (const [name] of tables()) this.#database.exec(`DROP TABLE ${name}`);
      this.#database.exec("DELETE FROM log");
      for (const [name, table] of tables()) this.#database.exec(definition(name, table));
    });
    this.#puts.clear();
    return Promise.resolve();
  }

  /** Rows of a table in the order of its key. */
  rows(name: TableName): TableRow[] {
    const select = this.#database.prepare(`SELECT * FROM ${name} ORDER BY ${TABLES[name].key.join(", ")}`);
    select.setReadBigInts(true);
    return select.all().map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [
          column,
          typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value,
        ]),
      )
    ) as TableRow[];
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #put(name: TableName, rows: readonly TableRow[] = []): void {
    let put = this.#puts.get(name);
    const columns = TABLES[name].columns.map(([column]) => column);
    if (put === undefined) {
      put = this.#database.prepare(`INSERT OR REPLACE INTO ${name} VALUES (${columns.map(() => "?").join(", ")})`);
      this.#puts.set(name, put);
    }
    for (const row of rows) put.run(...columns.map((column) => row[column]));
  }

  #transaction(body: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      body();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

const tables = () => Object.entries(TABLES) as [TableName, Table][];

function definition(name: string, { columns, key }: Table): string {
  const lines = columns.map(([column, type]) => `${column} ${type.toUpperCase()}`);
  return `CREATE TABLE IF NOT EXISTS ${name} (${lines.join(", ")}, PRIMARY KEY (${key.join(", ")})) STRICT`;
}
