/**
 * The common tape on disk, made when it is not there, and never used without a look at its MD5.
 *
 * 1 001 000 operations on one instrument; the native program writes it, because that is where it is defined.
 */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { native } from "./build.ts";

export const TAPE = {
  md5: "73c4771b42038ea3d59855a4f0fe931c",
  operations: 1_001_000,
  fills: 103_975,
  lots: 2_362_820,
  openOrders: 1_000,
  levels: 564,
} as const;

/** Path of the tape, for engines of any language. */
export async function commonTape(folder = tmpdir()): Promise<string> {
  const path = join(folder, `cwts-common-tape-${TAPE.md5}.bin`);
  if (md5(path) === TAPE.md5) return path;
  const draft = `${path}.${Deno.pid}`;
  await native("tape", `out=${draft}`);
  const found = md5(draft);
  if (found !== TAPE.md5) {
    Deno.removeSync(draft);
    throw new Error(`the tape's MD5 is ${found} instead of ${TAPE.md5}: this is not the common tape`);
  }
  Deno.renameSync(draft, path);
  return path;
}

function md5(path: string): string | null {
  try {
    return createHash("md5").update(Deno.readFileSync(path)).digest("hex");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
