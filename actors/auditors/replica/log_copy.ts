/**
 * The log of one run, copied into another directory as it grows.
 *
 * What is already there is held against the log byte by byte before anything is added, and nothing that is there is ever
 * written again: a copy that was stopped anywhere is the beginning of the log, and goes on. One that is not is a person's
 * business. A copy ends behind a seal, so that it verifies at every moment, except for what a kill cut short, which the next
 * step completes.
 */
import { join } from "node:path";
import { SinkFault, unwritable } from "./fault.ts";
import { sealedEnd } from "./groups.ts";
import { FileLock } from "./lock.ts";

/** Bytes that are read at once; a group is smaller by far. */
const CHUNK = 4 * 1024 * 1024;
/** Where no group ends within so many bytes there is none: what follows is damage. */
const LARGEST_GROUP = 256 * 1024 * 1024;

const SEGMENT = /^audit-(\d{10})\.log$/;
const nameOf = (segment: number): string => `audit-${String(segment).padStart(10, "0")}.log`;

/** Numbers of the segments in a directory, rising; none when it is not there. */
export function segmentsOf(directory: string): readonly number[] {
  try {
    return [...Deno.readDirSync(directory)]
      .map(({ name }) => SEGMENT.exec(name))
      .flatMap((match) => match === null ? [] : [Number(match[1])])
      .sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

export interface CopyStep {
  /** Whether everything that was sealed when the step began is copied and on the disk. */
  readonly caughtUp: boolean;
}

export class LogCopy implements Disposable {
  readonly from: string;
  readonly to: string;
  #segment = 0;
  /** Offset in the segment behind the last whole group that is in both. */
  #whole = 0;
  /** Length of the copy's segment as it is known. */
  #length = 0;
  #records = 0;
  #bytes = 0;
  #source: Deno.FsFile | null = null;
  #target: Deno.FsFile | null = null;
  /** Tells readers that somebody writes, so that a group that is half there is no damage to them. */
  #lock: FileLock | null = null;

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  /** Sealed records that are in both. */
  get records(): number {
    return this.#records;
  }

  /** Bytes of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Compares and copies up to about `most` bytes, and syncs what it wrote. Throws SinkFault. */
  step(most: number): CopyStep {
    const known = segmentsOf(this.from);
    const last = known.at(-1);
    if (last === undefined) return { caughtUp: true };
    const extra = segmentsOf(this.to).at(-1) ?? 0;
    if (extra > last) throw this.#ahead(extra, 0);
    const end = this.#bytes + most;
    let wrote = false;
    try {
      for (;;) {
        this.#open();
        const moved = this.#advance();
        wrote ||= moved.wrote;
        if (moved.bytes === 0) {
          if (this.#segment === last) return { caughtUp: true };
          this.#finishSegment(known);
          wrote = false;
        } else if (this.#bytes >= end) return { caughtUp: false };
      }
    } catch (error) {
      // A write that failed half way left something: how much is found out when it is tried again.
      this.#close();
      throw error;
    } finally {
      if (wrote) this.#sync();
    }
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#lock?.[Symbol.dispose]();
    this.#lock = null;
  }

  #close(): void {
    this.#source?.close();
    this.#target?.close();
    this.#source = this.#target = null;
  }

  #open(): void {
    if (this.#source !== null) {
      const { size } = this.#target!.statSync();
      if (size !== this.#length || !exists(this.#path(this.to))) throw this.#changed(size);
      return;
    }
    try {
      this.#source = Deno.openSync(this.#path(this.from), { read: true });
    } catch (error) {
      throw this.#unreadable((error as Error).message);
    }
    try {
      Deno.mkdirSync(this.to, { recursive: true, mode: 0o700 });
      this.#lock ??= FileLock.take(join(this.to, "LOCK"));
      const path = this.#path(this.to);
      const isNew = !exists(path);
      this.#target = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
      this.#length = this.#target.statSync().size;
      if (isNew) syncDirectory(this.to);
    } catch (error) {
      throw unwritable("open", error);
    }
    if (this.#length < this.#whole) throw this.#changed(this.#length);
  }

  /** One chunk: what the copy has of it is compared, the rest written. */
  #advance(): { readonly bytes: number; readonly wrote: boolean } {
    for (let size = CHUNK;; size *= 2) {
      const chunk = this.#read(this.#source!, this.#whole, size);
      const { end, records } = sealedEnd(chunk, this.#whole === 0);
      if (end === 0 && chunk.length === size && size < LARGEST_GROUP) continue;
      const had = this.#length - this.#whole;
      const compared = Math.min(had, chunk.length);
      this.#compare(chunk.subarray(0, compared));
      if (had > chunk.length && chunk.length < size) throw this.#ahead(this.#segment, this.#whole + chunk.length);
      if (end === 0) return { bytes: 0, wrote: false };
      const rest = chunk.subarray(Math.min(had, end), end);
      if (rest.length > 0) this.#write(rest);
      this.#whole += end;
      this.#bytes += end;
      if (records !== null) this.#records = records;
      return { bytes: end, wrote: rest.length > 0 };
    }
  }

  #compare(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    let there: Uint8Array;
    try {
      there = this.#read(this.#target!, this.#whole, chunk.length);
    } catch (error) {
      throw unwritable("read", error);
    }
    const at = chunk.findIndex((byte, i) => byte !== there[i]);
    if (at < 0) return;
    throw new SinkFault(
      "REPLICA_DIFFERS",
      `${this.#path(this.to)} differs from the log at byte ${this.#whole + at}: look at both with cwts audit verify ` +
        `--log ${this.from} --against ${this.to}, then move the wrong one away`,
      true,
    );
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#target!.seekSync(this.#length, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const written = this.#target!.writeSync(bytes.subarray(at));
        at += written;
        this.#length += written;
      }
    } catch (error) {
      throw unwritable("write", error);
    }
  }

  #sync(): void {
    try {
      this.#target?.syncDataSync();
    } catch (error) {
      this.#close();
      throw unwritable("sync", error);
    }
  }

  /** A segment that another follows is whole; so is its copy before the next is begun. */
  #finishSegment(known: readonly number[]): void {
    const { size } = this.#source!.statSync();
    if (size !== this.#whole) throw this.#unreadable(`there is no whole group at byte ${this.#whole}`);
    if (!known.includes(this.#segment + 1)) throw this.#unreadable(`segment ${this.#segment + 1} is missing`);
    this.#sync();
    this.#close();
    this.#segment++;
    this.#whole = this.#length = 0;
  }

  #read(file: Deno.FsFile, from: number, most: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, Math.max(0, file.statSync().size - from)));
    file.seekSync(from, Deno.SeekMode.Start);
    let at = 0;
    while (at < bytes.length) {
      const read = file.readSync(bytes.subarray(at));
      if (read === null) break;
      at += read;
    }
    return bytes.subarray(0, at);
  }

  #path(directory: string): string {
    return join(directory, nameOf(this.#segment));
  }

  #ahead(segment: number, byte: number): SinkFault {
    return new SinkFault(
      "REPLICA_AHEAD",
      `${
        join(this.to, nameOf(segment))
      } has more than the log from byte ${byte} on: the log has lost its end, so keep ` +
        `the replica and restore the log from it`,
      true,
    );
  }

  #changed(size: number): SinkFault {
    return new SinkFault(
      "REPLICA_CHANGED",
      `${
        this.#path(this.to)
      } has ${size} bytes and was left with ${this.#length}: somebody else writes it, so find out ` +
        `who, and start the node again`,
      true,
    );
  }

  #unreadable(why: string): SinkFault {
    return new SinkFault(
      "LOG_UNREADABLE",
      `${this.#path(this.from)} cannot be copied (${why}): check the log with cwts audit verify --log ${this.from}`,
      true,
    );
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  using directory = Deno.openSync(path, { read: true });
  directory.syncSync();
}
