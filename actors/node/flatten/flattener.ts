/**
 * Sends the orders that close positions, one slice after the other, through the guardian like every order: immediate or
 * cancel, reduce-only, within limits and collar. What the organism had resting goes first, so that nothing of it and of a
 * slice together could reach beyond zero.
 */
import { Code, OrderType, TimeInForce } from "../../../ffi/layout.gen.ts";
import type { OrderGate } from "../../../ffi/mod.ts";
import { type ActorContext, type ActorDef, type Handlers, type Micros, MICROS_PER_MS } from "../../../runtime/mod.ts";
import type { GuardianBooks } from "../../guardians/books.ts";
import { GUARDIAN, type OrderIntent, PERSON_CAUSE } from "../../protocol/mod.ts";
import type { FlattenDesk, Line, Place } from "./desk.ts";
import { nextSlice, type SliceTerms } from "./slice.ts";

export interface FlattenerArgs {
  readonly desk: FlattenDesk;
  readonly gate: OrderGate;
  readonly books: GuardianBooks;
  /** As in force now. */
  readonly terms: (place: Place) => SliceTerms;
  /** Hands over how to wake the actor that lives now. */
  readonly attach: (wake: () => void) => void;
}

export type FlattenerMessage = { readonly kind: "Step" };

/** From one slice to the next: a venue has answered by then, and no message budget is used up. */
const EVERY: Micros = 250 * MICROS_PER_MS;

export const flattener: ActorDef<FlattenerMessage, FlattenerArgs> = {
  type: "flattener",
  init: (context, args) => new Flattener(context, args),
};

class Flattener implements Handlers<FlattenerMessage> {
  readonly #context: ActorContext<FlattenerMessage>;
  readonly #args: FlattenerArgs;
  /** Board time of the market at which each line was last tried: what has not moved since would answer the same. */
  readonly #tried = new WeakMap<Line, Micros>();

  constructor(context: ActorContext<FlattenerMessage>, args: FlattenerArgs) {
    this.#context = context;
    this.#args = args;
    args.attach(() => void context.self.tell({ kind: "Step" }));
    if (args.desk.open.length > 0) context.self.tell({ kind: "Step" });
  }

  receive(): void {
    const { desk } = this.#args;
    desk.look();
    for (const line of desk.open) this.#step(line);
    if (desk.open.length > 0) this.#context.timers.once("step", EVERY, { kind: "Step" });
  }

  #step(line: Line): void {
    const { gate, books, terms } = this.#args;
    const { strategy, instrument } = line.place;
    this.#learn(line);
    if (line.order !== 0) return;
    const { position, openOrders } = gate.exposure(strategy, instrument);
    if (openOrders > 0) return this.#withdraw(line.place);
    if (position === 0) return;

    const row = books.board.rows[instrument];
    if (this.#tried.get(line) === row.updated) return;
    this.#tried.set(line, row.updated);
    const slice = nextSlice(position, row, terms(line.place), line.fruitless);
    if (slice === null) {
      line.state = "waiting";
      line.fruitless++;
      line.code = Code.NoReference;
      return;
    }
    line.state = "working";
    line.order = this.#context.nextId();
    line.before = position;
    line.sent++;
    this.#send({
      kind: "SubmitOrder",
      orderId: line.order,
      strategy,
      instrument,
      ...slice,
      orderType: OrderType.Limit,
      tif: TimeInForce.Ioc,
      postOnly: false,
      reduceOnly: true,
      ...this.#stamps(),
    });
  }

  /** What became of the slice that was sent last. */
  #learn(line: Line): void {
    if (line.order === 0) return;
    const { books } = this.#args;
    const row = books.orders.find(line.order);
    if (row === undefined || row.status === "pending" || row.status === "open") return;
    line.order = 0;
    if (row.status === "rejected") {
      line.refused++;
      line.code = row.code;
    }
    line.fruitless = row.filled > 0 ? 0 : line.fruitless + 1;
    if (row.filled === 0) line.state = "waiting";
  }

  #withdraw({ strategy, instrument }: Place): void {
    const rest = this.#args.books.orders.newest(
      Infinity,
      (row) => row.strategy === strategy && row.instrument === instrument && row.status === "open",
    );
    for (const { id: target } of rest) {
      this.#send({ kind: "CancelOrder", strategy, instrument, target, ...this.#stamps() });
    }
  }

  #stamps() {
    const { clock, stopwatch } = this.#context;
    return { time: clock.now(), stamp: stopwatch.now(), cause: PERSON_CAUSE } as const;
  }

  #send(intent: OrderIntent): void {
    this.#context.registry.find(GUARDIAN)?.tell(intent);
  }

  inspect(): unknown {
    return this.#args.desk.view();
  }
}
