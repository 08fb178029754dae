/**
 * Where sealed groups end in the bytes of a segment. A copy takes whole groups: what has no seal behind it was promised to
 * nobody, and the writer may yet cut it off. Nothing is hashed here; that is what verification is for.
 */

/** "CWAR" and "CWSE", little-endian; see docs/audit.md for the tables. */
const RECORD = 0x52415743;
const SEAL = 0x45535743;
const RECORD_HEADER = 48;
const LEAF = 32;
const SEAL_BYTES = 96;
/** The size of a segment's header stands behind its magic and version. */
const SEGMENT_HEADER_SIZE_AT = 12;
const SEGMENT_HEADER_LEAST = 16;

export interface SealedEnd {
  /** Offset in `bytes` behind the last seal; 0 when no group ends in them. */
  readonly end: number;
  /** Records in the log up to there; null when no group ends in them. */
  readonly records: number | null;
}

/** Of bytes that begin where a group begins, or, with `atStart`, where the segment does. */
export function sealedEnd(bytes: Uint8Array, atStart: boolean): SealedEnd {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let sealed: SealedEnd = { end: 0, records: null };
  if (atStart) {
    if (bytes.length < SEGMENT_HEADER_LEAST) return sealed;
    at = view.getUint32(SEGMENT_HEADER_SIZE_AT, true);
    if (at > bytes.length) return sealed;
    // A segment has its name only once its header is whole, so the header may be copied before any group.
    sealed = { end: at, records: null };
  }
  while (at + RECORD_HEADER <= bytes.length) {
    const magic = view.getUint32(at, true);
    if (magic === RECORD) {
      at += RECORD_HEADER + Math.ceil(view.getUint32(at + 4, true) / 8) * 8 + LEAF;
    } else if (magic === SEAL && at + SEAL_BYTES <= bytes.length) {
      sealed = { end: at + SEAL_BYTES, records: Number(view.getBigUint64(at + 8, true)) };
      at = sealed.end;
    } else break;
  }
  return sealed;
}
