/**
 * What a node does between turns, beside its actors: notices requests on the control page, commits what no order waits
 * for, makes checkpoints, gives a sign of life, and lets people look.
 */
import type { Stopwatch } from "../../runtime/mod.ts";
import type { AuditLog, ControlPage } from "../../ffi/mod.ts";

/** Stopwatch nanoseconds between two repetitions of an unconfirmed request. */
const REPEAT_NANOS = 50e6;
const REFRESH_NANOS = 100e6;
const HEARTBEAT_NANOS = 100e6;

export interface HousekeepingOptions {
  readonly audit: AuditLog;
  readonly control: ControlPage;
  readonly stopwatch: Stopwatch;
  readonly wallNanos: () => number;
  /** Commits the log; throws when it cannot, once. */
  readonly commit: () => void;
  /** Milliseconds between two commits. */
  readonly commitMs: number;
  /** Makes a checkpoint when one is due; throws when the log cannot go on. */
  readonly checkpoint?: () => void;
  /** Carries out what the control page asks for. */
  readonly carryOut: () => void;
  readonly auditFailed: (error: Error) => void;
  readonly refresh: () => void;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** Request that was noticed last, and when. */
  #epoch: number | null = null;
  #noticed = -Infinity;
  #refreshed = 0;
  #beaten = 0;
  #committed = 0;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  poll(): void {
    const { audit, control, stopwatch, wallNanos, commit, commitMs, checkpoint, auditFailed, refresh } = this.#options;
    this.noticeControl();
    const now = stopwatch.now();
    // Records that no order waits for (crashes, modes) get their durability here; when they do changes nothing in them.
    try {
      if (now - this.#committed > commitMs * 1e6) {
        this.#committed = now;
        if (!audit.failed) commit();
      }
      checkpoint?.();
    } catch (error) {
      auditFailed(error as Error);
    }
    if (now - this.#beaten > HEARTBEAT_NANOS) {
      this.#beaten = now;
      control.heartbeat(wallNanos());
    }
    if (now - this.#refreshed > REFRESH_NANOS) {
      this.#refreshed = now;
      refresh();
    }
  }

  /** A new request is carried out at once, one that is not confirmed again after a while. */
  noticeControl(): void {
    const { control, stopwatch, carryOut } = this.#options;
    const epoch = control.pending();
    if (epoch === null) return;
    const now = stopwatch.now();
    if (epoch === this.#epoch && now - this.#noticed < REPEAT_NANOS) return;
    this.#epoch = epoch;
    this.#noticed = now;
    carryOut();
  }
}
