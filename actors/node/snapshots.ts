/** Signed snapshots of a run's gate beside its log: after a crash the next start reads what is behind the latest one. */
import type { OrderGate } from "../../ffi/mod.ts";
import { type AuditLog, Snapshots } from "../../ffi/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import type { NodeKeys } from "./node_keys.ts";
import { signSnapshot, unsigned } from "./snapshot_signatures.ts";
import { wallNanos } from "./wall.ts";

/** Records between two snapshots: about a second of reading. */
const EVERY_RECORDS = 1_000_000;
/** The one before may still be needed when the latest was being written as the machine stopped. */
const KEPT = 2;
/** Between two looks at whether one is whole and can be signed. */
const LOOK_NANOS = 1e9;

export interface SnapshotOptions {
  readonly directory: string;
  readonly audit: AuditLog;
  readonly gate: OrderGate;
  readonly clock: Clock;
  readonly keys: NodeKeys;
  /** Records between two snapshots; default a million. */
  readonly everyRecords?: number;
  readonly complain: (line: string) => void;
}

export class RunSnapshots implements Disposable {
  readonly #options: SnapshotOptions;
  readonly #snapshots: Snapshots;
  readonly #every: number;
  #next: number;
  /** Whether there may be one without a signature. */
  #open = false;
  #signing: Promise<void> | null = null;
  #looked = 0;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#next = this.#every = options.everyRecords ?? EVERY_RECORDS;
    this.#snapshots = Snapshots.beside(options.directory, KEPT);
  }

  /** Takes one when it is due; called often. A run without snapshots goes on, so that nothing here stops it. */
  poll(): void {
    const { audit, gate, clock, complain } = this.#options;
    if (this.#open && wallNanos() - this.#looked >= LOOK_NANOS) this.#sign();
    if (audit.records < this.#next || audit.failed) return;
    this.#next = audit.records + this.#every;
    try {
      this.#snapshots.take({ gate, time: clock.now() });
      this.#open = true;
    } catch (error) {
      complain(`the log goes on without a new snapshot: ${(error as Error).message}`);
    }
  }

  /** Resolves when the snapshots that were written are signed. */
  async signed(): Promise<void> {
    if (!this.#open) return;
    await this.#signing;
    this.#sign();
    await this.#signing;
  }

  /** It is there when it is whole; one that is still written is found by the next look. */
  #sign(): void {
    const { directory, keys, complain } = this.#options;
    if (this.#signing !== null) return;
    this.#looked = wallNanos();
    const [name] = unsigned(directory);
    if (name === undefined) return;
    this.#signing = signSnapshot(directory, name, keys)
      .catch((error: Error) => {
        this.#open = false;
        complain(`snapshots are not signed, so a start after a crash reads the whole log: ${error.message}`);
      })
      .finally(() => this.#signing = null);
  }

  [Symbol.dispose](): void {
    try {
      this.#snapshots.close();
    } catch (error) {
      this.#options.complain(`the last snapshot was not written: ${(error as Error).message}`);
    }
  }
}
