/**
 * The checkpoint of a run, in a file beside the segments of its log: the latest one, renamed into place. It is as old as the
 * machine's last write to the disk after a loss of power, which is what a copy elsewhere is for.
 */
import { basename, join } from "node:path";
import type { AuditLog } from "../../ffi/mod.ts";
import type { Stopwatch } from "../../runtime/mod.ts";
import { Checkpointer } from "../auditors/checkpoints/checkpointer.ts";
import type { NodeKeys } from "./node_keys.ts";
import { wallNanos } from "./wall.ts";

export const CHECKPOINT = "checkpoint";

export interface CheckpointedRun {
  readonly keys: NodeKeys;
  readonly audit: AuditLog;
  /** Of the log; its name is the run's number. */
  readonly directory: string;
  readonly stopwatch: Stopwatch;
}

export interface CheckpointSettings {
  readonly checkpointRecords: number;
  readonly checkpointMs: number;
  readonly complain: (line: string) => void;
}

/** The checkpoints of a run. Their origin is `cwts/<node>/<run>`. */
export function openCheckpoints(
  { keys, audit, directory, stopwatch }: CheckpointedRun,
  { checkpointRecords, checkpointMs, complain }: CheckpointSettings,
): Checkpointer {
  const path = join(directory, CHECKPOINT);
  return new Checkpointer({
    log: audit,
    origin: `cwts/${keys.name(wallNanos() / 1e9)}/${basename(directory)}`,
    keys: (time) => keys.signing(time),
    keep(note) {
      Deno.writeTextFileSync(`${path}.new`, note, { mode: 0o600 });
      Deno.renameSync(`${path}.new`, path);
    },
    now: () => stopwatch.now(),
    wallNanos,
    everyRecords: checkpointRecords,
    everyMs: checkpointMs,
    complain: (error) => complain(`the log goes on without new checkpoints: ${error.message}`),
  });
}

/** The checkpoint beside the log in a directory; null when there is none. */
export function readCheckpointFile(directory: string): string | null {
  try {
    return Deno.readTextFileSync(join(directory, CHECKPOINT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
