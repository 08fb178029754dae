/**
 * The audit log: appending, verifying, proving.
 *
 *     deno task bench audit [--json] [--records N] [--runs N]
 *
 * - `append-memory`: records of 256 bytes into a log in memory.
 * - `append-batch`: the same into files, made durable after every 1024; `append-fsync`: after every one.
 * - `verify`: a whole log read back and checked, by as many threads as the machine has processors.
 * - `proof`: that a record is in the log. `cwts-opened` opens the log for it, `cwts-next` has it open, `cwts-without-tiles`
 *   opens a log that has none. `beginning`: that a shorter log is its beginning.
 * - `proof-computed`, `beginning-computed`: making and checking a proof in a tree of 10⁹ leaves that is not built but
 *   computed.
 *
 * `cwts` keeps a Merkle tree and seals groups. `sha256-chain` is the plain chain, each record hashed behind the hash before
 * it, written the same way; for `verify` it hashes one segment in one thread. `sqlite-wal-full` inserts the record and its
 * chained hash into SQLite with write-ahead log and full syncs, a transaction per 1024 records or per record. Engines take
 * turns within a case, but for SQLite, which follows.
 */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../config/mod.ts";
import { type Case, measure, Report, spread } from "./harness.ts";
import type { Narrowing } from "./main.ts";
import { ensureNativeBench, native } from "./native/build.ts";

/** How much is measured. */
export interface Plan {
  readonly records: number;
  readonly runs: number;
}

const FULL: Plan = { records: 10_000_000, runs: 5 };
const BATCH = 1024;

export const options = ["records", "runs"] as const;

export async function run(json: boolean, { records, runs }: Narrowing = {}): Promise<void> {
  const count = (text: string | undefined, least: number, otherwise: number) => {
    const value = text === undefined ? otherwise : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new UserError("USAGE", `"${text}" is no count of at least ${least}`);
  };
  const plan = { records: count(records, 10_000, FULL.records), runs: count(runs, 1, FULL.runs) };
  ensureNativeBench();
  await audit(new Report("audit", json), plan);
}

/** Measures what the plan says. */
export async function audit(report: Report, { records, runs }: Plan): Promise<void> {
  const directory = Deno.makeTempDirSync({ prefix: "cwts-bench-audit-" });
  try {
    report.note(`the log and a plain chain, ${records} records`);
    for (
      const line of await native("audit", `records=${records}`, `runs=${runs}`, `dir=${directory}/log`)
    ) {
      const { values, ...row } = line;
      report.add({ ...row, ...spread(values as readonly number[]) } as unknown as Case);
    }
    for (const [name, batch, count] of [["append-batch", BATCH, records / 50], ["append-fsync", 1, records / 10_000]]) {
      report.note(`SQLite, ${name}`);
      const inserted = Math.max(100, Math.floor(Number(count)));
      const figures = await measure(() => sqlite(directory, inserted, Number(batch)), { runs, warmup: 0 });
      report.add({ case: String(name), engine: "sqlite-wal-full", unit: "records/s", records: inserted, ...figures });
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
  report.end();
}

/** Records per second. */
function sqlite(directory: string, records: number, batch: number): number {
  const path = `${directory}/${crypto.randomUUID()}.db`;
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec("CREATE TABLE log (idx INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL)");
    const insert = database.prepare("INSERT INTO log VALUES (?, ?, ?)");
    const record = new Uint8Array(224).fill(0x5a);
    const view = new DataView(record.buffer);
    let hash: Uint8Array = new Uint8Array(32);
    const start = performance.now();
    for (let i = 0; i < records; i++) {
      if (i % batch === 0) database.exec("BEGIN");
      view.setFloat64(16, i);
      hash = createHash("sha256").update(hash).update(record).digest();
      insert.run(i, record, hash);
      if ((i + 1) % batch === 0 || i + 1 === records) database.exec("COMMIT");
    }
    return records / ((performance.now() - start) / 1000);
  } finally {
    database.close();
  }
}

if (import.meta.main) await run(Deno.args.includes("--json"));
