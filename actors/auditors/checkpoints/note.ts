/**
 * Writing checkpoints and signatures as C2SP has them (tlog-checkpoint, signed-note, tlog-cosignature). The verifier beside this folder reads
 * them, and shares nothing with what writes them.
 */
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { Buffer } from "node:buffer";

/** What a key signs as; the byte goes into the key's id. */
export const SIGNATURE = { log: 1, witness: 4 } as const;

/** The 32 bytes of the public half of an Ed25519 key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const half = key.type === "private" ? createPublicKey(key) : key;
  // RFC 8410: twelve bytes say what it is.
  return new Uint8Array(half.export({ type: "spki", format: "der" }).subarray(12));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function idOf(name: string, kind: number, raw: Uint8Array): Uint8Array {
  return createHash("sha256").update(`${name}\n`).update(Uint8Array.of(kind)).update(raw).digest().subarray(0, 4);
}

/** A public key under a name: `NAME+ID+BASE64`. */
export function namedKey(name: string, kind: number, key: KeyObject): string {
  const raw = rawPublicKey(key);
  return `${name}+${Buffer.from(idOf(name, kind, raw)).toString("hex")}+${base64(Uint8Array.of(kind, ...raw))}`;
}

export interface Statement {
  /** Names the log. */
  readonly origin: string;
  readonly records: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Seconds since the Unix epoch. */
  readonly time: number;
}

/** What is signed: three lines of C2SP, and the time, by which a verifier knows which key was in use. */
export const checkpointText = ({ origin, records, root, time }: Statement): string =>
  `${origin}\n${records}\n${Buffer.from(root, "hex").toString("base64")}\ntime ${Math.floor(time)}\n`;

/** A checkpoint with a signature of every key. */
export function signedCheckpoint(statement: Statement, keys: readonly KeyObject[]): string {
  const text = checkpointText(statement);
  return `${text}\n${
    keys.map((key) => signatureLine(statement.origin, SIGNATURE.log, key, sign(null, Buffer.from(text), key))).join("")
  }`;
}

/** The line by which a witness says that it saw the signed text at `time`, in seconds since the Unix epoch. */
export function cosignatureLine(name: string, key: KeyObject, text: string, time: number): string {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key);
  return signatureLine(name, SIGNATURE.witness, key, Buffer.concat([stamp, signature]));
}

function signatureLine(name: string, kind: number, key: KeyObject, signature: Uint8Array): string {
  return `\u2014 ${name} ${base64(Buffer.concat([idOf(name, kind, rawPublicKey(key)), signature]))}\n`;
}
