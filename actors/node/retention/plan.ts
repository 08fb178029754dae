/** Which logs of a data directory have been kept long enough, and which have to stay whatever their age. */
import { join } from "node:path";
import { readCheckpoint } from "../../auditors/verifier/mod.ts";
import { readCheckpointFile } from "../checkpoint_file.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import type { Hold } from "./book.ts";

const MILLIS_PER_YEAR = 365.2425 * 86_400_000;

export interface KeptRun {
  readonly run: number;
  readonly directory: string;
  /** Wall milliseconds of the latest sign that it was written: a file's time, or the time of its checkpoint. */
  readonly lastWritten: number;
  readonly bytes: number;
  /** Wall milliseconds until which it has to stay. */
  readonly until: number;
  /** Why it stays; "due": nothing keeps it. */
  readonly verdict: "due" | "young" | "held" | "latest";
  readonly hold: Hold | null;
}

/**
 * Every run of the directory, oldest first. The latest is never due: it may be running, and the next run is numbered after
 * it. A hold outweighs every age. Of two signs of its age the younger counts.
 */
export function planRetention(
  dataDir: string,
  { years, holds, now }: { readonly years: number; readonly holds: readonly Hold[]; readonly now: number },
): readonly KeptRun[] {
  const runs = listRuns(dataDir);
  return runs.map((run) => {
    const directory = runDirectory(dataDir, run);
    const { bytes, touched } = filesOf(directory);
    const lastWritten = Math.max(touched, checkpointTime(directory));
    const until = lastWritten + years * MILLIS_PER_YEAR;
    const hold = holds.find((one) => one.run === run) ?? null;
    const verdict = hold !== null ? "held" : run === runs.at(-1) ? "latest" : now < until ? "young" : "due";
    return { run, directory, lastWritten, bytes, until, verdict, hold };
  });
}

function filesOf(directory: string): { readonly bytes: number; readonly touched: number } {
  let bytes = 0, touched = 0;
  for (const { name, isFile, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) {
      const inside = filesOf(path);
      bytes += inside.bytes;
      touched = Math.max(touched, inside.touched);
    }
    if (!isFile) continue;
    const { size, mtime } = Deno.statSync(path);
    bytes += size;
    // A file whose time is not known is as young as can be.
    touched = Math.max(touched, mtime?.getTime() ?? Infinity);
  }
  return { bytes, touched };
}

/** Wall milliseconds; 0 without a checkpoint that can be read. */
function checkpointTime(directory: string): number {
  const note = readCheckpointFile(directory);
  if (note === null) return 0;
  try {
    return (readCheckpoint(note).time ?? 0) * 1000;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return 0;
  }
}
