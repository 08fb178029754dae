/** Snapshots of a run's gate beside its log: after a crash the next start reads what is behind the latest one. */
import type { OrderGate } from "../../ffi/mod.ts";
import { type AuditLog, Snapshots } from "../../ffi/mod.ts";
import type { Clock } from "../../runtime/mod.ts";

/** Records between two snapshots: about a second of reading. */
const EVERY_RECORDS = 1_000_000;
/** The one before may still be needed when the latest was being written as the machine stopped. */
const KEPT = 2;

export interface SnapshotOptions {
  readonly directory: string;
  readonly audit: AuditLog;
  readonly gate: OrderGate;
  readonly clock: Clock;
  readonly complain: (line: string) => void;
}

export class RunSnapshots implements Disposable {
  readonly #options: SnapshotOptions;
  readonly #snapshots: Snapshots;
  #next = EVERY_RECORDS;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#snapshots = Snapshots.beside(options.directory, KEPT);
  }

  /** Takes one when it is due; called often. A run without snapshots goes on, so that nothing here stops it. */
  poll(): void {
    const { audit, gate, clock, complain } = this.#options;
    if (audit.records < this.#next || audit.failed) return;
    this.#next = audit.records + EVERY_RECORDS;
    try {
      this.#snapshots.take({ gate, time: clock.now() });
    } catch (error) {
      complain(`the log goes on without a new snapshot: ${(error as Error).message}`);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#snapshots.close();
    } catch (error) {
      this.#options.complain(`the last snapshot was not written: ${(error as Error).message}`);
    }
  }
}
