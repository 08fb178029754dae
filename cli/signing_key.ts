/** A person's Ed25519 key in a file of their own: made once, readable by nobody else, never sent anywhere. */
import { z } from "zod";
import { UserError } from "../config/errors.ts";

const KeyFile = z.strictObject({
  kind: z.literal("cwts-signing-key"),
  person: z.string(),
  /** PKCS #8 and raw, hexadecimal. */
  privateKey: z.string().regex(/^([0-9a-f]{2})+$/),
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface SigningKey {
  readonly person: string;
  /** 64 hex digits. */
  readonly publicKey: string;
  sign(text: string): Promise<string>;
}

const ALGORITHM = "Ed25519";
const hex = (bytes: ArrayBuffer): string => new Uint8Array(bytes).toHex();
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.fromHex(text);
const utf8 = (text: string) => new TextEncoder().encode(text);

/** The key of `person` in `file`, made when there is none. Throws KEY_EXPOSED, KEY_FILE and KEY_OF_ANOTHER. */
export async function openSigningKey(file: string, person: string): Promise<SigningKey> {
  const text = await readPrivate(file) ?? await make(file, person);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = KeyFile.safeParse(value);
  if (!parsed.success) throw new UserError("KEY_FILE", `${file} holds no signing key: name another file with --key`);
  const { privateKey, publicKey, person: owner } = parsed.data;
  if (owner !== person) throw new UserError("KEY_OF_ANOTHER", `the key in ${file} is ${owner}'s: name ${person}'s own`);
  const key = await crypto.subtle.importKey("pkcs8", bytesOf(privateKey), ALGORITHM, false, ["sign"]);
  return { person, publicKey, sign: async (text) => hex(await crypto.subtle.sign(ALGORITHM, key, utf8(text))) };
}

/** Whether the holder of the key with this public half signed the text. */
export async function signedBy(publicKey: string, signature: string, text: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", bytesOf(publicKey), ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, bytesOf(signature), utf8(text));
  } catch {
    return false;
  }
}

async function readPrivate(file: string): Promise<string | null> {
  try {
    const { mode } = await Deno.stat(file);
    if (mode !== null && (mode & 0o077) !== 0) {
      throw new UserError("KEY_EXPOSED", `others may read ${file}: make a new key, and keep the file at mode 0600`);
    }
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function make(file: string, person: string): Promise<string> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
  const text = `${
    JSON.stringify({
      kind: "cwts-signing-key",
      person,
      privateKey: hex(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
      publicKey: hex(await crypto.subtle.exportKey("raw", pair.publicKey)),
    })
  }\n`;
  // A file that appeared in the meantime is somebody else's.
  await Deno.writeTextFile(file, text, { mode: 0o600, createNew: true });
  return text;
}
