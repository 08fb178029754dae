/**
 * Which shards a node should hold: all live nodes work it out from the same two lists, and the leases settle it where they
 * do not see the same. Nobody has more than one shard above another.
 */
export interface Share {
  /** Most shards that this node holds. */
  readonly most: number;
  /** All shards, in the order in which this node asks for them: each node begins elsewhere. */
  readonly order: readonly string[];
}

export function shareOf(shards: readonly string[], nodes: readonly string[], self: string): Share {
  const all = [...new Set([...nodes, self])].sort();
  const place = all.indexOf(self);
  const [least, more] = [Math.floor(shards.length / all.length), shards.length % all.length];
  const begin = place * least + Math.min(place, more);
  return {
    most: least + (place < more ? 1 : 0),
    order: [...shards.slice(begin), ...shards.slice(0, begin)],
  };
}
