/**
 * Positions that a run begins with. They go on record as trades of order 0, which no order has: gate, books, drop copy and
 * whoever reads the log come to the same position, at the average price that was paid, and nobody pays a fee for them.
 */
import { ExecType, ExecutionView } from "../../../ffi/layout.gen.ts";
import type { Micros } from "../../../runtime/mod.ts";
import { bookExecutions } from "../../guardians/booking.ts";
import type { VenuePosition } from "../../venues/paper/words.ts";
import type { ComposedNode } from "../composed_node.ts";

/** Before anything runs. Throws when the log cannot record. */
export function openPositions(node: ComposedNode, positions: readonly VenuePosition[], time: Micros): void {
  if (positions.length === 0) return;
  const { gate, books } = node.parts;
  const records = new Uint8Array(positions.length * ExecutionView.SIZE);
  const view = new ExecutionView(records);
  positions.forEach(({ owner, instrument, lots, price }, i) => {
    const side = lots > 0 ? 0 : 1;
    Object.assign(view.at(i), { owner, instrument, side, price, quantity: Math.abs(lots), time });
    view.execType = ExecType.Trade;
  });
  if (!gate.applyExecutions(records, positions.length)) {
    throw new Error("the log cannot record what the run begins with");
  }
  bookExecutions(view, positions.length, books, NaN, () => {});
  node.postTrade.dropCopy.book.apply({
    kind: "ExecutionBatch",
    venue: "opening",
    sequence: 0,
    records,
    count: positions.length,
  });
}
