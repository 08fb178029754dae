/**
 * Recordings of one or more instruments, merged by receive time and read ahead in bounded memory.
 *
 * Belongs to the node, not to the feed actor: it knows how far it has been played, so a restarted actor goes on where
 * the last one stopped. A recording that cannot be read to its end (cut off, damaged, not ours) ends there: the exchange
 * hears a Gap with the reason and Ended, and `faults` has the error for the operator. Everything else that goes wrong is
 * a bug and is thrown.
 */
import { UserError } from "../../../config/errors.ts";
import type { Micros } from "../../../runtime/mod.ts";
import type { Recorded } from "../../protocol/mod.ts";
import { Translator } from "../binance/translator.ts";
import { type CaptureCounts, CaptureReader, type CaptureSource } from "./reader.ts";

/**
 * Messages kept ready per instrument, some ten seconds of a busy market; a chunk of the file, some 220 messages, may come
 * on top. While they last, a slow disk is not noticed.
 */
export const READ_AHEAD = 8192;

/** First in, first out, without moving what waits. */
class Waiting {
  #items: Recorded[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): Recorded | undefined {
    return this.#items[this.#head];
  }

  push(item: Recorded): void {
    this.#items.push(item);
  }

  shift(): void {
    if (++this.#head < READ_AHEAD && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

class Track {
  readonly reader: CaptureReader;
  readonly translator: Translator;
  readonly waiting = new Waiting();
  read = false;
  fault: UserError | null = null;

  constructor(readonly source: CaptureSource) {
    this.reader = new CaptureReader(source);
    this.translator = new Translator(source.instrument.id);
  }

  async fill(): Promise<void> {
    try {
      while (!this.read && this.waiting.size < READ_AHEAD) {
        if (
          !(await this.reader.read((message) => {
            const recorded = this.translator.translate(message);
            if (recorded !== null) this.waiting.push(recorded);
          }))
        ) this.#end();
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.fault = error;
      this.#end(error.message);
    }
  }

  #end(fault?: string): void {
    this.read = true;
    this.waiting.push(this.translator.end(fault));
  }
}

export interface TrackReport {
  readonly instrument: number;
  readonly counts: Readonly<CaptureCounts>;
  /** Whether the book was complete when last read. */
  readonly live: boolean;
  readonly gaps: number;
  readonly staleTops: number;
}

export class Recording {
  readonly #tracks: readonly Track[];
  #filling: Promise<void> | null = null;
  #delivered = 0;
  #late = 0;

  /** Throws UserError when a source names no file or its instrument cannot be read exactly. Opens nothing yet. */
  constructor(sources: readonly CaptureSource[]) {
    this.#tracks = sources.map((source) => new Track(source));
  }

  /** Messages handed on so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Messages handed on after their time, because the disk hung or the feed was down. */
  get late(): number {
    return this.#late;
  }

  /** Whether everything was read and handed on. */
  get ended(): boolean {
    return this.#tracks.every((track) => track.read && track.waiting.size === 0);
  }

  /** Whether `next` cannot know what comes next before `fill` has resolved. */
  get starved(): boolean {
    return this.#tracks.some((track) => !track.read && track.waiting.size === 0);
  }

  /** Whether it is time to read ahead. */
  get low(): boolean {
    return this.#tracks.some((track) => !track.read && track.waiting.size < READ_AHEAD / 2);
  }

  /** What made recordings end early. */
  get faults(): readonly UserError[] {
    return this.#tracks.flatMap(({ fault }) => fault === null ? [] : [fault]);
  }

  /** The earliest message not handed on; undefined when ended. Only valid while not `starved`. */
  get next(): Recorded | undefined {
    return this.#earliest()?.waiting.first;
  }

  /** Marks `next` as handed on at `now`. */
  shift(now: Micros): void {
    const track = this.#earliest();
    if (track === undefined) return;
    if (track.waiting.first!.time < now) this.#late++;
    track.waiting.shift();
    this.#delivered++;
  }

  /** Reads ahead. Calls while it is reading share one promise. Rejects only on a bug. */
  fill(): Promise<void> {
    return this.#filling ??= Promise.all(this.#tracks.map((track) => track.fill())).then(
      () => {
        this.#filling = null;
      },
      (error) => {
        this.#filling = null;
        throw error;
      },
    );
  }

  /** Receive time of the first message. Reads ahead. */
  async start(): Promise<Micros> {
    await this.fill();
    return this.next?.time ?? 0;
  }

  report(): readonly TrackReport[] {
    return this.#tracks.map(({ source, reader, translator }) => ({
      instrument: source.instrument.id,
      counts: reader.counts,
      live: translator.builder.live,
      gaps: translator.builder.losses,
      staleTops: translator.staleTops,
    }));
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    await Promise.all(this.#tracks.map(({ reader }) => reader.close()));
  }

  #earliest(): Track | undefined {
    let earliest: Track | undefined;
    for (const track of this.#tracks) {
      const first = track.waiting.first;
      if (first !== undefined && (earliest === undefined || first.time < earliest.waiting.first!.time)) {
        earliest = track;
      }
    }
    return earliest;
  }
}
