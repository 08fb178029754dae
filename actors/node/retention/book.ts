/**
 * What is known of logs beyond their own life: legal holds, and what was removed with root and checkpoint, in `retention.json`
 * of the data directory. Commands change it, also while no node runs; what they did waits there until a node has it on record.
 */
import { z } from "zod";
import { UserError } from "../../../config/mod.ts";
import { StateFile } from "../state_file.ts";

const RETENTION_FILE = "retention.json";

const holdSchema = z.object({
  run: z.int().min(1),
  reason: z.string(),
  /** Who, and when, ISO 8601. */
  who: z.string(),
  since: z.string(),
});
const removedSchema = z.object({
  run: z.int().min(1),
  records: z.int().min(0),
  bytes: z.int().min(0),
  root: z.string(),
  chain: z.string(),
  /** The signed note that lay beside the log; null when there was none. */
  checkpoint: z.string().nullable(),
  /** When it was written last, as far as the machine's clock knew. */
  lastWritten: z.string(),
  who: z.string(),
  removed: z.string(),
});
const bookSchema = z.object({
  version: z.literal(1),
  holds: z.array(holdSchema),
  removed: z.array(removedSchema),
  unrecorded: z.array(z.looseObject({ action: z.string() })),
});

export type Hold = z.infer<typeof holdSchema>;
export type Removed = z.infer<typeof removedSchema>;
export type RetentionEvent = Readonly<Record<string, unknown>> & { readonly action: string };
type Book = z.infer<typeof bookSchema>;

export class RetentionBook {
  readonly #file: StateFile;
  /** Of the file, when nothing in it waited. */
  #quiet: string | null = null;

  constructor(dataDir: string) {
    this.#file = new StateFile(dataDir, RETENTION_FILE);
  }

  /** Throws RETENTION_FILE. */
  read(): Book {
    const text = this.#file.read();
    if (text === null) return { version: 1, holds: [], removed: [], unrecorded: [] };
    try {
      return bookSchema.parse(JSON.parse(text));
    } catch {
      throw new UserError(
        "RETENTION_FILE",
        `${RETENTION_FILE} is damaged, and holds may be lost with it: nothing is removed before it is mended from a copy`,
      );
    }
  }

  /** Changes the book, and puts what was done into the queue for the log. */
  change(event: RetentionEvent, how: (book: Book) => void): void {
    this.#locked((book) => {
      how(book);
      book.unrecorded.push(event);
    });
  }

  /** Whether what was done about a run is on record. */
  isRecorded(action: string, run: number): boolean {
    return !this.read().unrecorded.some((event) => event.action === action && event.run === run);
  }

  /** Takes back what nobody put on record. */
  withdraw(action: string, run: number, how: (book: Book) => void): void {
    this.#locked((book) => {
      how(book);
      book.unrecorded = book.unrecorded.filter((event) => event.action !== action || event.run !== run);
    });
  }

  /** Takes back that a person was forgotten, which nobody put on record. */
  withdrawPerson(pseudonyms: readonly string[]): void {
    this.#locked((book) => {
      book.unrecorded = book.unrecorded.filter((event) => String(event.pseudonyms) !== String(pseudonyms));
    });
  }

  /** Whether all that was done is on record. */
  get quiet(): boolean {
    return this.read().unrecorded.length === 0;
  }

  /** Takes a name out of it. */
  scrub(how: (book: Book) => Book): void {
    if (this.#file.read() !== null) this.#locked((book) => void Object.assign(book, how(book)));
  }

  /**
   * Puts on record what waits; `record` says whether it is durable. Cheap while nothing changes. Does nothing while a command
   * changes the book: the next call does.
   */
  recordWaiting(record: (event: RetentionEvent) => boolean, complain: (line: string) => void): void {
    const stamp = this.#file.stamp();
    if (stamp === "" || stamp === this.#quiet) return;
    try {
      if (this.read().unrecorded.length > 0) {
        this.#locked((book) => {
          // A log that fails half-way keeps the rest waiting; one that is told twice is better than one lost.
          while (book.unrecorded.length > 0 && record({ ...book.unrecorded[0], onHost: true })) book.unrecorded.shift();
        });
      }
      if (this.read().unrecorded.length === 0) this.#quiet = this.#file.stamp();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code !== "RETENTION_FILE") return;
      this.#quiet = stamp;
      complain(error.message);
    }
  }

  #locked(body: (book: Book) => void): void {
    this.#file.locked(() => {
      const book = this.read();
      body(book);
      this.#file.write(`${JSON.stringify(book, null, 2)}\n`);
    });
  }
}
