/**
 * Tokens of sessions, keys and invitations: random, so long that nobody guesses one, and kept as SHA-256 only. A slow
 * hash would protect them no better, because there is nothing to guess from.
 */
import { createHash } from "node:crypto";

const TOKEN_BYTES = 32;
const KEY_ID_BYTES = 6;

/** What a token is for can be read from it, so that one pasted into a chat is recognised. */
export type TokenKind = "session" | "key" | "invitation";
const PREFIX: Readonly<Record<TokenKind, string>> = { session: "cwts_s", key: "cwts_k", invitation: "cwts_i" };

const text = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: "base64url", omitPadding: true });

export function newToken(kind: TokenKind, random: (bytes: number) => Uint8Array): string {
  return `${PREFIX[kind]}_${text(random(TOKEN_BYTES))}`;
}

/** A key carries its id in front, so that it can be named without being known. */
export function newKey(random: (bytes: number) => Uint8Array): { readonly id: string; readonly key: string } {
  const id = random(KEY_ID_BYTES).toHex();
  return { id, key: `${PREFIX.key}_${id}_${text(random(TOKEN_BYTES))}` };
}

/** Null for anything that is no key. */
export function keyId(token: string): string | null {
  return /^cwts_k_([0-9a-f]{12})_/.exec(token)?.[1] ?? null;
}

export const isSessionToken = (token: string): boolean => token.startsWith(`${PREFIX.session}_`);

/** 64 hexadecimal digits. */
export function digest(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}
