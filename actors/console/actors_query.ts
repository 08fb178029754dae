/** Listing actors: filter, order, page through, and see them as a tree. Pure functions over one snapshot. */
import type { ActorView } from "../protocol/view.ts";
import { Problem } from "./problem.ts";

export const ACTOR_SORTS = ["path", "mailbox", "handled", "restarts"] as const;
export type ActorSort = typeof ACTOR_SORTS[number];

export interface ActorQuery {
  readonly state?: ActorView["state"];
  readonly type?: string;
  readonly prefix?: string;
  /** A field of ACTOR_SORTS; a leading "-" is largest first. */
  readonly sort: ActorSort | `-${ActorSort}`;
  readonly limit: number;
  readonly cursor?: string;
}

export interface ActorPage {
  readonly items: readonly ActorView[];
  /** Actors that match, on all pages. */
  readonly total: number;
  readonly nextCursor: string | null;
}

/**
 * One page of the actors that match. The cursor holds the sort key and path of the last item, so that paging goes on at
 * the right place although mailboxes change between two pages.
 */
export function listActors(actors: readonly ActorView[], query: ActorQuery): ActorPage {
  const descending = query.sort.startsWith("-");
  const field = (descending ? query.sort.slice(1) : query.sort) as ActorSort;
  const compare = (a: Place, b: Place) => (descending ? -1 : 1) * compareKeys(a.key, b.key) || comparePaths(a, b);
  const matching = actors
    .filter((actor) => matches(actor, query))
    .map((actor) => ({ actor, key: actor[field], path: actor.path }))
    .sort(compare);
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor, query.sort);
  const rest = after === null ? matching : matching.filter((place) => compare(place, after) > 0);
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map((place) => place.actor),
    total: matching.length,
    nextCursor: last !== undefined && rest.length > page.length ? encodeCursor(query.sort, last) : null,
  };
}

interface Place {
  readonly key: string | number;
  readonly path: string;
}

function matches(actor: ActorView, query: ActorQuery): boolean {
  return (query.state === undefined || actor.state === query.state) &&
    (query.type === undefined || actor.type === query.type) &&
    (query.prefix === undefined || actor.path.startsWith(query.prefix));
}

function compareKeys(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePaths(a: Place, b: Place): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function encodeCursor(sort: string, place: Place): string {
  const bytes = new TextEncoder().encode(JSON.stringify([sort, place.key, place.path]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodeCursor(cursor: string, sort: string): Place {
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: "base64url" }));
    const [from, key, path] = JSON.parse(text) as [unknown, unknown, unknown];
    const typed = typeof key === "number" || typeof key === "string";
    if (from === sort && typed && typeof path === "string") return { key, path };
  } catch { /* told below, as any other wrong cursor */ }
  throw new Problem(422, "INVALID_REQUEST", '"cursor" must be the nextCursor of a page with the same sort');
}

export interface ActorTree extends ActorView {
  readonly children: readonly ActorTree[];
}

/** The actors below no other listed actor, with everything under them, at most `depth` levels. */
export function actorTree(actors: readonly ActorView[], depth: number): ActorTree[] {
  const known = new Set(actors.map((actor) => actor.path));
  const children = new Map<string | null, ActorView[]>();
  for (const actor of actors) {
    const parent = actor.parent !== null && known.has(actor.parent) ? actor.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [actor]);
    else siblings.push(actor);
  }
  const grow = (parent: string | null, left: number): ActorTree[] =>
    left === 0 ? [] : (children.get(parent) ?? []).map((actor) => ({ ...actor, children: grow(actor.path, left - 1) }));
  return grow(null, depth);
}
