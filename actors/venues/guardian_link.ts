/**
 * What keeps a venue and the guardian in step over the crashes of either. Belongs to the venue object, not to its actor.
 */
import type { ActorRef } from "../../runtime/mod.ts";
import {
  type ApprovedBatch,
  type ExecutionBatch,
  type GuardianMessage,
  Inbox,
  Outbox,
  type ResendReports,
} from "../protocol/mod.ts";
import type { Reports } from "./report_writer.ts";

export class GuardianLink {
  readonly #venue: string;
  readonly #reports = new Outbox<ExecutionBatch>();
  readonly #orders = new Inbox();

  /** `venue` names it in every batch. */
  constructor(venue: string) {
    this.#venue = venue;
  }

  /** The venue's actor is up: says how far it came. */
  announce(guardian: ActorRef<GuardianMessage>): void {
    this.#orders.restarted();
    guardian.tell({ kind: "VenueReady", entered: this.#orders.taken });
  }

  /** Tells reports, and keeps them. */
  tell(guardian: ActorRef<GuardianMessage>, { records, count }: Reports): void {
    if (count === 0) return;
    const venue = this.#venue;
    guardian.tell(this.#reports.add((sequence) => ({ kind: "ExecutionBatch", venue, sequence, records, count })));
  }

  /** Whether to carry the batch out now; asks for those before it that are missing. */
  takes(guardian: ActorRef<GuardianMessage>, batch: ApprovedBatch): boolean {
    return this.#orders.takes(batch, (after) => void guardian.tell({ kind: "ResendOrders", after }));
  }

  resend({ after, replyTo }: ResendReports): void {
    for (const batch of this.#reports.after(after)) replyTo.tell(batch);
  }

  /** Number of the last batch that was entered. */
  get entered(): number {
    return this.#orders.taken;
  }

  /** As `takes`, for whoever stands in for an actor that is gone. */
  takesDirectly(batch: ApprovedBatch): boolean {
    return this.#orders.takes(batch, () => {});
  }

  /** Reports told after batch `after`, likewise. */
  unheard(after: number): readonly ExecutionBatch[] {
    return this.#reports.after(after);
  }
}
