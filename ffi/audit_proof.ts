/** Proofs about a log on disk, for somebody who has nothing but a root. */
import { check, hex, utf8 } from "./handle.ts";
import { core } from "./library.ts";

/** Hashes are hexadecimal; `path` is lowest first, as RFC 6962, section 2.1, has it. */
export interface InclusionProof {
  readonly index: number;
  /** Records in the log that the proof is about. */
  readonly size: number;
  /** SHA-256(0x00 || header || padded payload) of the record. */
  readonly leaf: string;
  readonly path: readonly string[];
  /** Root of the tree of that size. */
  readonly root: string;
}

export interface ConsistencyProof {
  /** Records in the earlier log and in the later one. */
  readonly earlier: number;
  readonly later: number;
  readonly earlierRoot: string;
  readonly laterRoot: string;
  readonly path: readonly string[];
}

const HASH = 32;
const PATH_AT = 8 + 2 * HASH;

/** Proves that a record is in the log of its first `size` records; without a size, in the whole log as it is now. */
export function proveInclusion(directory: string, index: number, size?: number): InclusionProof {
  const out = new Uint8Array(PATH_AT + 64 * HASH);
  const path = utf8(directory);
  const count = check(core().cwts_audit_prove(path, path.length, index, size ?? 0, out, out.length));
  return { index, size: sizeOf(out), leaf: hash(out, 8 + HASH), path: pathOf(out, count), root: hash(out, 8) };
}

/** Proves that the log of the first `earlier` records is the beginning of the log of the first `later`. */
export function proveBeginning(directory: string, earlier: number, later?: number): ConsistencyProof {
  const out = new Uint8Array(PATH_AT + 64 * HASH);
  const path = utf8(directory);
  const count = check(core().cwts_audit_prove_beginning(path, path.length, earlier, later ?? 0, out, out.length));
  return {
    earlier,
    later: sizeOf(out),
    earlierRoot: hash(out, 8 + HASH),
    laterRoot: hash(out, 8),
    path: pathOf(out, count),
  };
}

const hash = (bytes: Uint8Array, at: number): string => hex(bytes.subarray(at, at + HASH));
const sizeOf = (bytes: Uint8Array): number => Number(new DataView(bytes.buffer).getBigUint64(0, true));
const pathOf = (bytes: Uint8Array, count: number): string[] =>
  Array.from({ length: count }, (_, i) => hash(bytes, PATH_AT + i * HASH));
