/**
 * The actors right below one parent, or the roots: in start order, and by name.
 *
 * Most parents have few children, and of few a list is searched sooner than a table is built; a parent of many gets one.
 */

/** Most that are searched one by one. */
const FEW = 16;

export class Siblings<T extends { readonly name: string }> implements Iterable<T> {
  private few: T[] | null = [];
  private many: Map<string, T> | null = null;

  get size(): number {
    return this.few === null ? this.many!.size : this.few.length;
  }

  find(name: string): T | undefined {
    const { few } = this;
    if (few === null) return this.many!.get(name);
    for (let i = 0; i < few.length; i++) if (few[i].name === name) return few[i];
    return undefined;
  }

  /** Puts it last. Its name must not be taken by another. */
  add(one: T): void {
    if (this.few === null) this.many!.set(one.name, one);
    else if (this.few.length < FEW) this.few.push(one);
    else {
      this.many = new Map(this.few.map((other) => [other.name, other]));
      this.many.set(one.name, one);
      this.few = null;
    }
  }

  delete(one: T): void {
    const { few } = this;
    if (few === null) this.many!.delete(one.name);
    else {
      const at = few.indexOf(one);
      if (at < 0) return;
      // Without the array of what was taken out that splice makes.
      for (let i = at + 1; i < few.length; i++) few[i - 1] = few[i];
      few.pop();
    }
  }

  /** All, last started first, as they are now: those that leave meanwhile are among them. */
  reversed(): readonly T[] {
    const all = [...this];
    return all.length > 1 ? all.reverse() : all;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.few === null ? this.many!.values() : this.few.values();
  }
}
