/** The supervision tree as rows to draw: order, depth and the lines between them. Pure. */
import type { ActorView } from "../../protocol/view.ts";
// @ts-types="./d3_hierarchy.d.ts"
import { type HierarchyNode, stratify } from "d3-hierarchy";

export interface TreeRow {
  readonly actor: ActorView;
  /** 0 for a root. */
  readonly depth: number;
  readonly folded: boolean;
  /** Actors below, shown or not. */
  readonly below: number;
  /** Messages waiting in the actors below, when folded. */
  readonly hiddenMailbox: number;
  /** Row of the parent; -1 for a root. */
  readonly parentRow: number;
}

type Item = { readonly path: string; readonly parent: string | null; readonly actor: ActorView | null };
/** No path: paths hold no NUL. (An empty id would be "no parent" to the library.) */
const ROOT = "\0";

/**
 * Rows in the order of the tree. An actor whose parent is not listed, or that is its own ancestor, stands at the top
 * instead of disappearing.
 */
export function treeRows(actors: readonly ActorView[], folded: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (node: HierarchyNode<Item>, parentRow: number): void => {
    const { actor } = node.data;
    let row = parentRow;
    if (actor !== null) {
      const closed = folded.has(actor.path) && node.children !== undefined;
      row = rows.length;
      const hiddenMailbox = closed ? (node.value ?? 0) - actor.mailbox : 0;
      rows.push({ actor, depth: node.depth - 1, folded: closed, below: below(node), hiddenMailbox, parentRow });
      if (closed) return;
    }
    for (const child of node.children ?? []) visit(child, row);
  };
  const root = stratify<Item>().id((item) => item.path).parentId((item) => item.parent)(items(actors));
  visit(root.sum((item) => item.actor?.mailbox ?? 0), -1);
  return rows;
}

function below(node: HierarchyNode<Item>): number {
  return node.descendants().length - 1;
}

function items(actors: readonly ActorView[]): Item[] {
  const byPath = new Map(actors.map((actor) => [actor.path, actor]));
  const rooted = (actor: ActorView): boolean => {
    const seen = new Set<string>();
    for (let at: ActorView | undefined = actor; at !== undefined; at = byPath.get(at.parent ?? ROOT)) {
      if (seen.has(at.path)) return false;
      seen.add(at.path);
    }
    return true;
  };
  return [
    { path: ROOT, parent: null, actor: null },
    ...[...byPath.values()].map((actor) => {
      const listed = actor.parent !== null && byPath.has(actor.parent) && rooted(actor);
      return { path: actor.path, parent: listed ? actor.parent : ROOT, actor };
    }),
  ];
}
