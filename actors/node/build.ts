/**
 * What runs here, by its bytes: every source file that a node can load, the native core as it lies on the disk, and the
 * layout both agree on. Equal builds have equal hashes on every machine that has the same files.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../config/mod.ts";
import { ABI_VERSION, LAYOUT_HASH } from "../../ffi/layout.gen.ts";
import { libraryPath } from "../../ffi/mod.ts";

export interface Build {
  readonly version: string;
  /** SHA-256 over the sources, and over the native library. */
  readonly code: string;
  readonly core: string;
  readonly abi: number;
  readonly records: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What a node is loaded from; tests, benches and tools are not. */
const ROOMS = ["actors", "cli", "config", "ffi", "runtime", "supervision"];
const FILES = ["deno.json", "deno.lock", "main.ts"];
const SOURCE = /\.(ts|tsx|css|html|svg|json)$/;
/** The core's own sources: what counts of them is the library they became. */
const APART = "ffi/core";

/** SHA-256 over the names and bytes of the sources below `root`, in the order of their names. */
export function codeHash(root: string = ROOT): string {
  const sha = createHash("sha256");
  for (const name of [...FILES, ...ROOMS.flatMap((room) => [...sources(root, room)])].sort()) {
    const bytes = bytesOf(join(root, name));
    if (bytes === null) continue;
    sha.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return sha.digest("hex");
}

/** Throws what reading throws: without the library there is no node. */
export const coreHash = (path: string = libraryPath()): string =>
  createHash("sha256").update(Deno.readFileSync(path)).digest("hex");

export function thisBuild(): Build {
  return {
    version: VERSION,
    code: codeHash(),
    core: coreHash(),
    abi: ABI_VERSION,
    records: LAYOUT_HASH.toString(16),
  };
}

function* sources(root: string, folder: string): Generator<string> {
  if (folder === APART) return;
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(join(root, folder))];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(root, path);
    else if (SOURCE.test(name)) yield path;
  }
}

function bytesOf(path: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
