/** A checkpoint and keys from files: read, and the signature checked, before anything is held against them. */
import {
  type Checkpoint,
  checkpointFault,
  cosigned,
  type PublicKey,
  readCheckpoint,
  readKeys,
} from "../actors/auditors/verifier/mod.ts";
import { UserError } from "../config/errors.ts";

export interface CheckpointFlags {
  readonly checkpoint?: string;
  readonly key?: string;
}

/** The checkpoint that the flags name; null when they name none. Throws USAGE, CHECKPOINT or CHECKPOINT_SIGNATURE. */
export async function chooseCheckpoint({ checkpoint, key }: CheckpointFlags): Promise<Checkpoint | null> {
  if (checkpoint === undefined && key === undefined) return null;
  if (checkpoint === undefined || key === undefined) {
    throw new UserError(
      "USAGE",
      "--checkpoint and --key go together: a checkpoint is worth what its signature is worth",
    );
  }
  const read = parseCheckpoint(await readNamed(checkpoint, "--checkpoint"), checkpoint);
  await requireSignature(read, parseKeys(await readNamed(key, "--key"), key), checkpoint);
  return read;
}

/** Throws CHECKPOINT_SIGNATURE unless one of the keys signed it while it was in use. */
export async function requireSignature(
  checkpoint: Checkpoint,
  keys: readonly PublicKey[],
  name: string,
): Promise<void> {
  const fault = await checkpointFault(checkpoint, keys);
  if (fault === null) return;
  throw new UserError(
    "CHECKPOINT_SIGNATURE",
    `do not trust ${name}: ${fault}; ask for another copy, or for the right key`,
  );
}

/** The text of a file. Throws USAGE when there is none. */
export async function readNamed(file: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError("USAGE", `there is no file ${file}: name another with ${what}`);
  }
}

/** Throws CHECKPOINT. */
export const parseCheckpoint = (text: string, file: string): Checkpoint =>
  parsed("CHECKPOINT", file, () => readCheckpoint(text));

/** Throws KEYS. */
export function parseKeys(text: string, file: string): PublicKey[] {
  const keys = parsed("KEYS", file, () => readKeys(text));
  if (keys.length === 0) throw new UserError("KEYS", `${file} holds no public key: name another file`);
  return keys;
}

function parsed<T>(code: string, file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(code, `${file}: ${error.message}`);
  }
}

export function checkpointText({ origin, size, time }: Checkpoint): string {
  const when = time === null ? "" : ` at ${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
  return `the first ${size.toLocaleString("en")} records are those that ${origin} signed${when}`;
}

/** What the witnesses of these keys say of a checkpoint: a line each, and how many signed it. */
export async function witnessed(checkpoint: Checkpoint, witnesses: readonly PublicKey[]) {
  const times = await Promise.all(witnesses.map((witness) => cosigned(checkpoint, witness)));
  const lines = witnesses.map(({ name }, at) =>
    times[at] === null
      ? `witness ${name} did not sign it`
      : `witness ${name} saw it at ${new Date(times[at]! * 1000).toISOString().slice(0, 19)}Z`
  );
  return { lines, count: times.filter((time) => time !== null).length };
}
