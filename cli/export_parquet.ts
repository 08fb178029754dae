/**
 * Records as an Apache Parquet file: whole numbers as INT64, text as UTF-8, row group by row group, so that memory holds one
 * group and not the log.
 *
 * The library is hyparquet-writer, which is JavaScript alone: a native one would need the permission to load foreign
 * native code, which a node does not have.
 */
import { fileWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import type { ExactRecord } from "../ffi/mod.ts";
import { type Cell, type ColumnName, COLUMNS, flatRow, type RunNames } from "../actors/node/reading/mod.ts";
import { type ExportFile, partOf, removePart } from "./export_part.ts";

/** Rows in memory. */
const GROUP = 16_384;

const TYPES = { integer: "INT64", text: "STRING" } as const;

export class ParquetFile implements ExportFile {
  readonly #path: string;
  readonly #names: RunNames;
  readonly #writer: ParquetWriter;
  #columns: Record<ColumnName, Cell[]> = emptyColumns();
  #rows = 0;

  constructor(path: string, names: RunNames) {
    this.#path = path;
    this.#names = names;
    this.#writer = new ParquetWriter({
      writer: fileWriter(partOf(path)),
      schema: schemaFromColumnData({ columnData: columnData(emptyColumns()) }),
    });
  }

  add(record: ExactRecord): void {
    const row = flatRow(record, this.#names);
    for (const [name, type] of COLUMNS) {
      const cell = row[name] ?? null;
      this.#columns[name].push(cell === null || type === "text" ? cell : BigInt(cell));
    }
    if (++this.#rows === GROUP) this.#flush();
  }

  done(): void {
    this.#flush();
    this.#writer.finish();
    Deno.renameSync(partOf(this.#path), this.#path);
  }

  [Symbol.dispose](): void {
    removePart(this.#path);
  }

  #flush(): void {
    if (this.#rows === 0) return;
    this.#writer.write({ columnData: columnData(this.#columns), rowGroupSize: GROUP });
    this.#columns = emptyColumns();
    this.#rows = 0;
  }
}

const columnData = (columns: Record<ColumnName, Cell[]>) =>
  COLUMNS.map(([name, type]) => ({ name, data: columns[name], type: TYPES[type], nullable: true }));

const emptyColumns = (): Record<ColumnName, Cell[]> =>
  Object.fromEntries(COLUMNS.map(([name]) => [name, []])) as unknown as Record<ColumnName, Cell[]>;
