/**
 * Timers in one binary heap, ordered by (time, sequence of setting): what the runtime had before its wheel, kept as its
 * opponent in `bench/timers.ts` and as its twin in `tests/runtime/timer_wheel_test.ts`.
 */
import { Timed } from "../../runtime/internal/timer_wheel.ts";
import type { Micros } from "../../runtime/time.ts";

/** An entry of the heap; `slot` is its index. */
export abstract class HeapTimed extends Timed {
  sequence = 0;
}

function before(a: HeapTimed, b: HeapTimed): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

export class TimerHeap {
  private readonly heap: HeapTimed[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  peek(): HeapTimed | undefined {
    return this.heap[0];
  }

  add(entry: HeapTimed, time: Micros): void {
    entry.time = time;
    entry.sequence = this.sequence++;
    this.heap.push(entry);
    this.rise(entry, this.heap.length - 1);
  }

  /** A heap has no time of its own. */
  advance(): void {}

  remove(entry: HeapTimed): void {
    const slot = entry.slot;
    if (slot < 0) return;
    entry.slot = -1;
    const last = this.heap.pop()!;
    if (last === entry) return;
    if (slot > 0 && before(last, this.heap[(slot - 1) >> 1])) this.rise(last, slot);
    else this.sink(last, slot);
  }

  private rise(entry: HeapTimed, slot: number): void {
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

  private sink(entry: HeapTimed, slot: number): void {
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
