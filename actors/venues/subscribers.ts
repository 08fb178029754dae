/**
 * Who wants which instrument's public data. Belongs to the venue object, not to its actor, so that a restart of the
 * actor forgets no subscriber.
 */
import type { ActorRef } from "../../runtime/mod.ts";
import type { MarketData, MarketEvent, MarketStatus, SubscribeMarket } from "../protocol/mod.ts";

type Subscriber = ActorRef<MarketData | MarketStatus>;

export class Subscribers {
  readonly #byInstrument = new Map<number, Subscriber[]>();
  /** Events published, by instrument. */
  readonly #published: number[] = [];

  /** Subscribing again changes nothing: a restarted subscriber may ask as often as it likes. */
  add({ subscriber, instruments }: SubscribeMarket): void {
    for (const instrument of instruments) {
      const list = this.#byInstrument.get(instrument) ?? [];
      if (!list.some((known) => known.id === subscriber.id)) list.push(subscriber);
      this.#byInstrument.set(instrument, list);
    }
  }

  /** Sends the events of one instrument; every subscriber gets the same array. */
  publish(instrument: number, events: readonly MarketEvent[]): void {
    const first = (this.#published[instrument] ?? 0) + 1;
    this.#published[instrument] = first + events.length - 1;
    const list = this.#byInstrument.get(instrument);
    if (!list || events.length === 0) return;
    const data: MarketData = { kind: "MarketData", events, first };
    for (const subscriber of list) subscriber.tell(data);
  }

  /** Tells one subscriber how prices stand, as the latest event left them. */
  tellAgain(subscriber: Subscriber, top: MarketEvent): void {
    subscriber.tell({ kind: "MarketData", events: [top], first: this.#published[top.instrument] ?? 0 });
  }

  announce(status: MarketStatus): void {
    for (const subscriber of this.#byInstrument.get(status.instrument) ?? []) subscriber.tell(status);
  }
}
