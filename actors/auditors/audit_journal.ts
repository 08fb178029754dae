/**
 * A journal of event-sourced actors over the audit log: every event and every snapshot is a record in a chain that shows
 * any change, kept when `append` has returned.
 *
 * It has a log of its own, in a directory of its own: the log of a run ends with the run, and an entity outlives it. The
 * log is only ever appended to, so snapshots live in it too, as records; the latest one of a stream counts, and what came
 * before it stays for those who ask for the whole story. One process writes a directory at a time: a second one is refused
 * with `Locked`. Opening reads the log once and cuts a torn last record off; what has not been acknowledged may be gone
 * then, what has been is there, and of one `append` all events or none.
 *
 * In memory is what a recovery needs: the latest snapshot of each stream and the events after it. So give entities that
 * live long a snapshot policy. Earlier events are read from the log, in time proportional to it.
 */
import { RecordType } from "../../ffi/layout.gen.ts";
import { AuditLog, decodeAudit, readAudit } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import {
  checkSequence,
  type EventJournal,
  JournalGap,
  type StoredEvent,
  type StoredSnapshot,
  WriterFenced,
} from "../../runtime/persistence/mod.ts";
import { packed, Unpacker } from "./stream_records.ts";

export interface AuditJournalOptions {
  readonly directory: string;
  /** The node's clock: stamps of the records. */
  readonly now: () => Micros;
  /** Bytes after which a new segment file begins; see `AuditLog`. */
  readonly segmentBytes?: number;
}

interface Stream {
  epoch: number;
  /** Sequence of the last event. */
  last: number;
  /** Index in the log of its first events; -1 while there are none. */
  firstRecord: number;
  /** As JSON, so that nobody shares what was kept. */
  snapshot: string | null;
  /** Sequence of the last event in the snapshot. */
  covered: number;
  /** Events after the snapshot, oldest first, one JSON text for each append. */
  recent: { readonly last: number; readonly json: string }[];
}

export class AuditJournal implements EventJournal, Disposable {
  readonly #log: AuditLog;
  readonly #options: AuditJournalOptions;
  readonly #streams = new Map<string, Stream>();

  /** Throws NativeError: `Locked` when another process writes it, `Corrupt` when the log was changed. */
  constructor(options: AuditJournalOptions) {
    const { directory, segmentBytes } = options;
    this.#options = options;
    this.#log = AuditLog.open({ directory, durability: "batch", segmentBytes });
    try {
      this.#recover();
    } catch (error) {
      this.#log.close();
      throw error;
    }
  }

  /** Whether a torn last record was cut off on opening. */
  get repaired(): boolean {
    return this.#log.repairedAt !== null;
  }

  claim(id: string): number {
    const epoch = (this.#streams.get(id)?.epoch ?? 0) + 1;
    this.#keep(RecordType.StreamClaimed, id, epoch, null);
    const stream = this.#stream(id);
    return stream.epoch = epoch;
  }

  append(id: string, epoch: number, events: readonly StoredEvent[]): void {
    const stream = this.#held(id, epoch);
    checkSequence(id, stream.last, events);
    if (events.length === 0) return;
    const { index, json } = this.#keep(RecordType.StreamAppended, id, epoch, events);
    addEvents(stream, index, events.at(-1)!.sequence, json);
  }

  read(id: string, from: number): readonly StoredEvent[] {
    const stream = this.#streams.get(id);
    if (stream === undefined || from > stream.last) return [];
    const kept = from > stream.covered
      ? stream.recent.filter(({ last }) => last >= from).flatMap(({ json }) => JSON.parse(json) as StoredEvent[])
      : this.#readFromLog(id, stream);
    const events = kept.filter(({ sequence }) => sequence >= from);
    events.forEach(({ sequence }, i) => {
      if (sequence !== from + i) throw new JournalGap(id, from + i, sequence);
    });
    return events;
  }

  saveSnapshot(id: string, epoch: number, snapshot: StoredSnapshot): void {
    const stream = this.#held(id, epoch);
    const { json } = this.#keep(RecordType.StreamSnapshot, id, epoch, snapshot);
    setSnapshot(stream, snapshot.sequence, json);
  }

  loadSnapshot(id: string): StoredSnapshot | null {
    const json = this.#streams.get(id)?.snapshot ?? null;
    return json === null ? null : JSON.parse(json);
  }

  [Symbol.dispose](): void {
    this.#log.close();
  }

  #held(id: string, epoch: number): Stream {
    const stream = this.#stream(id);
    if (epoch !== stream.epoch) throw new WriterFenced(id, epoch, stream.epoch);
    return stream;
  }

  #stream(id: string): Stream {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = { epoch: 0, last: 0, firstRecord: -1, snapshot: null, covered: 0, recent: [] };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  /** On the disk when it returns. Only then may anything in memory change. */
  #keep(type: number, stream: string, epoch: number, body: unknown): { readonly index: number; readonly json: string } {
    const json = JSON.stringify(body);
    let index = -1;
    for (const part of packed(stream, epoch, json)) {
      const at = this.#log.appendJson(type, this.#options.now(), part);
      if (index < 0) index = at;
    }
    this.#log.commit();
    return { index, json };
  }

  #recover(): void {
    const unpacker = new Unpacker();
    for (const record of readAudit(this.#options.directory)) {
      const found = unpacker.take(record, () => decodeAudit(record));
      if (found === null) continue;
      const stream = this.#stream(found.stream);
      stream.epoch = found.epoch;
      if (found.type === RecordType.StreamAppended) {
        addEvents(stream, found.index, (JSON.parse(found.json) as StoredEvent[]).at(-1)!.sequence, found.json);
      } else if (found.type === RecordType.StreamSnapshot) {
        setSnapshot(stream, (JSON.parse(found.json) as StoredSnapshot).sequence, found.json);
      }
    }
  }

  #readFromLog(id: string, { firstRecord }: Stream): StoredEvent[] {
    const unpacker = new Unpacker();
    const events: StoredEvent[] = [];
    for (const record of readAudit(this.#options.directory, firstRecord)) {
      const found = unpacker.take(record, () => decodeAudit(record));
      if (found?.type === RecordType.StreamAppended && found.stream === id) events.push(...JSON.parse(found.json));
    }
    return events;
  }
}

function addEvents(stream: Stream, index: number, last: number, json: string): void {
  if (stream.firstRecord < 0) stream.firstRecord = index;
  stream.last = last;
  stream.recent.push({ last, json });
}

function setSnapshot(stream: Stream, sequence: number, json: string): void {
  stream.snapshot = json;
  stream.covered = sequence;
  stream.recent = stream.recent.filter(({ last }) => last > sequence);
}
