/**
 * Where an event-sourced actor keeps what happened: the port, and what every implementation promises.
 *
 * Each `id` is one stream with one writer. A writer first claims the stream, which gives it an epoch higher than any
 * before; from then on whoever holds a lower one cannot append any more. So after a network has split, or a restart has
 * overtaken its predecessor, at most one of two writers goes on.
 */

/** What has happened, as it is kept. `payload` is plain data that survives JSON. */
export interface StoredEvent {
  /** Position in its stream, from 1 without gaps. */
  readonly sequence: number;
  /** Version of the schema it was written with. */
  readonly version: number;
  readonly payload: unknown;
}

export interface StoredSnapshot {
  /** The last event that is in it. */
  readonly sequence: number;
  readonly version: number;
  readonly state: unknown;
}

/** A journal may answer at once or later. */
export type Eventually<T> = T | Promise<T>;

export interface EventJournal {
  /** Makes the caller the only writer; returns its epoch. */
  claim(id: string): Eventually<number>;
  /**
   * Appends events whose sequences follow the stream's last one; all or none, kept when this has returned or resolved.
   * Throws or rejects with WriterFenced when another writer has claimed the stream since.
   */
  append(id: string, epoch: number, events: readonly StoredEvent[]): Eventually<void>;
  /** The events from `from` on, in order. */
  read(id: string, from: number): Eventually<readonly StoredEvent[]>;
  /** Replaces the snapshot of a stream; fenced as `append` is. */
  saveSnapshot(id: string, epoch: number, snapshot: StoredSnapshot): Eventually<void>;
  loadSnapshot(id: string): Eventually<StoredSnapshot | null>;
}

/** Another writer has taken over. */
export class WriterFenced extends Error {
  override readonly name = "WriterFenced";
  readonly code = "WRITER_FENCED";

  constructor(id: string, epoch: number, current: number) {
    super(`"${id}" is written by epoch ${current} now: epoch ${epoch} has to stop.`);
  }
}

/** Events do not follow what is there: two writers, or a journal that lost something. */
export class JournalGap extends Error {
  override readonly name = "JournalGap";
  readonly code = "JOURNAL_GAP";

  constructor(id: string, expected: number, found: number) {
    super(`"${id}" goes on with event ${expected}, not with ${found}.`);
  }
}

/** Throws JournalGap unless the events follow `last` without a gap. For implementations. */
export function checkSequence(id: string, last: number, events: readonly StoredEvent[]): void {
  events.forEach(({ sequence }, i) => {
    if (sequence !== last + 1 + i) throw new JournalGap(id, last + 1 + i, sequence);
  });
}
