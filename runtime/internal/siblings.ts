/** The actors right below one parent, or the roots: in start order, and by name. */
export class Siblings<T extends { readonly name: string }> implements Iterable<T> {
  private readonly byName = new Map<string, T>();

  find(name: string): T | undefined {
    return this.byName.get(name);
  }

  /** Puts it last. Its name must not be taken by another. */
  add(one: T): void {
    this.byName.set(one.name, one);
  }

  delete(one: T): void {
    this.byName.delete(one.name);
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.byName.values();
  }
}
