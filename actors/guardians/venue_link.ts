/** What the guardian sent to the venue and took from it. Belongs to the node, so that a crash of either forgets nothing. */
import { type ApprovedBatch, Inbox, Outbox } from "../protocol/mod.ts";

export class VenueLink {
  readonly orders = new Outbox<ApprovedBatch>();
  readonly reports = new Inbox();
}
