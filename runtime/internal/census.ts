/**
 * Every actor that is not gone, in start order.
 *
 * Paths are not kept: an actor is found by walking down the tree, because few are ever looked for and a table of paths would
 * be most of what starting an actor costs.
 */
import type { ActorCell } from "./cell.ts";
import { Siblings } from "./siblings.ts";

export class Census {
  readonly roots = new Siblings<ActorCell>();
  private first: ActorCell | null = null;
  private last: ActorCell | null = null;
  /** Made when a number is first looked up, and kept from then on: a system that never asks does not pay for it. */
  private byId: Map<number, ActorCell> | null = null;

  add(cell: ActorCell): void {
    cell.earlier = this.last;
    if (this.last === null) this.first = cell;
    else this.last.later = cell;
    this.last = cell;
    if (this.byId !== null) this.byId.set(cell.id, cell);
    if (cell.parent === null) this.roots.add(cell);
    else (cell.parent.children ??= new Siblings()).add(cell);
  }

  delete(cell: ActorCell): void {
    const { earlier, later } = cell;
    if (earlier === null) this.first = later;
    else earlier.later = later;
    if (later === null) this.last = earlier;
    else later.earlier = earlier;
    cell.earlier = cell.later = null;
    if (this.byId !== null) this.byId.delete(cell.id);
    if (cell.parent === null) this.roots.delete(cell);
    else cell.parent.children?.delete(cell);
  }

  byNumber(id: number): ActorCell | undefined {
    if (this.byId === null) {
      this.byId = new Map();
      for (const cell of this.values()) this.byId.set(cell.id, cell);
    }
    return this.byId.get(id);
  }

  /** The one of that name below `parent`, or among the roots. */
  below(parent: ActorCell | null, name: string): ActorCell | undefined {
    return parent === null ? this.roots.find(name) : parent.children?.find(name);
  }

  /** The one at `path`, such as "/organisms/anglerfish-1". */
  get(path: string): ActorCell | undefined {
    const [start, ...names] = path.split("/");
    if (start !== "" || names.length === 0) return undefined;
    let cell = this.roots.find(names[0]);
    for (let i = 1; cell !== undefined && i < names.length; i++) cell = cell.children?.find(names[i]);
    return cell;
  }

  *values(): Generator<ActorCell> {
    for (let cell = this.first; cell !== null; cell = cell.later) yield cell;
  }
}
