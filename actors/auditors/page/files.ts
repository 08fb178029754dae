/** What the files are that a person dropped, by what is in them and not by their names. */
import { type Checkpoint, fromHex, type Proof, type PublicKey, readCheckpoint, readKeys } from "../verifier/mod.ts";

export type Dropped =
  | { readonly kind: "proof"; readonly proof: Proof; readonly checkpoint: Checkpoint | null }
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint }
  | { readonly kind: "keys"; readonly keys: readonly PublicKey[] }
  | { readonly kind: "segment"; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: "unknown"; readonly why: string };

export const KIND_NAMES: Readonly<Record<Dropped["kind"], string>> = {
  proof: "a proof",
  checkpoint: "a checkpoint",
  keys: "public keys",
  segment: "a segment of a log",
  unknown: "not understood",
};

/** Never throws: what is wrong with a file is said beside its name. */
export function understand(bytes: Uint8Array): Dropped {
  if (new TextDecoder().decode(bytes.subarray(0, 7)) === "CWTSAUD" && bytes.length >= 32) {
    const number = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(24, true);
    return { kind: "segment", number: Number(number), bytes };
  }
  const text = new TextDecoder().decode(bytes);
  try {
    if (text.trimStart().startsWith("{")) return readProof(JSON.parse(text));
    if (text.includes("\n\n\u2014 ")) return { kind: "checkpoint", checkpoint: readCheckpoint(text) };
    const keys = readKeys(text);
    return keys.length > 0 ? { kind: "keys", keys } : { kind: "unknown", why: "it is empty" };
  } catch (error) {
    return { kind: "unknown", why: error instanceof SyntaxError ? "it is not whole JSON" : (error as Error).message };
  }
}

/** What `audit prove` prints. Throws RangeError. */
function readProof(value: Readonly<Record<string, unknown>>): Dropped {
  const { index, size, leaf, root, path, record, checkpoint } = value;
  const hashes = [leaf, root, ...(Array.isArray(path) ? path : [null])];
  const whole = hashes.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash));
  if (!whole || typeof index !== "number" || typeof size !== "number") {
    throw new RangeError("it is no proof that a record is in a log");
  }
  const [from, to, ...steps] = (hashes as string[]).map(fromHex);
  const proof = {
    index,
    size,
    leaf: from,
    root: to,
    path: steps,
    record: record === undefined ? null : fromHex(`${record}`),
  };
  return { kind: "proof", proof, checkpoint: checkpoint === undefined ? null : readCheckpoint(`${checkpoint}`) };
}
