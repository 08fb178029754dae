/**
 * Carries a log over into a store, batch by batch, and goes on behind the last batch whenever it is asked: after the end of
 * the log grew, after a restart, after a kill in the middle of one.
 */
import { UserError } from "../../../../config/errors.ts";
import { type AuditReader, NativeError, proveInclusion } from "../../../../ffi/mod.ts";
import { namedReader } from "../../names.ts";
import { RunState } from "../run_state.ts";
import { alertCells, orderCells, standingRows } from "../tables.ts";
import type { Cursor, ProjectionStore } from "./port.ts";

/** Raised when tables or state change their meaning: what an earlier version projected is then made anew. */
export const PROJECTION_VERSION = 2;
export const BATCH_RECORDS = 5_000;

export class Projector implements Disposable {
  readonly #log: string;
  readonly #store: ProjectionStore;
  readonly #state: RunState;
  readonly #reader: AuditReader;
  /** Records in the store. */
  #stored: number;

  private constructor(log: string, store: ProjectionStore, state: RunState) {
    this.#log = log;
    this.#store = store;
    this.#state = state;
    this.#stored = state.records;
    this.#reader = namedReader(log, state.records);
  }

  /**
   * Goes on where the store stands. Throws PROJECTION_OTHER_LOG when what it holds is not of this log, PROJECTION_VERSION when
   * another version made it: then somebody has to clear it.
   */
  static async open(log: string, store: ProjectionStore): Promise<Projector> {
    const cursor = await store.cursor();
    if (cursor === null) return new Projector(log, store, new RunState());
    if (cursor.version !== PROJECTION_VERSION) {
      throw new UserError(
        "PROJECTION_VERSION",
        `what is projected was made by another version (${cursor.version}, and this one makes ${PROJECTION_VERSION}): make it anew with --rebuild`,
      );
    }
    demandSameLog(log, cursor);
    return new Projector(log, store, RunState.restore(cursor.state));
  }

  /** Records in the store. */
  get records(): number {
    return this.#stored;
  }

  /** Whether the run came to its end. */
  get ended(): boolean {
    return this.#state.ended;
  }

  /**
   * Projects what is on the log and returns how many records that were; `most` bounds how far the log is read in all. What
   * comes before a damaged record is projected, then it throws.
   */
  async catchUp({ batch = BATCH_RECORDS, most = Infinity } = {}): Promise<number> {
    const before = this.#stored;
    let damage: unknown = null;
    for (let more = true; more && damage === null;) {
      try {
        while (more && this.#state.records < Math.min(most, this.#stored + batch)) {
          const record = this.#reader.next();
          if (record === null) more = false;
          else this.#state.take(record);
        }
        more &&= this.#state.records < most;
      } catch (error) {
        if (!(error instanceof NativeError)) throw error;
        damage = error;
      }
      await this.#write();
    }
    if (damage !== null) throw damage;
    return this.#stored - before;
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }

  async #write(): Promise<void> {
    const state = this.#state;
    const { records } = state;
    if (records === this.#stored) return;
    const { root } = proveInclusion(this.#log, records - 1, records);
    await this.#store.write({
      cursor: { version: PROJECTION_VERSION, records, root, state: state.save() },
      before: this.#stored,
      changed: {
        orders: state.orders.takeChanged().map(orderCells),
        alerts: state.alerts.takeChanged().map(alertCells),
      },
      whole: standingRows(state),
    });
    this.#stored = records;
  }
}

function demandSameLog(log: string, { records, root }: Cursor): void {
  let now: string | null = null;
  try {
    now = proveInclusion(log, records - 1, records).root;
  } catch (error) {
    // A log that is shorter than what was projected of it is not the same log.
    if (!(error instanceof NativeError)) throw error;
  }
  if (now === root) return;
  throw new UserError(
    "PROJECTION_OTHER_LOG",
    `what is projected is not of this log: its first ${records} records have ${
      now === null ? "no root here" : `the root ${now} here`
    }, and ${root} was projected; make it anew with --rebuild, or name the right run`,
  );
}
