/** A journal in memory: for tests, and for actors that need to survive their own crashes but not the process. */
import { checkSequence, type EventJournal, type StoredEvent, type StoredSnapshot, WriterFenced } from "./journal.ts";

interface Stream {
  epoch: number;
  readonly events: StoredEvent[];
  snapshot: StoredSnapshot | null;
}

export class MemoryJournal implements EventJournal {
  private readonly streams = new Map<string, Stream>();

  claim(id: string): number {
    return ++this.stream(id).epoch;
  }

  append(id: string, epoch: number, events: readonly StoredEvent[]): void {
    const stream = this.held(id, epoch);
    checkSequence(id, stream.events.length, events);
    // A copy, as any other journal would keep: what its actor changes later did not happen.
    for (const event of events) stream.events.push(structuredClone(event));
  }

  read(id: string, from: number): readonly StoredEvent[] {
    return structuredClone(this.stream(id).events.slice(from - 1));
  }

  saveSnapshot(id: string, epoch: number, snapshot: StoredSnapshot): void {
    this.held(id, epoch).snapshot = structuredClone(snapshot);
  }

  loadSnapshot(id: string): StoredSnapshot | null {
    return structuredClone(this.stream(id).snapshot);
  }

  private held(id: string, epoch: number): Stream {
    const stream = this.stream(id);
    if (epoch !== stream.epoch) throw new WriterFenced(id, epoch, stream.epoch);
    return stream;
  }

  private stream(id: string): Stream {
    let stream = this.streams.get(id);
    if (stream === undefined) this.streams.set(id, stream = { epoch: 0, events: [], snapshot: null });
    return stream;
  }
}
