/**
 * The second verifier: logs and proofs, checked by code that shares nothing with the native core and needs nothing from
 * its surroundings. `docs/audit.md` describes what it checks.
 */
export { type LogVerdict, verifyLog } from "./log.ts";
export { sha256 } from "./sha256.ts";
export { GrowingTree, type Hash, leafHash, nodeHash, verifyConsistency, verifyInclusion } from "./tree.ts";

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Throws RangeError when `text` is not pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError("hexadecimal digits come in pairs");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
