/** What all native handles share: they are closed once, and a status that is a code becomes an error. */
import { NativeError } from "./errors.ts";
import { Code } from "./layout.gen.ts";
import { core } from "./library.ts";

export { plain } from "./plain.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const sentence = new Uint8Array(1024);

/** Status for "there is none", which no code uses. */
export const NONE = -1;

/** The status, or the error it stands for. */
export function check(status: number): number {
  if (status < 0) throw failure(-status);
  return status;
}

/** The error for a code the last call of this thread returned. */
export function failure(code: number): NativeError {
  const { cwts_last_error, cwts_last_call } = core();
  const detail = text(sentence, Math.max(0, cwts_last_error(sentence, sentence.length)));
  const call = text(sentence, Math.max(0, cwts_last_call(sentence, sentence.length)));
  return NativeError.of(code, detail, call === "" ? null : call);
}

/** The handle, or the error it stands for. */
export function opened(result: bigint): bigint {
  if (result < 0n) throw failure(Number(-result));
  return result;
}

/** Refuses a batch that its buffer does not hold: the core trusts lengths. */
export function checkBatch(buffer: Uint8Array, count: number, size: number): void {
  if (count >= 0 && count * size <= buffer.byteLength && Number.isInteger(count) && count <= MOST_RECORDS) return;
  checkBuffer(buffer, "the records");
  throw NativeError.of(
    Code.BadArgument,
    `${count} records of ${size} bytes are not in a buffer of ${buffer.byteLength} bytes`,
  );
}

/** Refuses a buffer that is not there any more, which would look like one of no bytes. */
export function checkBuffer(buffer: Uint8Array, what: string): void {
  if (buffer.byteLength > 0 || !(buffer.buffer as ArrayBuffer).detached) return;
  throw NativeError.of(Code.BadArgument, `the buffer of ${what} was given away (it is detached)`);
}

/** Counts cross as 32 bits. */
const MOST_RECORDS = 0xffffffff;

/** A view as the bindings want it. */
export type NativeBytes = Uint8Array<ArrayBuffer>;

/** Any view as a call takes it; shared memory is welcome. */
export function bytes(view: Uint8Array): NativeBytes {
  return view as NativeBytes;
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function text(buffer: Uint8Array, length: number): string {
  return decoder.decode(buffer.subarray(0, length));
}

export function hex(buffer: Uint8Array): string {
  let digits = "";
  for (const byte of buffer) digits += byte.toString(16).padStart(2, "0");
  return digits;
}

/** A native object. Not closing it keeps its memory and, for a log, its lock until the process ends. */
export abstract class NativeHandle implements Disposable {
  readonly #close: (handle: bigint) => number;
  #handle: bigint;

  protected constructor(handle: bigint, close: (handle: bigint) => number) {
    this.#handle = handle;
    this.#close = close;
  }

  /** For the typed handles in this room; 0, which is no handle, once closed. */
  get handle(): bigint {
    return this.#handle;
  }

  /** Closes the native object; again does nothing. */
  close(): void {
    if (this.#handle === 0n) return;
    const handle = this.#handle;
    this.#handle = 0n;
    check(this.#close(handle));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
