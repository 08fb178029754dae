/** Where a directory of followed logs stands on its topic: the group under which the topic is read for it. */
import { join } from "node:path";
import { UserError } from "../../../config/mod.ts";

const STATE = "follow.json";

/** Of the directory; made with it when it is new, of bytes that nobody else has. Throws UserError FOLLOW_STATE. */
export function groupOf(out: string, random: (bytes: number) => Uint8Array): string {
  const path = join(out, STATE);
  try {
    const { group } = JSON.parse(Deno.readTextFileSync(path));
    if (typeof group === "string") return group;
    throw new UserError("FOLLOW_STATE", `${path} names no group: remove it, and the topic is read from its beginning`);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new UserError("FOLLOW_STATE", `${path} is not JSON: remove it, and the topic is read from its beginning`);
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const group = `audit-follow-${random(8).toHex()}`;
  Deno.mkdirSync(out, { recursive: true, mode: 0o700 });
  Deno.writeTextFileSync(path, `${JSON.stringify({ group })}\n`, { mode: 0o600 });
  return group;
}
