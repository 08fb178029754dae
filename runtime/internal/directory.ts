/**
 * Who holds which name, who belongs to which group, and who wants to know.
 *
 * A name is a group of at most one. Members stay across restarts and leave when they stop for good; subscribers are
 * incarnations and end with them. A subscriber gets the members and every later change as a signal, in order.
 */
import type { ActorRef, Registry, ServiceKey } from "../actor.ts";
import type { ActorCell, Incarnation } from "./cell.ts";

interface Listing {
  readonly members: Set<ActorCell>;
  readonly subscribers: Set<Incarnation>;
}

export class Directory implements Registry {
  private readonly listings = new Map<string, Listing>();

  find<M>(key: ServiceKey<M>): ActorRef<M> | undefined {
    return this.listings.get(key.name)?.members.values().next().value;
  }

  get<M>(key: ServiceKey<M>): ActorRef<M> {
    const holder = this.find(key);
    if (holder !== undefined) return holder;
    throw new Error(`Nobody holds the name "${key.name}": start its actor before the one that needs it.`);
  }

  members<M>(group: ServiceKey<M>): readonly ActorRef<M>[] {
    return [...this.listings.get(group.name)?.members ?? []];
  }

  /** Takes a name; throws when another actor has it or it is a group. */
  register(name: string, cell: ActorCell): void {
    const members = this.listings.get(name)?.members;
    if (members?.has(cell)) return;
    const holder = members?.values().next().value;
    if (holder !== undefined) throw new Error(`${cell.path} cannot take the name "${name}": ${holder.path} holds it.`);
    this.join(name, cell);
  }

  join(name: string, cell: ActorCell): void {
    const listing = this.listing(name);
    if (listing.members.has(cell)) return;
    listing.members.add(cell);
    (cell.names ??= []).push(name);
    this.publish(name, listing);
  }

  leave(name: string, cell: ActorCell): void {
    const listing = this.listings.get(name);
    if (listing === undefined || !listing.members.delete(cell)) return;
    cell.names = cell.names!.filter((other) => other !== name);
    this.publish(name, listing);
    this.tidy(name, listing);
  }

  /** An actor stopped for good: it leaves everything. */
  leaveAll(cell: ActorCell): void {
    for (const name of cell.names ?? []) this.leave(name, cell);
    cell.names = null;
  }

  subscribe(name: string, subscriber: Incarnation): readonly ActorRef<never>[] {
    const listing = this.listing(name);
    listing.subscribers.add(subscriber);
    return [...listing.members];
  }

  unsubscribe(name: string, subscriber: Incarnation): void {
    const listing = this.listings.get(name);
    listing?.subscribers.delete(subscriber);
    if (listing !== undefined) this.tidy(name, listing);
  }

  private listing(name: string): Listing {
    let listing = this.listings.get(name);
    if (listing === undefined) this.listings.set(name, listing = { members: new Set(), subscribers: new Set() });
    return listing;
  }

  private publish(name: string, { members, subscribers }: Listing): void {
    for (const { cell } of subscribers) cell.signal({ kind: "listing", name, members: [...members] });
  }

  private tidy(name: string, { members, subscribers }: Listing): void {
    if (members.size === 0 && subscribers.size === 0) this.listings.delete(name);
  }
}
