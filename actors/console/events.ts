/**
 * `GET /events`: snapshots as server-sent events.
 *
 * The stream is pulled, never pushed: a frame is made when the connection can take one, so a slow reader skips straight
 * to the newest and costs no memory. Between changes a comment goes out often enough for the page to tell a quiet node
 * from a dead one.
 */
import { messageOf } from "./problem.ts";
import type { Sampler } from "./sampler.ts";
import { afterMillis, wallMillis } from "./wall.ts";

/** Silence is broken by a comment after this long, milliseconds. */
export const HEARTBEAT_MS = 2_000;
/** Shortest time between two snapshots of one stream, milliseconds: ten a second. */
export const MIN_INTERVAL_MS = 100;
/** Streams at a time; each open page holds one. */
export const MAX_STREAMS = 64;

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(": heartbeat\n\n");

export interface StreamOptions {
  readonly intervalMs: number;
  readonly lastEventId: string | null;
  /** Asked before everything that is sent; the stream ends when its reader may not read any more. */
  readonly allowed: () => boolean;
}

export interface EventStreams {
  /** Null when MAX_STREAMS are open. */
  open(options: StreamOptions): ReadableStream | null;
  readonly size: number;
  /** Ends every stream after what it is sending. */
  close(): void;
}

export function createEventStreams(sampler: Sampler): EventStreams {
  const streams = new Set<EventStream>();
  let closed = false;
  return {
    open({ intervalMs, lastEventId, allowed }) {
      if (closed || streams.size >= MAX_STREAMS) return null;
      const stream = new EventStream(sampler, Math.max(MIN_INTERVAL_MS, intervalMs), lastEventId, allowed, () => {
        streams.delete(stream);
      });
      streams.add(stream);
      return stream.readable;
    },
    get size() {
      return streams.size;
    },
    close() {
      closed = true;
      for (const stream of [...streams]) stream.close();
    },
  };
}

class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #sampler: Sampler;
  readonly #interval: number;
  readonly #allowed: () => boolean;
  readonly #onEnd: () => void;
  readonly #unlisten: () => void;
  #lastEventId: string | null;
  #sentVersion = 0;
  #sentAt = -Infinity;
  #spokeAt = wallMillis();
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(
    sampler: Sampler,
    interval: number,
    lastEventId: string | null,
    allowed: () => boolean,
    onEnd: () => void,
  ) {
    this.#sampler = sampler;
    this.#allowed = allowed;
    this.#interval = interval;
    this.#lastEventId = lastEventId;
    this.#onEnd = onEnd;
    this.#unlisten = sampler.listen(() => this.#wake?.());
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode("retry: 1000\n\n")),
      pull: async (controller) => {
        const bytes = await this.#next();
        if (bytes !== null) return controller.enqueue(bytes);
        this.#end();
        controller.close();
      },
      cancel: () => {
        this.#end();
        this.#wake?.();
      },
    }, { highWaterMark: 1 });
  }

  close(): void {
    this.#ended = true;
    this.#wake?.();
  }

  #end(): void {
    this.#ended = true;
    this.#unlisten();
    this.#onEnd();
  }

  /** Waits for the next thing to send; null when the stream is over. */
  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#ended) return null;
      const now = wallMillis();
      const changed = this.#sampler.version > this.#sentVersion;
      const due = (changed ? this.#changeDue() : this.#spokeAt + HEARTBEAT_MS) - now;
      if (due > 0) {
        await this.#sleep(due, !changed);
        continue;
      }
      if (!this.#allowed()) return null;
      this.#spokeAt = now;
      if (!changed) return HEARTBEAT;
      this.#sentAt = now;
      const bytes = this.#snapshot();
      if (bytes !== null) return bytes;
    }
  }

  /** Not before there is a snapshot with the change in it: the present one may be shared by others and older. */
  #changeDue(): number {
    return Math.max(this.#sentAt + this.#interval, this.#sampler.coversMoreAt(this.#sentVersion));
  }

  /** Null when the reader already has it. A node that cannot answer is told to the reader, who stays connected. */
  #snapshot(): Uint8Array | null {
    try {
      const frame = this.#sampler.frame();
      this.#sentVersion = frame.version;
      const known = frame.id === this.#lastEventId;
      this.#lastEventId = null;
      return known ? null : frame.bytes;
    } catch (error) {
      this.#sentVersion = this.#sampler.version;
      return encoder.encode(`event: problem\ndata: ${JSON.stringify({ detail: messageOf(error) })}\n\n`);
    }
  }

  #sleep(millis: number, untilChange: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#wake = null;
        resolve();
      };
      const cancel = afterMillis(millis, done);
      this.#wake = () => {
        if (untilChange || this.#ended) done();
      };
    });
  }
}
