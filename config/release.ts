/** What a node is compared with when it starts: a release manifest, and the key it must be signed with. */
import { z } from "zod";
import { key, text } from "./kinds.ts";

/** SHA-256 or an Ed25519 public key: 64 hexadecimal digits. */
export function digest() {
  const error = "must be 64 hexadecimal digits, as doctor and release print them";
  return z.string({ error }).regex(/^[0-9a-f]{64}$/, { error });
}

export const releaseSchema = z.strictObject({
  manifest: key(
    text("must be the path of a file").optional(),
    "path",
    "what was released, as cwts release wrote it; a node that is something else comes up KILLED",
  ),
  publicKey: key(
    digest().optional(),
    "",
    "key the manifest must be signed with; without it a manifest shows only that it agrees with itself",
  ),
});
