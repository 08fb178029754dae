/**
 * A growing first-in-first-out ring over one array: mailboxes and the run queue.
 *
 * Capacity is a power of two and only grows; push and shift allocate nothing once the ring has reached its size.
 */
const SMALLEST = 8;

// Every idle actor owns a ring; all of them share this array until their first message.
const NOTHING: never[] = [];

export class Ring<T> {
  count = 0;
  private head = 0;
  private items: (T | undefined)[] = NOTHING;

  push(item: T): void {
    if (this.count === this.items.length) this.grow();
    this.items[(this.head + this.count) & (this.items.length - 1)] = item;
    this.count++;
  }

  /** The oldest item. Only valid while `count` is above 0: callers test it, because items may be undefined themselves. */
  shift(): T {
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.count--;
    return item as T;
  }

  /** The item `index` places behind the oldest, which takes its place. Only valid while `index` is below `count`. */
  take(index: number): T {
    const mask = this.items.length - 1;
    const at = (this.head + index) & mask;
    const item = this.items[at];
    this.items[at] = this.items[this.head];
    this.items[this.head] = item;
    return this.shift();
  }

  /** Oldest first, without taking anything out. */
  toArray(): T[] {
    const out: T[] = [];
    for (let i = 0; i < this.count; i++) out.push(this.items[(this.head + i) & (this.items.length - 1)] as T);
    return out;
  }

  /** Forgets everything and gives the array back. */
  clear(): void {
    this.items = NOTHING;
    this.head = 0;
    this.count = 0;
  }

  private grow(): void {
    const old = this.items;
    const bigger: (T | undefined)[] = new Array(Math.max(SMALLEST, old.length * 2)).fill(undefined);
    for (let i = 0; i < this.count; i++) bigger[i] = old[(this.head + i) & (old.length - 1)];
    this.items = bigger;
    this.head = 0;
  }
}
