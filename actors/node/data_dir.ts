/**
 * The data directory of a node.
 *
 *     <data-dir>/LOCK                   held by the running node; a second node refuses
 *     <data-dir>/control.page           kill states; survives restarts and is shared with the `kill` command
 *     <data-dir>/runs/000001/           the audit log of one run, its tiles and its latest checkpoint
 *     <data-dir>/runs/000001/gateway.json  which gateway of a cluster wrote it; `roles/succession.ts`
 *     <data-dir>/crashes/000001.jsonl   its crashes; made with the first one
 *     <data-dir>/retention.json         holds, and logs that were removed; made with the first of them
 *     <data-dir>/topic.json             how far logs are on a broker's topic; made where one is configured
 *     <data-dir>/projections/…          databases made of a log by `audit project`; may be deleted
 *     <data-dir>/access.json            people and keys; made with the first person
 *     <data-dir>/people.keys            keys of people's names on the logs; `names.ts`
 *     <data-dir>/limits.json            limits changed while a node ran; made with the first change
 *     <data-dir>/incidents/000001.json  a kill, signed with node.key; made with the first one
 *     <data-dir>/alerts.json            alerts that wait for somebody, and the latest that were answered
 *     <data-dir>/node.key, node.pub     the node's own key, and the public keys it has had; `node_keys.ts`
 *     <data-dir>/rearm.json             scopes that wait to be opened again, and since when they only reduce
 *
 * A simulated or replayed market is a new world each time it starts, so each run has a log of its own; equal seeds give
 * equal logs. Kill states belong to the directory: a killed scope stays killed in the next run.
 */
import { join } from "node:path";
import { UserError } from "../../config/mod.ts";
import type { Stopwatch } from "../../runtime/mod.ts";

const RUN_NAME = /^\d{6}$/;

export interface DataDirectory extends Disposable {
  readonly path: string;
  /** Directory of this run's audit log, made for it alone. */
  readonly runPath: string;
  readonly run: number;
}

/**
 * Takes the directory for this process. `replaces`: whether whoever has the lock has been replaced by this process, and may
 * have it no longer; it will see a later run than its own and stop. Throws DATA_DIR_LOCKED or DATA_DIR_UNUSABLE.
 */
export function openDataDirectory(path: string, replaces: (path: string) => boolean = () => false): DataDirectory {
  try {
    Deno.mkdirSync(join(path, "runs"), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError(
      "DATA_DIR_UNUSABLE",
      `cannot create the data directory ${path} (${(error as Error).message}): name another with --data-dir`,
    );
  }
  const lock = Deno.openSync(join(path, "LOCK"), { create: true, read: true, write: true, mode: 0o600 });
  const locked = lock.tryLockSync(true);
  if (!locked && !replaces(path)) {
    const holder = Deno.readTextFileSync(join(path, "LOCK")).trim();
    lock.close();
    throw new UserError(
      "DATA_DIR_LOCKED",
      `another node${
        holder ? ` (process ${holder})` : ""
      } holds ${path}: stop it, or name another directory with --data-dir`,
    );
  }
  lock.truncateSync(0);
  lock.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  const run = (listRuns(path).at(-1) ?? 0) + 1;
  const runPath = join(path, "runs", runName(run));
  const letGo = () => {
    if (locked) lock.unlockSync();
    lock.close();
  };
  try {
    takeRun(path, runPath);
  } catch (error) {
    letGo();
    throw error;
  }
  return { path, run, runPath, [Symbol.dispose]: letGo };
}

/**
 * Makes the directory of a run, or finds that somebody else has: where locks of files are not kept, as on some shared disks,
 * the number of a run still belongs to one node.
 */
function takeRun(path: string, runPath: string): void {
  try {
    Deno.mkdirSync(runPath, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UserError(
      "DATA_DIR_LOCKED",
      `another node has just begun ${runPath}: stop it, or name another directory than ${path} with --data-dir`,
    );
  }
}

/** Stopwatch nanoseconds between two looks. */
const FENCE_NANOS = 1e9;

/** The number of a run is its epoch: whoever sees a later one is no longer the writer of the data directory. */
export class RunFence {
  readonly #directory: Pick<DataDirectory, "path" | "run">;
  readonly #stopwatch: Stopwatch;
  #looked = 0;
  #lost = false;

  constructor(directory: Pick<DataDirectory, "path" | "run">, stopwatch: Stopwatch) {
    this.#directory = directory;
    this.#stopwatch = stopwatch;
  }

  /** Whether a later run has begun. Looks at the disk once a second; true once. */
  lost(): boolean {
    const now = this.#stopwatch.now();
    if (this.#lost || now - this.#looked < FENCE_NANOS) return false;
    this.#looked = now;
    this.#lost = (listRuns(this.#directory.path).at(-1) ?? 0) > this.#directory.run;
    return this.#lost;
  }
}

/** Runs kept in the directory, oldest first. */
export function listRuns(path: string): readonly number[] {
  try {
    return [...Deno.readDirSync(join(path, "runs"))]
      .filter((entry) => entry.isDirectory && RUN_NAME.test(entry.name))
      .map((entry) => Number(entry.name))
      .sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Log directory of a run, the latest by default. Throws NO_RUN when there is none. */
export function runDirectory(path: string, run?: number): string {
  const runs = listRuns(path);
  const chosen = run ?? runs.at(-1);
  if (chosen === undefined || !runs.includes(chosen)) {
    throw new UserError(
      "NO_RUN",
      run === undefined
        ? `${path} holds no run yet: start a node with --data-dir ${path}, or name the right directory`
        : `${path} holds no run ${run}: it has ${runs.length > 0 ? runs.join(", ") : "none"}`,
    );
  }
  return join(path, "runs", runName(chosen));
}

const runName = (run: number): string => String(run).padStart(6, "0");
