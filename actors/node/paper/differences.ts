/**
 * What the log of a run and the venue say about the same orders, held against each other. A pure function of both: what is
 * done about a difference is done elsewhere.
 */
import type { VenueOrder, VenuePosition } from "../../venues/paper/words.ts";

export type DifferenceKind =
  /** The venue filled, cancelled or refused while nobody listened; its executions explain it. */
  | "missed-executions"
  /** Decided on and never sent, or lost on the way: the venue never had it, and can no longer get it. */
  | "never-arrived"
  /** Open by the log, gone at the venue, and no execution says how. */
  | "gone"
  | "leaves-differ"
  /** Open at the venue, and no record of ours knows it. */
  | "unknown-order"
  /** An execution of an order that was not open by the log. */
  | "unknown-execution"
  | "position-differs"
  | "other-venue"
  | "log-damaged";

export interface VenueDifference {
  readonly kind: DifferenceKind;
  /** Whether executions, or the venue's word that it never had an order, account for all of it. */
  readonly explained: boolean;
  /** One sentence, and what a person does about it; empty when nothing is to be done. */
  readonly detail: string;
  readonly fix: string;
  readonly orderId?: number;
  /** Lots or orders by which they differ. */
  readonly size: number;
}

/** An open order by the log. */
export interface LoggedOrder {
  readonly orderId: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly leaves: number;
}

/** `seen`: which of the orders that are gone the venue ever had. Both sides as of the same execution. */
export function orderDifferences(
  logged: readonly LoggedOrder[],
  venue: readonly VenueOrder[],
  seen: ReadonlySet<number>,
): VenueDifference[] {
  const there = new Map(venue.map((order) => [order.orderId, order]));
  const here = new Set(logged.map(({ orderId }) => orderId));
  const found: VenueDifference[] = [];
  for (const { orderId, leaves, strategy, instrument } of logged) {
    const order = there.get(orderId);
    if (order === undefined) {
      found.push(
        seen.has(orderId)
          ? {
            ...{ kind: "gone", explained: false, orderId, size: leaves },
            detail:
              `order ${orderId} is open with ${leaves} lots by the log and gone at the venue, without an execution`,
            fix: "ask the venue what became of it, then re-arm the firm",
          }
          : {
            ...{ kind: "never-arrived", explained: true, orderId, size: leaves },
            detail: `order ${orderId} was approved and never reached the venue: it counts as refused`,
            fix: "",
          },
      );
    } else if (order.leaves !== leaves || order.owner !== strategy || order.instrument !== instrument) {
      found.push({
        ...{ kind: "leaves-differ", explained: false, orderId, size: Math.abs(order.leaves - leaves) },
        detail:
          `order ${orderId} of organism ${strategy} has ${leaves} lots open in instrument ${instrument} by the log, ` +
          `and ${order.leaves} of organism ${order.owner} in instrument ${order.instrument} at the venue`,
        fix: "hold its executions in the log against the venue's statement, then re-arm the firm",
      });
    }
  }
  for (const { orderId, owner, leaves } of venue) {
    if (here.has(orderId)) continue;
    found.push({
      ...{ kind: "unknown-order", explained: false, orderId, size: leaves },
      detail:
        `order ${orderId} of organism ${owner} rested at the venue with ${leaves} lots, and no record knows it: cancelled`,
      fix: "find out who sent it (the log may have lost its end, durability batch loses none), then re-arm the firm",
    });
  }
  return found;
}

/** `held`: lots by the log. */
export function positionDifferences(
  venue: readonly VenuePosition[],
  logged: readonly { readonly owner: number; readonly instrument: number; readonly lots: number }[],
): VenueDifference[] {
  const sides = new Map<string, { log: number; venue: number }>();
  const at = (owner: number, instrument: number) => {
    const key = `${owner}/${instrument}`;
    let side = sides.get(key);
    if (side === undefined) sides.set(key, side = { log: 0, venue: 0 });
    return side;
  };
  for (const { owner, instrument, lots } of logged) at(owner, instrument).log = lots;
  for (const { owner, instrument, lots } of venue) at(owner, instrument).venue = lots;
  return [...sides].filter(([, side]) => side.log !== side.venue).map(([key, side]): VenueDifference => {
    const [owner, instrument] = key.split("/");
    return {
      ...{ kind: "position-differs", explained: false, size: Math.abs(side.log - side.venue) },
      detail:
        `organism ${owner} holds ${side.log} lots of instrument ${instrument} by the log, and ${side.venue} at the venue`,
      fix: "the run begins with what the venue says: see why they differ, then re-arm the firm",
    };
  });
}
