/**
 * The kill without guardian or venue: when the branch of either has given up, nobody is left to cancel by message, and the
 * orders that rest must not outlive those who answer for them. Runs between two turns, on the native handles alone.
 */
import { ExecutionView } from "../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT, type OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import type { KillProcedure } from "../guardians/kill.ts";
import type { VenueLink } from "../guardians/venue_link.ts";
import type { ExecutionBatch, ExecutionReport } from "../protocol/mod.ts";
import { bookExecutions } from "../guardians/booking.ts";
import type { VenuePort } from "./parts.ts";

export interface DirectKill {
  readonly kill: KillProcedure;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly venue: VenuePort;
  readonly link: VenueLink;
  /** For the drop copy, which may be gone too. */
  readonly copy: (batch: ExecutionBatch) => void;
  /** For surveillance, likewise, once it is on record. */
  readonly recorded: (batch: ExecutionBatch) => void;
  /** For the organism it is about, likewise. */
  readonly tell: (report: ExecutionReport) => void;
  readonly time: Micros;
}

export function killDirectly({ kill, gate, books, venue, link, copy, recorded, tell, time }: DirectKill): void {
  const book = (batch: ExecutionBatch) => {
    gate.applyExecutions(batch.records, batch.count);
    recorded(batch);
    bookExecutions(new ExecutionView(batch.records), batch.count, books, NaN, (view, report) => {
      kill.observe(view);
      tell(report);
    });
    copy(batch);
  };
  const bookDirectly = ({ records, count }: ReturnType<VenuePort["enter"]>) => {
    if (count > 0) book({ kind: "ExecutionBatch", venue: "direct", sequence: 0, records, count });
  };
  const targets = kill.begin(time);
  // What the guardian had not come to when it went, and what the venue had not: its door is shut for the latter by now.
  for (const batch of venue.link.unheard(link.reports.taken)) {
    if (link.reports.takes(batch, () => {})) book(batch);
  }
  for (const batch of link.orders.after(venue.link.entered)) {
    if (venue.link.takesDirectly(batch)) bookDirectly(venue.enter(batch, time));
  }
  for (const { strategy, instrument } of targets) {
    const scope = instrument === EVERY_INSTRUMENT ? { owner: strategy } : { owner: strategy, instrument };
    bookDirectly(venue.cancelAll(scope, time));
  }
  kill.settle();
}
