/**
 * What the participants of a crowd have resting, as they know it: entered when they send it, gone when they cancel it or
 * hear that it is filled, cancelled or refused. Every operation takes the same time however many orders rest.
 */
import type { SideCode } from "../../protocol/mod.ts";

export interface RestingOrder {
  readonly id: number;
  /** Participant within the crowd, from 0. */
  readonly owner: number;
  readonly side: SideCode;
  /** Ticks. */
  readonly price: number;
  /** Lots still open. */
  leaves: number;
}

interface Slotted extends RestingOrder {
  /** Place in the list of its owner. */
  slot: number;
}

export class RestingOrders {
  readonly #byId = new Map<number, Slotted>();
  readonly #byOwner: Slotted[][];

  constructor(owners: number) {
    this.#byOwner = Array.from({ length: owners }, () => []);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): RestingOrder | undefined {
    return this.#byId.get(id);
  }

  /** The orders of one owner, in no order that means anything. Changes with the next `add` or `remove`. */
  of(owner: number): readonly RestingOrder[] {
    return this.#byOwner[owner];
  }

  all(): Iterable<RestingOrder> {
    return this.#byId.values();
  }

  add(id: number, owner: number, side: SideCode, price: number, leaves: number): void {
    const list = this.#byOwner[owner];
    const order = { id, owner, side, price, leaves, slot: list.length };
    this.#byId.set(id, order);
    list.push(order);
  }

  remove(id: number): void {
    const order = this.#byId.get(id);
    if (order === undefined) return;
    this.#byId.delete(id);
    const list = this.#byOwner[order.owner];
    const last = list.pop()!;
    if (last === order) return;
    list[order.slot] = last;
    last.slot = order.slot;
  }
}
