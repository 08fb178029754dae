/** Books execution records: portfolio, blotter, and whoever else must know. */
import type { ExecutionView } from "../../ffi/layout.gen.ts";
import type { ExecutionReport } from "../protocol/mod.ts";
import type { GuardianBooks } from "./books.ts";
import { isMaker, isTrade, reportOf } from "./reports.ts";

/**
 * Carries `count` records over to the books, in order. `now` is a stopwatch reading. `each` sees every record with its
 * report, after the books know it. A report that the venue told before is left out, as the gate leaves it out.
 */
export function bookExecutions(
  view: ExecutionView,
  count: number,
  books: GuardianBooks,
  now: number,
  each: (view: ExecutionView, report: ExecutionReport) => void,
): void {
  const { portfolio } = books;
  for (let i = 0; i < count; i++) {
    view.at(i);
    const { owner, instrument, venueSequence } = view;
    if (venueSequence !== 0) {
      if (venueSequence <= books.venueSequence) continue;
      books.venueSequence = venueSequence;
    }
    let fee = 0;
    if (isTrade(view)) {
      // A trade of order 0 is what the run begins with: no fill, and no fee.
      const opening = view.orderId === 0;
      fee = portfolio.trade(owner, instrument, view.side as 0 | 1, view.price, view.quantity, isMaker(view), opening);
      if (!opening) books.fills++;
    }
    const report = reportOf(view, fee, portfolio.position(owner, instrument));
    books.report(report, now);
    each(view, report);
  }
}
