/**
 * Which data directory a command means that looks at a node from outside.
 *
 * `kill` must work when the configuration is broken: then it says so and takes the environment or the default.
 */
import { join } from "node:path";
import { loadConfig, UserError } from "../config/mod.ts";
import type { CliIo } from "./io.ts";

export interface DataDirFlags {
  readonly config?: string;
  readonly dataDir?: string;
}

const FALLBACK = "./cwts-data";

export function chooseDataDir(flags: DataDirFlags, io: CliIo): string {
  if (flags.dataDir !== undefined) return flags.dataDir;
  try {
    return loadConfig({ file: flags.config }).config.node.dataDir;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const directory = Deno.env.get("CWTS_NODE_DATA_DIR") ?? FALLBACK;
    io.err(`warning: ${error.message}; using the data directory ${directory}`);
    return directory;
  }
}

/** Throws UserError NO_DATA_DIR unless a node has run in the directory. */
export function requireNodeDirectory(directory: string): void {
  try {
    Deno.statSync(join(directory, "control.page"));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(
      "NO_DATA_DIR",
      `no node has ever run with the data directory ${directory}: name the right one with --data-dir`,
    );
  }
}

/** Whether a running node holds the directory, by its lock: true even when its event loop hangs. */
export function isHeld(directory: string): boolean {
  let lock: Deno.FsFile;
  try {
    lock = Deno.openSync(join(directory, "LOCK"), { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
  // A shared lock, and only for a moment: a node that starts just now takes its own right after.
  const free = lock.tryLockSync(false);
  if (free) lock.unlockSync();
  lock.close();
  return !free;
}
