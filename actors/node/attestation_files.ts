/** What others said of a log, beside its segments: a time stamp with the checkpoint it is of, and a checkpoint with a witness's line. */
import { join } from "node:path";

/** The checkpoint that was stamped, and its token, DER. */
export const STAMPED = "stamped.checkpoint";
export const TOKEN = "stamped.tst";
/** The checkpoint that a witness signed last, with its line. */
export const WITNESSED = "witnessed.checkpoint";

/** Each in the place of the one before. */
export function keepTimestamp(directory: string, note: string, token: Uint8Array): void {
  // The token last: without it the note beside it claims nothing.
  replace(join(directory, STAMPED), new TextEncoder().encode(note));
  replace(join(directory, TOKEN), token);
}

export function keepWitnessed(directory: string, note: string): void {
  replace(join(directory, WITNESSED), new TextEncoder().encode(note));
}

function replace(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
  Deno.renameSync(`${path}.new`, path);
}
