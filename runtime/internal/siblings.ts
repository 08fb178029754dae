/** The actors right below one parent, or the roots: in start order, and by name. */
import type { ActorCell } from "./cell.ts";

export class Siblings implements Iterable<ActorCell> {
  private readonly byName = new Map<string, ActorCell>();

  find(name: string): ActorCell | undefined {
    return this.byName.get(name);
  }

  /** Puts it last. Its name must not be taken by another. */
  add(cell: ActorCell): void {
    this.byName.set(cell.name, cell);
  }

  delete(cell: ActorCell): void {
    this.byName.delete(cell.name);
  }

  [Symbol.iterator](): IterableIterator<ActorCell> {
    return this.byName.values();
  }
}
