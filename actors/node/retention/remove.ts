/**
 * Removes the log of a run: verified first, then put down with size, root and checkpoint, then on record where a node runs, and
 * only then deleted. Whatever stops it in between, the next call goes on where it stopped.
 */
import { join } from "node:path";
import { UserError } from "../../../config/mod.ts";
import { readCheckpointFile } from "../checkpoint_file.ts";
import { crashFile } from "../crash_file.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import { soundLog } from "../evidence/run_record.ts";
import type { Removed, RetentionBook } from "./book.ts";
import type { KeptRun } from "./plan.ts";

export const RUN_REMOVED = "run-removed";

export interface RemoveOptions {
  readonly dataDir: string;
  readonly book: RetentionBook;
  readonly who: string;
  /** Wall milliseconds. */
  readonly now: number;
  /** Waits until a running node has the act on record; false when it does not come to it. Absent: no node runs. */
  readonly onRecord?: () => Promise<boolean>;
}

/** Throws LOG_DAMAGED for a log that does not verify, RETENTION_UNRECORDED when a running node does not record it. */
export async function removeRun(of: KeptRun, { dataDir, book, who, now, onRecord }: RemoveOptions): Promise<Removed> {
  const { run, directory, lastWritten } = of;
  if (of.verdict !== "due") throw new UserError("RETENTION_KEPT", `run ${run} has to stay: it is ${of.verdict}`);
  const { records, bytes, root, chain } = soundLog(directory);
  const removed: Removed = {
    ...{ run, records, bytes, root, chain, checkpoint: readCheckpointFile(directory), who },
    lastWritten: new Date(lastWritten).toISOString(),
    removed: new Date(now).toISOString(),
  };
  book.change({ action: RUN_REMOVED, ...removed }, ({ removed: list, holds }) => {
    // A hold may have come while the log was verified.
    if (holds.some((hold) => hold.run === run)) {
      throw new UserError("RETENTION_KEPT", `run ${run} is held since just now`);
    }
    list.push(removed);
  });
  if (onRecord !== undefined && !(await onRecord())) {
    book.withdraw(RUN_REMOVED, run, (kept) => kept.removed = kept.removed.filter((one) => one.run !== run));
    throw new UserError(
      "RETENTION_UNRECORDED",
      `the running node did not put the removal of run ${run} on record, so it is not removed: see whether its log can record`,
    );
  }
  deleteRun(dataDir, run);
  return removed;
}

/** Deletes what was put down as removed and is still there: somebody was stopped in the middle. Returns those runs. */
export function finishRemovals(dataDir: string, book: RetentionBook): readonly number[] {
  const there = new Set(listRuns(dataDir));
  return book.read().removed.flatMap(({ run, root }) => {
    // Half of it may be gone already; a log of the same number that is another one is nobody's to delete.
    const begun = isThere(asideOf(dataDir, run));
    if (!begun && !(there.has(run) && soundLog(runDirectory(dataDir, run)).root === root)) return [];
    deleteRun(dataDir, run);
    return [run];
  });
}

/** The log, and what was made of it. Under another name first, so that nobody takes half a log for one. */
function deleteRun(dataDir: string, run: number): void {
  const name = nameOf(run);
  const aside = asideOf(dataDir, run);
  if (!isThere(aside)) Deno.renameSync(runDirectory(dataDir, run), aside);
  const projections = join(dataDir, "projections");
  for (const ending of ["", "-wal", "-shm"]) removeIfThere(join(projections, `${name}.sqlite${ending}`));
  removeIfThere(crashFile(dataDir, run));
  removeIfThere(aside);
}

const nameOf = (run: number): string => String(run).padStart(6, "0");
const asideOf = (dataDir: string, run: number): string => join(dataDir, "runs", `${nameOf(run)}.removed`);

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
