/**
 * Signatures of snapshots, in files beside them: a start recovers from a snapshot only where its own key vouches for it, for a
 * snapshot is the state of gate and books without the records that led there.
 */
import { createHash, createPublicKey, sign, verify } from "node:crypto";
import { basename, join } from "node:path";
import type { NodeKeys } from "./node_keys.ts";
import { wallNanos } from "./wall.ts";

const SNAPSHOT = /^snapshot-\d{20}\.bin$/;
const ENDING = ".sig";

const seconds = (): number => wallNanos() / 1e9;

/** What is signed: which run's it is, which records it stands for, and its bytes. */
const textOf = (directory: string, name: string, hash: string): Uint8Array =>
  new TextEncoder().encode(`cwts snapshot 1\n${basename(directory)}\n${name}\n${hash}\n`);

const filesOf = (directory: string): string[] => [...Deno.readDirSync(directory)].map(({ name }) => name);

/** Snapshots of a run that are whole and have no signature. */
export function unsigned(directory: string): string[] {
  const files = new Set(filesOf(directory));
  return [...files].filter((name) => SNAPSHOT.test(name) && !files.has(`${name}${ENDING}`)).sort();
}

/** Signs a snapshot, and removes signatures of snapshots that are gone. Reads and hashes on other threads. */
export async function signSnapshot(directory: string, name: string, keys: NodeKeys): Promise<void> {
  const bytes = await Deno.readFile(join(directory, name));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const signature = sign(null, textOf(directory, name, hash), keys.current(seconds())).toString("base64");
  const path = join(directory, `${name}${ENDING}`);
  Deno.writeTextFileSync(`${path}.new`, `${signature}\n`, { mode: 0o600 });
  Deno.renameSync(`${path}.new`, path);
  const files = new Set(filesOf(directory));
  for (const one of files) {
    if (
      one.endsWith(ENDING) && SNAPSHOT.test(one.slice(0, -ENDING.length)) && !files.has(one.slice(0, -ENDING.length))
    ) {
      Deno.removeSync(join(directory, one));
    }
  }
}

/**
 * Why no snapshot of a run is to be believed, one sentence; null when each has a signature that holds, and when there is none. The
 * whole log is read then, which is as right and takes longer. Only keys that this node holds count: not `node.pub`, to which
 * somebody without them could add a line.
 */
export function snapshotDoubt(directory: string, keys: NodeKeys): string | null {
  const own = keys.held(seconds()).map((key) => createPublicKey(key));
  for (const name of filesOf(directory).filter((one) => SNAPSHOT.test(one)).sort()) {
    const signature = signatureOf(join(directory, `${name}${ENDING}`));
    if (signature === null) return `${name} is not signed`;
    const hash = createHash("sha256").update(Deno.readFileSync(join(directory, name))).digest("hex");
    const text = textOf(directory, name, hash);
    if (!own.some((key) => verify(null, text, key, signature))) return `${name} is not what this node signed`;
  }
  return null;
}

function signatureOf(path: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(Deno.readTextFileSync(path).trim());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof SyntaxError) return new Uint8Array();
    throw error;
  }
}
