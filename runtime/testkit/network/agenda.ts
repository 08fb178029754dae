/** What is going to happen in the time that all nodes share: a heap, earliest first; of one moment, in the order of setting. */
import type { Micros } from "../../mod.ts";

/** Whose moment it is: a life that is over, or stands still, does not come to it. */
export interface Owner {
  readonly over: boolean;
  /** Nothing of it happens before. */
  readonly frozenUntil: Micros;
}

export interface Entry {
  time: Micros;
  readonly order: number;
  readonly owner: Owner;
  readonly happens: () => void;
  cancelled: boolean;
}

const before = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

export class Agenda {
  private readonly heap: Entry[] = [];
  private set = 0;

  at(time: Micros, owner: Owner, happens: () => void): Entry {
    const entry: Entry = { time, order: ++this.set, owner, happens, cancelled: false };
    this.push(entry);
    return entry;
  }

  /** The earliest time; Infinity: nothing is left. */
  get next(): Micros {
    while (this.heap.length > 0) {
      const [first] = this.heap;
      if (first.cancelled || first.owner.over) this.pop();
      else if (first.owner.frozenUntil > first.time) {
        this.pop();
        first.time = first.owner.frozenUntil;
        this.push(first);
      } else return first.time;
    }
    return Infinity;
  }

  /** Takes out the earliest. Only after `next` said that there is one. */
  take(): Entry {
    return this.pop();
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
