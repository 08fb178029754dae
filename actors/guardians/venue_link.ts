/**
 * What the guardian sent to the venue, took from it, and passed on to surveillance. Belongs to the node, so that a crash of
 * any of them forgets nothing.
 */
import { type ApprovedBatch, type ExecutionBatch, Inbox, Outbox, type RecordedExecutions } from "../protocol/mod.ts";

export class VenueLink {
  readonly orders = new Outbox<ApprovedBatch>();
  readonly reports = new Inbox();
  readonly recorded = new Outbox<RecordedExecutions>();
  #reports = 0;

  /** For surveillance: reports that are on record since the stopwatch stood at `stamp`. */
  record({ venue, records, count }: ExecutionBatch, stamp: number): RecordedExecutions {
    const first = this.#reports + 1;
    this.#reports += count;
    return this.recorded.add((sequence) => ({
      kind: "RecordedExecutions",
      venue,
      sequence,
      first,
      records,
      count,
      stamp,
    }));
  }
}
