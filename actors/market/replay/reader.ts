/**
 * A recording as decoded messages: one capture file, or several that continue each other.
 *
 * Use `CaptureReader` to stream it, `firstTimestamp` to know where the clock has to start before anything else exists,
 * and `inspectCapture` to know beforehand whether a recording is sound and what is in it.
 */
import { UserError } from "../../../config/errors.ts";
import type { Micros } from "../../../runtime/mod.ts";
import type { Instrument } from "../../protocol/mod.ts";
import { decode } from "./decode.ts";
import { CaptureLines } from "./lines.ts";
import { CaptureMessage, MessageKind } from "./message.ts";
import { scaleOf } from "./scale.ts";
import { Scanner } from "./scan.ts";

export interface CaptureSource {
  /** Files in the order of recording; each continues the one before. */
  readonly files: readonly string[];
  /** Gives tick and lot, which must be those of the recorded market (or divide them). */
  readonly instrument: Instrument;
  /** Symbol in the recorded messages, default the instrument's. */
  readonly symbol?: string;
}

/** How many messages of each kind were read. */
export interface CaptureCounts {
  messages: number;
  diffs: number;
  snapshots: number;
  trades: number;
  tops: number;
  offBook: number;
  /** Changes of single levels in the diffs. */
  levelUpdates: number;
  /** By stream name; messages this reader does not know are counted and passed over. */
  readonly unknown: Map<string, number>;
}

/** Receives one message; it is filled again for the next, so it must be used up or copied during the call. */
export type MessageHandler = (message: CaptureMessage) => void;

const text = new TextDecoder();

export class CaptureReader {
  readonly counts: CaptureCounts = {
    messages: 0,
    diffs: 0,
    snapshots: 0,
    trades: 0,
    tops: 0,
    offBook: 0,
    levelUpdates: 0,
    unknown: new Map(),
  };
  readonly #source: CaptureSource;
  readonly #symbol: string;
  readonly #scanner: Scanner;
  readonly #message = new CaptureMessage();
  #file = 0;
  #lines: CaptureLines | null = null;
  #lastTime: Micros = 0;
  #handler: MessageHandler = () => {};

  constructor(source: CaptureSource) {
    if (source.files.length === 0) {
      throw new UserError(
        "CAPTURE_MISSING",
        `${source.instrument.symbol}: no capture file was given: name at least one.`,
      );
    }
    this.#source = source;
    this.#symbol = source.symbol ?? source.instrument.symbol;
    this.#scanner = new Scanner(this.#symbol, scaleOf(source.instrument.tick), scaleOf(source.instrument.lot));
  }

  /** "<file>, line <n>" of the message read last, for messages to people. */
  readonly place = (): string => `${this.#lines?.path ?? this.#source.files[0]}, line ${this.#lines?.line ?? 0}`;

  /**
   * Reads about 64 KiB and hands its messages to `handler`, in order; unknown messages are only counted. Resolves false
   * at the end of the last file. Rejects with a UserError (codes CAPTURE_…) or with what the handler threw.
   */
  async read(handler: MessageHandler): Promise<boolean> {
    this.#handler = handler;
    for (;;) {
      const path = this.#source.files[this.#file];
      if (path === undefined) return false;
      this.#lines ??= new CaptureLines(path);
      if (await this.#lines.read(this.#line)) return true;
      this.#lines = null;
      this.#file++;
    }
  }

  /** Reads everything. */
  async readAll(handler: MessageHandler): Promise<void> {
    try {
      while (await this.read(handler));
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#file = this.#source.files.length;
    await this.#lines?.close();
    this.#lines = null;
  }

  readonly #line = (line: number, time: Micros, bytes: Uint8Array, start: number, end: number): void => {
    if (time < this.#lastTime) {
      throw new UserError(
        "CAPTURE_TIME",
        `${this.place()}: the file begins before the end of the file in front of it: give the files in the order of recording.`,
      );
    }
    this.#lastTime = time;
    const message = this.#message;
    message.line = line;
    message.time = time;
    if (!this.#scanner.scan(bytes, start, end, message)) {
      decode(text.decode(bytes.subarray(start, end)), this.#symbol, this.#source.instrument, message, this.place);
    }
    const counts = this.counts;
    counts.messages++;
    switch (message.kind) {
      case MessageKind.Diff:
        counts.diffs++;
        counts.levelUpdates += message.levelCount;
        break;
      case MessageKind.Snapshot:
        counts.snapshots++;
        break;
      case MessageKind.Trade:
        counts.trades++;
        break;
      case MessageKind.Top:
        counts.tops++;
        break;
      case MessageKind.OffBook:
        counts.offBook++;
        return;
      case MessageKind.Unknown:
        counts.unknown.set(message.stream, (counts.unknown.get(message.stream) ?? 0) + 1);
        return;
    }
    this.#handler(message);
  };
}

/** Receive time of the first line of a capture. Rejects as `CaptureReader.read`, and CAPTURE_EMPTY when there is none. */
export async function firstTimestamp(path: string): Promise<Micros> {
  const lines = new CaptureLines(path);
  let first: Micros | null = null;
  try {
    while (first === null && await lines.read((_line, time) => first ??= time));
  } catch (error) {
    // A damaged line further on in the same chunk is the business of whoever reads that far.
    if (first === null) throw error;
  } finally {
    await lines.close();
  }
  if (first === null) {
    throw new UserError("CAPTURE_EMPTY", `${path}: the capture has no lines: record it again.`);
  }
  return first;
}

export interface CaptureReport extends Readonly<CaptureCounts> {
  /** Receive times of the first and last message. */
  readonly first: Micros;
  readonly last: Micros;
}

/** Reads a recording once from end to end, checking everything but the continuity of its book. Rejects as `read`. */
export async function inspectCapture(source: CaptureSource): Promise<CaptureReport> {
  const reader = new CaptureReader(source);
  let first: Micros | null = null;
  let last: Micros = 0;
  try {
    await reader.readAll((message) => {
      first ??= message.time;
      last = message.time;
    });
  } finally {
    await reader.close();
  }
  if (first === null) {
    throw new UserError(
      "CAPTURE_EMPTY",
      `${source.files.join(", ")}: the capture has no market data messages: record it again.`,
    );
  }
  return { ...reader.counts, first, last };
}
