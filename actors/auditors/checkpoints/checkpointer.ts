/**
 * Checkpoints of a log that is being written: a signed statement of how many records there are and what root they have, after
 * so many records or so much time, whichever comes first, and at the end.
 *
 * A checkpoint speaks of records that are as durable as the log makes them. It stands beside the log and not in it, so that
 * records, and with them the root, do not depend on when somebody looked at a clock.
 */
import type { KeyObject } from "node:crypto";
import { signedCheckpoint } from "./note.ts";

export interface CheckpointedLog {
  readonly records: number;
  readonly failed: boolean;
  commit(): void;
  head(): { readonly records: number; readonly root: string };
}

export interface CheckpointOptions {
  readonly log: CheckpointedLog;
  /** Names the log; no spaces, no plus sign. */
  readonly origin: string;
  /** Keys in use at a time, in seconds since the Unix epoch. */
  readonly keys: (time: number) => readonly KeyObject[];
  /** Keeps a checkpoint in the place of the one before. */
  readonly keep: (note: string) => void;
  /** Stopwatch nanoseconds. */
  readonly now: () => number;
  /** Wall nanoseconds since the Unix epoch. */
  readonly wallNanos: () => number;
  /** Records between two checkpoints at most. */
  readonly everyRecords: number;
  /** Milliseconds between two at most, when there are new records. */
  readonly everyMs: number;
  /** Hears once that there are no more checkpoints; the log goes on. */
  readonly complain: (error: Error) => void;
}

export class Checkpointer {
  readonly #options: CheckpointOptions;
  #records = -1;
  #made = -Infinity;
  #broken = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** Makes a checkpoint when one is due. Cheap when none is. */
  poll(): void {
    const { log, now, everyRecords, everyMs } = this.#options;
    if (this.#broken || log.failed) return;
    const fresh = log.records - this.#records;
    if (fresh <= 0 || (fresh < everyRecords && now() - this.#made < everyMs * 1e6)) return;
    this.make();
  }

  /** Makes a checkpoint of everything there is, unless the last one was. A failure of the log is thrown. */
  make(): void {
    const { log, origin, keys, keep, now, wallNanos, complain } = this.#options;
    if (this.#broken || log.records === this.#records) return;
    log.commit();
    const { records, root } = log.head();
    [this.#records, this.#made] = [records, now()];
    try {
      const time = Math.floor(wallNanos() / 1e9);
      keep(signedCheckpoint({ origin, records, root, time }, keys(time)));
    } catch (error) {
      this.#broken = true;
      complain(error as Error);
    }
  }
}
