/**
 * The kill without a guardian: when its branch of the tree has given up, nobody is left to cancel by message, and the
 * orders that rest must not outlive those who answer for them. Runs between two turns, on the native handles alone.
 */
import { ExecutionView } from "../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT, type OrderGate } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import type { GuardianBooks } from "../guardians/books.ts";
import type { KillProcedure } from "../guardians/kill.ts";
import { bookExecutions } from "../guardians/booking.ts";
import type { VenuePort } from "./parts.ts";

export interface DirectKill {
  readonly kill: KillProcedure;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  readonly venue: VenuePort;
  readonly time: Micros;
}

export function killDirectly({ kill, gate, books, venue, time }: DirectKill): void {
  for (const { strategy, instrument } of kill.begin(time)) {
    const scope = instrument === EVERY_INSTRUMENT ? { owner: strategy } : { owner: strategy, instrument };
    const { records, count } = venue.cancelAll(scope, time);
    if (count === 0) continue;
    gate.applyExecutions(records, count);
    bookExecutions(new ExecutionView(records), count, books, NaN, (view) => kill.observe(view));
  }
  kill.settle();
}
