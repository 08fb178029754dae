/** The Merkle tree of RFC 6962, section 2.1, and the check of its proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2). */
import { sha256 } from "./sha256.ts";

export type Hash = Uint8Array<ArrayBuffer>;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (record: Uint8Array): Hash => sha256(LEAF, record);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => sha256(NODE, left, right);

export const equal = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

/** A tree that grows leaf by leaf: the perfect subtrees side by side, largest first. */
export class GrowingTree {
  #peaks: { readonly hash: Hash; readonly leaves: number }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get peaks(): readonly Hash[] {
    return this.#peaks.map(({ hash }) => hash);
  }

  /** The tree with these leaves in addition; this one stays as it is. */
  with(leaves: readonly Hash[]): GrowingTree {
    const tree = new GrowingTree();
    tree.#peaks = [...this.#peaks];
    tree.#size = this.#size;
    leaves.forEach((leaf) => tree.add(leaf));
    return tree;
  }

  add(leaf: Hash): void {
    let [hash, leaves] = [leaf, 1];
    for (let left = this.#peaks.at(-1); left?.leaves === leaves; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      hash = nodeHash(left.hash, hash);
      leaves *= 2;
    }
    this.#peaks.push({ hash, leaves });
    this.#size++;
  }

  root(): Hash {
    const last = this.#peaks.at(-1);
    if (last === undefined) return sha256();
    return this.#peaks.slice(0, -1).reduceRight((right, { hash }) => nodeHash(hash, right), last.hash);
  }
}

/** Whether `path`, lowest first, leads from `leaf` at place `index` to `root` in a tree of `size` leaves. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [place, last, hash] = [BigInt(index), BigInt(size - 1), leaf];
  for (const beside of path) {
    if (last === 0n) return false;
    if (place % 2n === 1n || place === last) {
      hash = nodeHash(beside, hash);
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      hash = nodeHash(hash, beside);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && equal(hash, root);
}

/** Whether `path` shows that the tree of `earlier` leaves is the beginning of the one of `later` leaves. */
export function verifyConsistency(
  earlier: number,
  later: number,
  first: Uint8Array,
  second: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(earlier) || !Number.isSafeInteger(later) || earlier < 0 || earlier > later) return false;
  if (earlier === later) return path.length === 0 && equal(first, second);
  if (earlier === 0) return path.length === 0;
  let [place, last] = [BigInt(earlier - 1), BigInt(later - 1)];
  // A perfect tree is its own first step.
  const perfect = (BigInt(earlier) & place) === 0n;
  const [begin, ...rest] = perfect ? [first, ...path] : path;
  if (begin === undefined || path.length === 0) return false;
  while (place % 2n === 1n) [place, last] = [place / 2n, last / 2n];
  let [old, now] = [begin, begin];
  for (const beside of rest) {
    if (last === 0n) return false;
    if (place % 2n === 1n || place === last) {
      [old, now] = [nodeHash(beside, old), nodeHash(beside, now)];
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      now = nodeHash(now, beside);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && equal(old, first) && equal(now, second);
}
