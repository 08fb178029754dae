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
  private readonly byId = new Map<number, ActorCell>();

  add(cell: ActorCell): void {
    this.byId.set(cell.id, cell);
    if (cell.parent === null) this.roots.add(cell);
    else (cell.parent.children ??= new Siblings()).add(cell);
  }

  delete(cell: ActorCell): void {
    this.byId.delete(cell.id);
    if (cell.parent === null) this.roots.delete(cell);
    else cell.parent.children?.delete(cell);
  }

  byNumber(id: number): ActorCell | undefined {
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

  values(): IterableIterator<ActorCell> {
    return this.byId.values();
  }
}
