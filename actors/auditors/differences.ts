/**
 * What differs between the gate, the guardian's books and the drop copy, as a pure look at all three: positions, what has
 * traded, and what is open.
 */
import type { ConcernKind, OrderId } from "../protocol/mod.ts";
import type { CopiedLine, DropCopyBook } from "./drop_copy_book.ts";

/** Lots of a strategy in an instrument, by the gate. */
export type GateLine = Pick<CopiedLine, "bought" | "sold" | "openBuy" | "openSell" | "openOrders"> & {
  readonly position: number;
};

/** An order by the guardian's books. */
export interface BookedOrder {
  readonly id: OrderId;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  readonly quantity: number;
  readonly filled: number;
  /** "pending" is on its way to the venue: the gate counts it, and no report has. */
  readonly status: string;
}

/** The guardian's books, as far as they are compared. */
export interface ComparedBooks {
  readonly fills: number;
  readonly portfolio: { position(strategy: number, instrument: number): number };
  readonly orders: {
    /** Orders that are open or on their way. */
    live(): Iterable<BookedOrder>;
    /** Whether the order was never recorded; one that has given way counts as recorded. */
    lacks(id: OrderId): boolean;
    find(id: OrderId): BookedOrder | undefined;
  };
}

export type MismatchKind = Extract<ConcernKind, `${string}-mismatch`>;

export interface Difference {
  readonly kind: MismatchKind;
  readonly subject: string;
  readonly strategy: number;
  readonly instrument: number;
  readonly gate: number | null;
  readonly books: number | null;
  readonly dropCopy: number;
  /** Lots, or orders, by which they differ. */
  readonly size: number;
  readonly detail: string;
}

/** Positions and trades: to be looked at when all three have the same reports. */
export function settledDifferences(
  copy: DropCopyBook,
  gateOf: (strategy: number, instrument: number) => GateLine,
  books: ComparedBooks,
): readonly Difference[] {
  const found: Difference[] = [];
  for (const { strategy, instrument, bought, sold } of copy.lines()) {
    const gate = gateOf(strategy, instrument);
    const booked = books.portfolio.position(strategy, instrument);
    const held = bought - sold;
    const where = { subject: `${strategy}/${instrument}`, strategy, instrument };
    const says = `strategy ${strategy} holds ${held} lots of instrument ${instrument} by drop copy`;
    if (gate.position !== held || booked !== held) {
      const size = Math.max(Math.abs(gate.position - held), Math.abs(booked - held));
      const by = booked === held ? "" : `, ${booked} by the books`;
      const detail = `${says}${by}, ${gate.position} by the gate`;
      found.push({
        kind: "position-mismatch",
        ...where,
        gate: gate.position,
        books: booked,
        dropCopy: held,
        size,
        detail,
      });
    }
    const [traded, counted] = [bought + sold, gate.bought + gate.sold];
    if (gate.bought === bought && gate.sold === sold) continue;
    const size = Math.max(Math.abs(gate.bought - bought), Math.abs(gate.sold - sold));
    const detail =
      `strategy ${strategy} traded ${bought} lots bought and ${sold} sold of instrument ${instrument} by ` +
      `drop copy, ${gate.bought} and ${gate.sold} by the gate`;
    found.push({ kind: "fill-mismatch", ...where, gate: counted, books: null, dropCopy: traded, size, detail });
  }
  if (books.fills !== copy.trades) {
    found.push({
      kind: "fill-mismatch",
      subject: "books",
      strategy: 0,
      instrument: 0,
      gate: null,
      books: books.fills,
      dropCopy: copy.trades,
      size: Math.abs(books.fills - copy.trades),
      detail: `${copy.trades} fills by drop copy, ${books.fills} by the books`,
    });
  }
  return found;
}

interface OpenHere {
  pendingOrders: number;
  /** Orders on which drop copy and books do not agree. */
  wrong: OrderId[];
}

/** What is open. Changes on their way may show for a moment: only a difference that stays counts. */
export function openDifferences(
  copy: DropCopyBook,
  gateOf: (strategy: number, instrument: number) => GateLine,
  books: ComparedBooks,
): readonly Difference[] {
  const places = new Map<string, OpenHere>();
  const at = (strategy: number, instrument: number): OpenHere => {
    const name = `${strategy}/${instrument}`;
    let here = places.get(name);
    if (here === undefined) places.set(name, here = { pendingOrders: 0, wrong: [] });
    return here;
  };
  const copied = copy.orders();
  for (const order of books.orders.live()) {
    const here = at(order.strategy, order.instrument);
    if (order.status === "pending") here.pendingOrders++;
    else if (copied.get(order.id)?.leaves !== order.quantity - order.filled) here.wrong.push(order.id);
  }
  for (const order of copied.values()) {
    const row = books.orders.find(order.id);
    const isForgotten = row === undefined && !books.orders.lacks(order.id);
    if (!isForgotten && row?.status !== "open") at(order.strategy, order.instrument).wrong.push(order.id);
  }
  for (const { strategy, instrument } of copy.lines()) at(strategy, instrument);

  const found: Difference[] = [];
  for (const [subject, { pendingOrders, wrong }] of places) {
    const [strategy, instrument] = subject.split("/").map(Number);
    const line = copy.line(strategy, instrument);
    const gate = gateOf(strategy, instrument);
    const counted = gate.openOrders - pendingOrders;
    const size = Math.max(Math.abs(counted - line.openOrders), wrong.length);
    if (size === 0) continue;
    const list = wrong.length === 0 ? "" : `; order ${wrong.slice(0, 5).join(", ")} differs in the books`;
    found.push({
      kind: "order-mismatch",
      subject,
      strategy,
      instrument,
      gate: counted,
      books: null,
      dropCopy: line.openOrders,
      size,
      detail: `strategy ${strategy} has ${line.openOrders} orders open in instrument ${instrument} by drop copy, ` +
        `${counted} by the gate${list}`,
    });
  }
  return found;
}
