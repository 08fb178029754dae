/**
 * How a person stands on the log: a pseudonym, and what was said of the person, encrypted with a key of that person.
 *
 *     (person 3f2a9c0d1e2f3a4b:base64url(nonce ‖ ciphertext ‖ tag))
 *
 * AES-256-GCM with a random nonce of 96 bits for each encryption; the pseudonym, 64 random bits, is authenticated with it.
 * The text is padded with zeros to a multiple of 32 bytes, so that its length does not give a name away.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";

export const KEY_BYTES = 32;
export const PSEUDONYM_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PAD_TO = 32;
const ALGORITHM = "aes-256-gcm";

/** Pseudonym and what is encrypted. */
export const TOKEN = /\(person ([0-9a-f]{16}):([A-Za-z0-9_-]{80,})\)/g;

const bound = (pseudonym: string): Buffer => Buffer.from(`cwts person 1 ${pseudonym}`);

/** `random` must never give the same bytes again. */
export function tokenOf(
  { pseudonym, key }: { readonly pseudonym: string; readonly key: Uint8Array },
  text: string,
  random: (bytes: number) => Uint8Array,
): string {
  const plain = Buffer.from(text);
  const padded = Buffer.alloc(Math.max(1, Math.ceil(plain.length / PAD_TO)) * PAD_TO);
  plain.copy(padded);
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(bound(pseudonym));
  const body = Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()]);
  return `(person ${pseudonym}:${body.toString("base64url")})`;
}

/** Null for what was not encrypted with that key for that pseudonym. */
export function textOf(pseudonym: string, key: Uint8Array, body: string): string | null {
  const bytes = Buffer.from(body, "base64url");
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(bound(pseudonym))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const padded = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return padded.toString().replace(/\0+$/, "");
  } catch {
    return null;
  }
}

export const forgottenText = (pseudonym: string): string => `(forgotten person ${pseudonym})`;
/** Of whom there is no key here, and nothing says that there was one. */
export const unknownText = (pseudonym: string): string => `(person ${pseudonym})`;
