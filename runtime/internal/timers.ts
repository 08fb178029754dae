/**
 * Everything that will happen at a moment of virtual time, in one binary heap.
 *
 * Order is (time, sequence of setting), so it is total and does not depend on the heap's shape. An entry knows its slot,
 * so cancelling removes it at once: a million answered asks leave nothing behind.
 */
import type { Micros } from "../time.ts";

/** Something that is due once at `time`. */
export abstract class Timed {
  time: Micros = 0;
  sequence = 0;
  /** Index in the heap; −1 while not waiting. */
  slot = -1;

  /** Runs when the clock has reached `time`. */
  abstract fire(): void;
}

function before(a: Timed, b: Timed): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

export class TimerQueue {
  private readonly heap: Timed[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  peek(): Timed | undefined {
    return this.heap[0];
  }

  add(entry: Timed, time: Micros): void {
    entry.time = time;
    entry.sequence = this.sequence++;
    this.heap.push(entry);
    this.rise(entry, this.heap.length - 1);
  }

  remove(entry: Timed): void {
    const slot = entry.slot;
    if (slot < 0) return;
    entry.slot = -1;
    const last = this.heap.pop()!;
    if (last === entry) return;
    if (slot > 0 && before(last, this.heap[(slot - 1) >> 1])) this.rise(last, slot);
    else this.sink(last, slot);
  }

  private rise(entry: Timed, slot: number): void {
    const heap = this.heap;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[slot] = heap[parent];
      heap[slot].slot = slot;
      slot = parent;
    }
    heap[slot] = entry;
    entry.slot = slot;
  }

  private sink(entry: Timed, slot: number): void {
    const heap = this.heap;
    const size = heap.length;
    for (;;) {
      let child = slot * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[slot] = heap[child];
      heap[slot].slot = slot;
      slot = child;
    }
    heap[slot] = entry;
    entry.slot = slot;
  }
}
