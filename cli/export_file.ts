/** Where an export goes: the standard output, or a new file that has its name only when it is whole. */
import { UserError } from "../config/errors.ts";
import type { ExactRecord } from "../ffi/mod.ts";
import type { RunNames } from "../actors/node/reading/mod.ts";
import { exists, type ExportFile, partOf, removePart } from "./export_part.ts";
import { csvHead, csvLine, jsonLine } from "./export_text.ts";
import type { CliIo } from "./io.ts";

/** Lines that are written at once. */
const CHUNK = 512;

/** Throws EXPORT_EXISTS for a file that is there already. */
export async function exportFile(
  format: "jsonl" | "csv" | "parquet",
  path: string | undefined,
  names: RunNames,
  io: CliIo,
): Promise<ExportFile> {
  if (path !== undefined && exists(path)) {
    throw new UserError("EXPORT_EXISTS", `${path} is there already: name a new file with --out, or remove it`);
  }
  if (format === "parquet") {
    const { ParquetFile } = await import("./export_parquet.ts");
    return new ParquetFile(path!, names);
  }
  const line = format === "jsonl" ? jsonLine : (record: ExactRecord) => csvLine(record, names);
  return new LinesFile(path, format === "csv" ? csvHead() : null, line, io);
}

class LinesFile implements ExportFile {
  readonly #path: string | undefined;
  readonly #line: (record: ExactRecord) => string;
  readonly #io: CliIo;
  readonly #file: Deno.FsFile | null;
  #lines: string[] = [];

  constructor(path: string | undefined, head: string | null, line: (record: ExactRecord) => string, io: CliIo) {
    this.#path = path;
    this.#line = line;
    this.#io = io;
    this.#file = path === undefined ? null : Deno.openSync(partOf(path), { write: true, create: true, truncate: true });
    if (head !== null) this.#lines.push(head);
  }

  add(record: ExactRecord): void {
    this.#lines.push(this.#line(record));
    if (this.#lines.length >= CHUNK) this.#flush();
  }

  done(): void {
    this.#flush();
    if (this.#file === null) return;
    this.#file.syncDataSync();
    Deno.renameSync(partOf(this.#path!), this.#path!);
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    if (this.#path !== undefined) removePart(this.#path);
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join("\n");
    this.#lines = [];
    if (this.#file === null) return this.#io.out(text);
    let bytes = encoder.encode(`${text}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
  }
}

const encoder = new TextEncoder();
