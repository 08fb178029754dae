/**
 * The access file as a running program holds it: read again when somebody else changed it, changed under a lock, and
 * every change told to the audit log before it counts.
 *
 * A command on the host has no log to write to, because the node holds it. What it does waits in the file, and the node
 * puts it on record as soon as it sees it, at the latest when it starts.
 */
import { UserError } from "../../config/errors.ts";
import { type AccessEvent, type Book, parseBook } from "./book.ts";

export interface BookFile {
  /** Null when there is none. */
  read(): string | null;
  /** Another text whenever the content may have changed. */
  stamp(): string;
  /** All or nothing, for the owner's eyes only. */
  write(text: string): void;
  /** Runs while no other process changes the file. Throws ACCESS_BUSY. */
  locked<T>(body: () => T): T;
}

export interface LedgerOptions {
  readonly file: BookFile;
  /** Wall milliseconds since the epoch. */
  readonly wall: () => number;
  /** Appends to the audit log; false when the log cannot record. Null on the host, where the file keeps it. */
  readonly record: ((event: AccessEvent) => boolean) | null;
  /** One line for people about a file that cannot be read. */
  readonly complain: (line: string) => void;
}

/** Events that wait for the node; older ones give way, and their number is told. */
const MOST_UNRECORDED = 1_000;

export class Ledger {
  readonly #options: LedgerOptions;
  #book: Book;
  #stamp: string;
  #latest = 0;

  /** Throws ACCESS_FILE. */
  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#stamp = options.file.stamp();
    this.#book = parseBook(options.file.read());
    this.#recordWaiting();
  }

  /** As it is now; the last readable one when the file was damaged under a running node. */
  get book(): Book {
    const { file, complain } = this.#options;
    // Whatever is wrong with the disk, who may kill can still be told.
    try {
      const stamp = file.stamp();
      if (stamp === this.#stamp) return this.#book;
      this.#stamp = stamp;
      this.#book = parseBook(file.read());
      this.#recordWaiting();
    } catch (error) {
      complain(`${(error as Error).message}; who had access keeps it`);
    }
    return this.#book;
  }

  /** Wall milliseconds, never before what was seen: a clock that is put back revives nothing that expired. */
  now(): number {
    this.#latest = Math.max(this.#latest, this.#book.seen, this.#options.wall());
    return this.#latest;
  }

  /** Puts on record what changes nothing. */
  note(event: Omit<AccessEvent, "at">): void {
    const stamped = { ...event, at: this.now() } as AccessEvent;
    if (this.#options.record !== null) this.#options.record(stamped);
    else this.#locked((book) => keep(book, stamped));
  }

  /** Changes the book: first on record, then in the file. Throws what `body` throws, ACCESS_BUSY or AUDIT_FAILED. */
  change<T>(event: Omit<AccessEvent, "at">, body: (book: Book, now: number) => T): T {
    return this.#locked((book) => {
      const result = body(book, this.now());
      const stamped = { ...event, at: this.now() } as AccessEvent;
      if (this.#options.record === null) keep(book, stamped);
      else if (!this.#options.record(stamped)) {
        throw new UserError(
          "AUDIT_FAILED",
          "the audit log cannot record, so nothing was changed: mend it and start anew",
        );
      }
      return result;
    });
  }

  /** Takes a person out of it, which somebody else puts on record. */
  forget(person: string, scrub: <T>(value: T) => T): void {
    this.#locked((book) => {
      book.people = book.people.filter(({ id }) => id !== person);
      book.keys = book.keys.filter((key) => key.person !== person);
      book.unrecorded = scrub(book.unrecorded);
    });
  }

  #locked<T>(body: (book: Book) => T): T {
    const { file } = this.#options;
    return file.locked(() => {
      const book = parseBook(file.read());
      const result = body(book);
      book.seen = this.now();
      file.write(`${JSON.stringify(book, null, 2)}\n`);
      this.#book = book;
      this.#stamp = file.stamp();
      return result;
    });
  }

  #recordWaiting(): void {
    const { record } = this.#options;
    if (record === null || this.#book.unrecorded.length === 0) return;
    try {
      this.#locked((book) => {
        // A log that fails half-way keeps the rest waiting; one that is told twice is better than one lost.
        while (book.unrecorded.length > 0 && record({ ...book.unrecorded[0], onHost: true })) book.unrecorded.shift();
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
}

function keep(book: Book, event: AccessEvent): void {
  book.unrecorded.push(event);
  if (book.unrecorded.length <= MOST_UNRECORDED) return;
  const [first, second] = book.unrecorded.splice(0, 2);
  const lost = (typeof first.lost === "number" ? first.lost : 1) + (typeof second.lost === "number" ? second.lost : 1);
  book.unrecorded.unshift({ action: "events-lost", who: "host", from: "host", at: second.at, lost });
}
