/**
 * A second verifier of audit logs. It follows `docs/audit.md` and shares no code with the native one: no import outside
 * this folder, no file system, no clock, so it runs in a browser as it is.
 *
 * It reads segments from the first to the last and stops at the first group that is not as it was written. It says where
 * that group begins, not what was done to it; the native verifier does that.
 */
import { sha256 } from "./sha256.ts";
import { equal, GrowingTree, type Hash, leafHash } from "./tree.ts";

export interface LogVerdict {
  readonly ok: boolean;
  /** Records in groups that are good. */
  readonly records: number;
  readonly segments: number;
  /** Root of the tree over them, and chain head behind them. */
  readonly root: Hash;
  readonly chain: Hash;
  /** Where the first bad group or segment header begins, and what is wrong with it; null when nothing is. */
  readonly bad: { readonly segment: number; readonly offset: number; readonly why: string } | null;
}

const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);
const MAGIC = text("CWTSAUD3");
const OTHER_MAGIC = text("CWTSAUD");
const RECORD = text("CWAR");
const SEAL = text("CWSE");
const LINK = Uint8Array.of(2);
const GROUP = Uint8Array.of(3);
const GENESIS = "CWTS audit log 3: sha256(0x02 || previous || magic, records, size, sha256(0x03 || leaves))";
const HASH = 32;
const HEADER = 48;
const SEAL_BYTES = 96;
const LARGEST = 256 * 1024;

/** Verifies the segments of a log, given in order as their whole bytes. */
export function verifyLog(segments: Iterable<Uint8Array>): LogVerdict {
  let [tree, chain, number] = [new GrowingTree(), sha256(text(GENESIS)), 0];
  let bad: LogVerdict["bad"] = null;
  for (const bytes of segments) {
    const fault = headerFault(bytes, number, tree, chain);
    if (fault !== null) {
      bad = { segment: number, offset: 0, why: fault };
      break;
    }
    let at = 128 + HASH * tree.peaks.length;
    while (at < bytes.length && bad === null) {
      const group = readGroup(bytes, at, tree, chain);
      if (typeof group === "string") bad = { segment: number, offset: at, why: group };
      else [at, chain, tree] = [group.end, group.chain, group.tree];
    }
    if (bad !== null) break;
    number++;
  }
  if (number === 0 && bad === null) bad = { segment: 0, offset: 0, why: "there is no segment" };
  return { ok: bad === null, records: tree.size, segments: number, root: tree.root(), chain, bad };
}

const starts = (bytes: Uint8Array, at: number, magic: Uint8Array): boolean =>
  equal(bytes.subarray(at, at + magic.length), magic);
const zero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** What is wrong with the header of a segment that follows `tree` and `chain`. */
function headerFault(bytes: Uint8Array, number: number, tree: GrowingTree, chain: Hash): string | null {
  const { peaks } = tree;
  const size = 128 + HASH * peaks.length;
  if (bytes.length < 128) return "the segment header is cut off";
  if (!starts(bytes, 0, MAGIC)) {
    return starts(bytes, 0, OTHER_MAGIC) ? "this is a log of another format version" : "this is no segment";
  }
  if (bytes.length < size) return "the segment header is cut off";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const checksum = sha256(bytes.subarray(0, 64), bytes.subarray(96, size));
  if (view.getUint32(8, true) !== 3 || view.getUint32(12, true) !== size) return "the segment header has another size";
  if (!zero(bytes.subarray(48, 64)) || !equal(bytes.subarray(64, 96), checksum)) {
    return "the segment header was changed";
  }
  if (view.getBigUint64(24, true) !== BigInt(number)) return "the segment has another number";
  if (view.getBigUint64(32, true) !== BigInt(tree.size)) return "the segment begins with another record";
  const follows = peaks.every((peak, i) => starts(bytes, 96 + i * HASH, peak)) && starts(bytes, size - HASH, chain);
  return follows ? null : "the segment follows another log";
}

/** The end of the group at `at`, and tree and chain behind it; or what is wrong with it. */
function readGroup(
  bytes: Uint8Array,
  at: number,
  tree: GrowingTree,
  chain: Hash,
): { readonly end: number; readonly chain: Hash; readonly tree: GrowingTree } | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const leaves: Hash[] = [];
  while (!starts(bytes, at, SEAL)) {
    if (at + HEADER > bytes.length) return "the group has no seal";
    const length = view.getUint32(at + 4, true);
    const inPlace = view.getBigUint64(at + 16, true) === BigInt(tree.size + leaves.length);
    if (!starts(bytes, at, RECORD) || length > LARGEST || !zero(bytes.subarray(at + 40, at + 48))) {
      return "there is neither a record nor a seal";
    }
    if (!inPlace) return "the record has another number";
    const end = at + HEADER + Math.ceil(length / 8) * 8;
    if (end + HASH > bytes.length) return "the record is cut off";
    const leaf = leafHash(bytes.subarray(at, end));
    if (!starts(bytes, end, leaf)) return "the record was changed";
    leaves.push(leaf);
    at = end + HASH;
  }
  if (at + SEAL_BYTES > bytes.length) return "the seal is cut off";
  if (leaves.length === 0 || view.getUint32(at + 4, true) !== leaves.length) return "the seal is of another group";
  if (view.getBigUint64(at + 8, true) !== BigInt(tree.size + leaves.length)) return "the seal is of another place";
  const link = sha256(LINK, chain, bytes.subarray(at, at + 64));
  if (!zero(bytes.subarray(at + 16, at + 32)) || !starts(bytes, at + 64, link)) return "the seal was changed";
  if (!starts(bytes, at + 32, sha256(GROUP, ...leaves))) return "the records are not those that were sealed";
  return { end: at + SEAL_BYTES, chain: link, tree: tree.with(leaves) };
}
