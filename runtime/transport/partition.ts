/** Which partition the letters of a key go to, on brokers that leave it to us. */

/** FNV-1a over the UTF-16 units of the key; the same on every node and in every version, for a topic outlives both. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  // The low bits of FNV alone are poor for short keys that differ in one character.
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}
