/**
 * The kill without a guardian: when its branch of the tree has given up, nobody is left to cancel by message, and the
 * orders that rest must not outlive those who answer for them. Runs between two turns, on the native handles alone.
 */
import { ExecutionView } from "../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT, type OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import type { KillProcedure } from "../guardians/kill.ts";
import type { VenueLink } from "../guardians/venue_link.ts";
import type { ExecutionBatch } from "../protocol/mod.ts";
import { bookExecutions } from "../guardians/booking.ts";
import type { VenuePort } from "./parts.ts";

export interface DirectKill {
  readonly kill: KillProcedure;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly venue: VenuePort;
  readonly link: VenueLink;
  /** For the drop copy. */
  readonly tell: (batch: ExecutionBatch) => void;
  readonly time: Micros;
}

export function killDirectly({ kill, gate, books, venue, link, tell, time }: DirectKill): void {
  const book = (batch: ExecutionBatch) => {
    gate.applyExecutions(batch.records, batch.count);
    bookExecutions(new ExecutionView(batch.records), batch.count, books, NaN, (view) => kill.observe(view));
    tell(batch);
  };
  // What the guardian had not come to when it went.
  for (const batch of venue.link.unheard(link.reports.taken)) {
    if (link.reports.takes(batch, () => {})) book(batch);
  }
  for (const { strategy, instrument } of kill.begin(time)) {
    const scope = instrument === EVERY_INSTRUMENT ? { owner: strategy } : { owner: strategy, instrument };
    const { records, count } = venue.cancelAll(scope, time);
    if (count > 0) book({ kind: "ExecutionBatch", venue: "direct", sequence: 0, records, count });
  }
  kill.settle();
}
