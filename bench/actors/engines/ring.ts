/** A queue for the floors: a ring over an array whose length is a power of two. */
const SMALLEST = 8;

export class PowerRing<T> {
  private items: (T | undefined)[] = new Array(SMALLEST).fill(undefined);
  private head = 0;
  count = 0;

  push(item: T): void {
    if (this.count === this.items.length) this.grow();
    this.items[(this.head + this.count++) & (this.items.length - 1)] = item;
  }

  /** Only valid while `count` is above 0. */
  shift(): T {
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.count--;
    return item as T;
  }

  private grow(): void {
    const old = this.items;
    const bigger: (T | undefined)[] = new Array(old.length * 2).fill(undefined);
    for (let i = 0; i < this.count; i++) bigger[i] = old[(this.head + i) & (old.length - 1)];
    this.items = bigger;
    this.head = 0;
  }
}
