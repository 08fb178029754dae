/**
 * What leaves a node: found its way to the node that holds the name, kept in order, and accounted for to the last letter.
 *
 *     departed = published + expired + unreachable + refused + stale + waiting
 */
import type { Micros } from "../time.ts";
import type { Wall } from "../internal/wall.ts";
import type { Asked } from "../internal/far.ts";
import type { Broker, BrokerError, Letter } from "../transport/mod.ts";
import type { Address } from "./address.ts";
import type { Nodes } from "./nodes.ts";
import { Outlet, type Parcel } from "./outlet.ts";

/** The topic of what is sent to a node. */
export const inboxOf = (node: string): string => `node-${node}`;

/** A letter on its way out. `asked`: it is a question. */
export interface Departure {
  readonly to: Address;
  readonly key: string;
  readonly letter: Letter;
  readonly asked: Asked | null;
}

/** See above. Late answers are those that nobody waited for any more. */
export interface PostCounters {
  readonly departed: number;
  readonly published: number;
  /** Questions that were over before they could be sent. */
  readonly expired: number;
  /** For a name that nobody was known to hold. */
  readonly unreachable: number;
  /** Above the size that the broker takes. */
  readonly refused: number;
  /** For one who was in a life of its node that is over. */
  readonly stale: number;
  readonly waiting: number;
}

export interface PostOptions {
  readonly broker: Broker;
  readonly nodes: Nodes;
  readonly now: () => Micros;
  readonly wall: Wall;
  readonly may: () => boolean;
  /** How long a name is looked for, microseconds. */
  readonly find: Micros;
  /** The letter under its sender's next number. */
  readonly renumbered: (letter: Letter) => Letter;
  /** Runs between two turns of the system. */
  readonly inject: (task: () => void) => void;
  /** A letter that will never be sent, for whoever watches. */
  readonly lost: (departure: Departure, why: "unreachable" | "refused" | "stale", detail: string) => void;
}

interface Search {
  readonly since: Micros;
  readonly departures: Departure[];
}

export class Post {
  private readonly counts = { departed: 0, published: 0, expired: 0, unreachable: 0, refused: 0, stale: 0 };
  private readonly outlets = new Map<string, Outlet>();
  /** By what is looked for: a name, or a node. */
  private readonly searches = new Map<string, Search>();
  /** Questions that wait for their answers, and on which node. */
  private readonly open = new Map<Asked, string>();
  private room = Promise.withResolvers<void>();

  constructor(private readonly options: PostOptions) {}

  get counters(): PostCounters {
    return { ...this.counts, waiting: this.waiting };
  }

  get waiting(): number {
    let waiting = 0;
    for (const outlet of this.outlets.values()) waiting += outlet.waiting;
    for (const { departures } of this.searches.values()) waiting += departures.length;
    return waiting;
  }

  send(departure: Departure): void {
    this.counts.departed++;
    this.route(departure);
  }

  /** Resolves when fewer than `most` letters wait. */
  async below(most: number): Promise<void> {
    while (this.waiting >= most) await this.room.promise;
  }

  /** A node is there that was not: what looked for it or for its names goes on. */
  found(): void {
    for (const [key, { departures }] of [...this.searches]) {
      if (this.placeOf(departures[0].to) === null) continue;
      this.searches.delete(key);
      // Others have left meanwhile: under its old number it would be older than what a receiver remembers.
      for (const departure of departures) {
        this.route({ ...departure, letter: this.options.renumbered(departure.letter) });
      }
    }
  }

  /** A node is gone: whoever waits for an answer from it is told, whatever it may still come to. */
  lost(node: string): void {
    for (const [asked, at] of this.open) {
      if (at !== node) continue;
      this.open.delete(asked);
      asked.fail("unreachable");
    }
  }

  /** Gives up what has been looked for too long, and forgets questions that are over. */
  passed(): void {
    const now = this.options.now();
    for (const [key, search] of [...this.searches]) {
      if (now - search.since < this.options.find) continue;
      this.searches.delete(key);
      for (const departure of search.departures) this.give(departure, "unreachable", "nobody is known by that name");
    }
    for (const asked of [...this.open.keys()]) if (!asked.awaited) this.open.delete(asked);
  }

  async close(): Promise<void> {
    await Promise.all([...this.outlets.values()].map((outlet) => outlet.close()));
  }

  private route(departure: Departure): void {
    const { to, asked } = departure;
    const { nodes } = this.options;
    const place = this.placeOf(to);
    if (place === null) return this.search(departure);
    const known = nodes.get(place);
    if ("epoch" in to && known !== undefined && known.epoch > to.epoch) {
      return this.give(departure, "stale", "that life of its node is over");
    }
    if (asked !== null && known?.lost === true) return this.give(departure, "unreachable", "its node is gone");
    if (asked !== null) this.open.set(asked, place);
    this.outlet(place).add(this.parcel(departure));
  }

  /** Null: to be looked for. What is told to a node that has never been heard of waits for it on its topic. */
  private placeOf(to: Address): string | null {
    if (to.node !== undefined) return to.node;
    return this.options.nodes.holderOf((to as { readonly name: string }).name)?.node ?? null;
  }

  private search(departure: Departure): void {
    const key = (departure.to as { readonly name: string }).name;
    const search = this.searches.get(key);
    if (search !== undefined) search.departures.push(departure);
    else this.searches.set(key, { since: this.options.now(), departures: [departure] });
  }

  private give(departure: Departure, why: "unreachable" | "stale" | "refused", detail: string): void {
    this.counts[why]++;
    departure.asked?.fail("unreachable");
    this.options.lost(departure, why, detail);
    this.roomy();
  }

  private parcel(departure: Departure): Parcel {
    const { key, letter, asked } = departure;
    const { now, inject } = this.options;
    return {
      key,
      letter: () => {
        if (asked === null) return letter;
        if (!asked.awaited) return null;
        // What is left of its time when it leaves, for a node whose clock says something else.
        const left = String(Math.max(0, asked.deadline - now()));
        return { ...letter, headers: { ...letter.headers, [LEFT]: left } };
      },
      sent: () => {
        this.counts.published++;
        if (asked !== null) inject(() => void (asked.whenLate = "timeout"));
      },
      expired: () => void this.counts.expired++,
      refused: (error: BrokerError) => inject(() => this.give(departure, "refused", error.message)),
    };
  }

  private outlet(node: string): Outlet {
    let outlet = this.outlets.get(node);
    if (outlet === undefined) {
      const { broker, may, wall } = this.options;
      this.outlets.set(node, outlet = new Outlet(broker, inboxOf(node), may, () => this.roomy(), wall));
    }
    return outlet;
  }

  private roomy(): void {
    this.room.resolve();
    this.room = Promise.withResolvers();
  }
}

/** Headers of a letter between actors: for whom, which question it is, how much of its time is left, and who waits for it. */
export const TO = "cwts-to";
export const ASK = "cwts-ask";
export const LEFT = "cwts-left";
export const WAITING = "cwts-waiting";
