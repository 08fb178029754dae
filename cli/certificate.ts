/** A certification: who states what about which description and which review pack, and a signature over all of it. */
import { z } from "zod";
import { canonicalJson } from "../config/mod.ts";
import { isRole, ROLES } from "../actors/protocol/roles.ts";
import { signedBy, type SigningKey } from "./signing_key.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

export const Certificate = z.strictObject({
  kind: z.literal("certification"),
  version: z.literal(1),
  period: z.strictObject({ from: z.string(), to: z.string() }),
  /** SHA-256 of the bytes of the two files. */
  descriptionHash: Hash,
  packHash: Hash,
  person: z.string(),
  role: z.enum(ROLES),
  statement: z.string(),
  /** When it was signed, by the clock of the machine. */
  signedAt: z.string(),
  publicKey: Hash,
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});
export type Certificate = z.infer<typeof Certificate>;
export type Unsigned = Omit<Certificate, "publicKey" | "signature">;

export async function sign(unsigned: Unsigned, key: SigningKey): Promise<Certificate> {
  if (!isRole(unsigned.role)) throw new TypeError(`${unsigned.role} is no role`);
  const signed = { ...unsigned, publicKey: key.publicKey };
  return { ...signed, signature: await key.sign(canonicalJson(signed)) };
}

/** Whether the signature is over exactly this, by the key it names. */
export function holds({ signature, ...signed }: Certificate): Promise<boolean> {
  return signedBy(signed.publicKey, signature, canonicalJson(signed));
}
