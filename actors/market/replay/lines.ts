/**
 * Lines of a capture file: gzip, each `<local_recv_ns> <raw JSON>`, streamed in constant memory.
 *
 * A capture may be cut off, damaged, or no capture at all; each of these ends in one sentence that names the file, the
 * line and the way out. gzip's checksum stands at the end of the file, so a damaged file may hand out lines before the
 * damage is known: whoever must know beforehand reads the file once with `inspectCapture`.
 */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { TransformOptions } from "node:stream";
import { createGunzip, type ZlibOptions } from "node:zlib";
import { UserError } from "../../../config/errors.ts";
import type { Micros } from "../../../runtime/mod.ts";

/** Bytes read, and decompressed, at a time: parsed in well under a millisecond, so nobody waits long for their turn. */
const CHUNK = 64 * 1024;
/**
 * Bytes decompressed ahead of the reader. A chunk takes several rounds of the event loop to come, and a node that plays
 * as fast as it can grants few rounds; decompressed data is there at once.
 */
const DECOMPRESSED_AHEAD = 2 * 1024 * 1024;
/** A longer line is not a market data message. */
export const MAX_LINE = 16 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
/** Digits of nanoseconds since the epoch, from 2001 to 2286; the first sixteen are the microseconds. */
const STAMP = 19;
const MICROS_DIGITS = 16;

/** Receives one line: the JSON is bytes[start, end), valid only during the call. */
export type LineHandler = (line: number, time: Micros, bytes: Uint8Array, start: number, end: number) => void;

export class CaptureLines {
  readonly path: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** The beginning of a line whose end is not read yet is bytes [0, #kept). */
  #rest = new Uint8Array(4 * CHUNK);
  #kept = 0;
  #line = 0;
  #time: Micros = 0;
  #nanos = 0;
  #ended = false;

  constructor(path: string) {
    this.path = path;
    this.#chunks = open(path);
  }

  /** Number of the last line handed out, from 1. */
  get line(): number {
    return this.#line;
  }

  /**
   * Reads one chunk and hands its complete lines to `handle`. Resolves false at the end of the file. Rejects with
   * UserError CAPTURE_MISSING, CAPTURE_TRUNCATED, CAPTURE_CORRUPT, CAPTURE_LINE or CAPTURE_TIME, or what `handle` threw.
   */
  async read(handle: LineHandler): Promise<boolean> {
    if (this.#ended) return false;
    let next: IteratorResult<Uint8Array>;
    try {
      next = await this.#chunks.next();
    } catch (error) {
      this.#ended = true;
      throw explain(this.path, this.#line, error);
    }
    if (next.done) {
      this.#ended = true;
      if (this.#kept > 0) this.#hand(this.#rest, 0, this.#kept, handle);
      return false;
    }
    this.#split(next.value, handle);
    return true;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }

  #split(chunk: Uint8Array, handle: LineHandler): void {
    let start = 0;
    if (this.#kept > 0) {
      const end = chunk.indexOf(NEWLINE);
      const length = end < 0 ? chunk.length : end;
      this.#keep(chunk, 0, length);
      if (end < 0) return;
      const whole = this.#kept;
      this.#kept = 0;
      this.#hand(this.#rest, 0, whole, handle);
      start = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#hand(chunk, start, end, handle);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk, start, chunk.length);
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#kept + to - from;
    if (needed > MAX_LINE) {
      throw new UserError(
        "CAPTURE_LINE",
        `${this.path}, line ${this.#line + 1}: the line is longer than ${MAX_LINE} bytes: this is not a capture of ` +
          `market data.`,
      );
    }
    if (needed > this.#rest.length) {
      const larger = new Uint8Array(Math.min(MAX_LINE, Math.max(needed, 2 * this.#rest.length)));
      larger.set(this.#rest.subarray(0, this.#kept));
      this.#rest = larger;
    }
    this.#rest.set(chunk.subarray(from, to), this.#kept);
    this.#kept = needed;
  }

  #hand(bytes: Uint8Array, start: number, end: number, handle: LineHandler): void {
    this.#line++;
    if (end > start && bytes[end - 1] === RETURN) end--;
    const before = this.#time;
    const nanosBefore = this.#nanos;
    if (!this.#stamp(bytes, start, end)) {
      throw new UserError(
        "CAPTURE_LINE",
        `${this.path}, line ${this.#line}: the line does not begin with a receive time of 19 digits (nanoseconds) and a ` +
          `space: remove the line or record the capture again.`,
      );
    }
    if (this.#time < before || (this.#time === before && this.#nanos < nanosBefore)) {
      throw new UserError(
        "CAPTURE_TIME",
        `${this.path}, line ${this.#line}: the receive time goes backwards: sort the capture by its first column.`,
      );
    }
    handle(this.#line, this.#time, bytes, start + STAMP + 1, end);
  }

  /** Reads the receive time in front of a line. False when there is none. */
  #stamp(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start <= STAMP || bytes[start + STAMP] !== SPACE) return false;
    let micros = 0;
    let nanos = 0;
    for (let i = 0; i < STAMP; i++) {
      const digit = bytes[start + i] - ZERO;
      if (digit < 0 || digit > 9) return false;
      if (i < MICROS_DIGITS) micros = micros * 10 + digit;
      else nanos = nanos * 10 + digit;
    }
    this.#time = micros;
    this.#nanos = nanos;
    return true;
  }
}

async function* open(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  // A zlib stream takes the options of a Transform as well; the types do not say so.
  const options: ZlibOptions & TransformOptions = { chunkSize: CHUNK, readableHighWaterMark: DECOMPRESSED_AHEAD };
  const gunzip = createGunzip(options);
  file.on("error", (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } finally {
    file.destroy();
    gunzip.destroy();
    // A read may be on its way; the file is let go of when it has come back, not before.
    if (!file.closed) await once(file, "close");
  }
}

function explain(path: string, line: number, error: unknown): Error {
  const code = (error as { code?: unknown }).code;
  switch (code) {
    case "ENOENT":
      return new UserError("CAPTURE_MISSING", `${path}: there is no such file: give the path of a gzip capture.`);
    case "EISDIR":
      return new UserError("CAPTURE_MISSING", `${path}: this is a directory: give the path of a gzip capture.`);
    case "EACCES":
    case "EPERM":
      return new UserError("CAPTURE_MISSING", `${path}: the file may not be read: change its permissions.`);
    case "Z_BUF_ERROR":
      return new UserError(
        "CAPTURE_TRUNCATED",
        `${path}: the file ends in the middle of its gzip data, after line ${line}: copy it again or record it again.`,
      );
    case "Z_DATA_ERROR":
      return new UserError(
        "CAPTURE_CORRUPT",
        `${path}: the gzip data is damaged or no gzip data at all, after line ${line}: copy it again or record it again.`,
      );
    default:
      return error instanceof Error ? error : new Error(String(error));
  }
}
