/**
 * Room for records that are handed on in messages.
 *
 * Every batch needs memory of its own, because its receiver owns it. An ArrayBuffer for each is what the garbage collector
 * minds most: it is tracked and freed one by one. An arena cuts batches from large buffers, which go when the last batch in
 * them has gone.
 */

/** 256 records of 64 bytes: fresh memory costs about a microsecond per page, and one order pays for the whole chunk. */
const CHUNK_BYTES = 16 * 1024;

export class RecordArena {
  #chunk = new Uint8Array(CHUNK_BYTES);
  #used = 0;

  /** `length` bytes that nobody else has; not cleared. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > CHUNK_BYTES / 4) return new Uint8Array(length);
    if (this.#used + length > CHUNK_BYTES) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    return this.#chunk.subarray(this.#used, this.#used += length);
  }

  /** A copy of the first `length` bytes of `source`. */
  copy(source: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
    const room = this.take(length);
    room.set(length === source.length ? source : source.subarray(0, length));
    return room;
  }
}
