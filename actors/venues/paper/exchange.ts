/** The paper exchange as an actor: approved orders out, executions and prices in. All state is in the `PaperVenue`. */
import { type ActorDef, type Micros, MICROS_PER_MS } from "../../../runtime/mod.ts";
import { GUARDIAN, type MarketEvent, VENUE, type VenueMessage } from "../../protocol/mod.ts";
import type { PaperVenue } from "./venue.ts";

export interface PaperExchangeArgs {
  readonly venue: PaperVenue;
  /** Instrument ids. */
  readonly instruments: readonly number[];
}

/** Something came from the exchange, or the line ended. */
type News = { readonly kind: "News" };
type Again = { readonly kind: "Again" };

const AGAIN_AFTER: Micros = 250 * MICROS_PER_MS;

export const paperExchange: ActorDef<VenueMessage | News | Again, PaperExchangeArgs> = {
  type: "paper-exchange",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { venue, instruments }) {
    context.register(VENUE);
    const guardian = context.registry.get(GUARDIAN);
    venue.link.announce(guardian);
    let live = true;
    let trying = false;
    let told = false;
    venue.onNews = () => {
      if (told) return;
      told = true;
      context.self.tell({ kind: "News" });
    };

    const status = (now: boolean, detail: string) => {
      if (live === now) return;
      live = now;
      for (const instrument of instruments) {
        const time = context.clock.now();
        venue.subscribers.announce({
          ...{ kind: "MarketStatus", instrument, status: now ? "live" : "stale", detail, time },
        });
      }
    };
    const news = () => {
      told = false;
      venue.link.tell(guardian, venue.takeReports());
      const events = new Map<number, MarketEvent[]>();
      for (const event of venue.takeEvents(context.clock.now())) {
        const list = events.get(event.instrument);
        if (list === undefined) events.set(event.instrument, [event]);
        else list.push(event);
      }
      for (const [instrument, list] of events) venue.subscribers.publish(instrument, list);
      if (venue.connected) return status(true, "the exchange is back");
      status(false, venue.fault?.message ?? "the exchange cannot be reached");
      context.timers.once("again", AGAIN_AFTER, { kind: "Again" });
    };
    const again = () => {
      if (venue.connected || trying) return;
      trying = true;
      venue.connect().catch(() => {}).finally(() => {
        trying = false;
        venue.onNews();
      });
    };
    // What came while nobody stood here.
    venue.onNews();

    return {
      receive(message) {
        switch (message.kind) {
          case "ApprovedBatch":
            if (!venue.isApproved(message)) throw new Error("orders that did not pass the gate reached the venue");
            if (venue.link.takes(guardian, message)) venue.submit(message);
            return;
          case "News":
            return news();
          case "Again":
            return again();
          case "AskVenue":
            // Only a venue from which something came since it was last asked answers.
            if (venue.connected && venue.heardSince) guardian.tell({ kind: "VenueAnswers" });
            venue.heardSince = false;
            return;
          case "ResendReports":
            return venue.link.resend(message);
          case "SubscribeMarket":
            venue.subscribers.add(message);
            for (const instrument of message.instruments) {
              const top = venue.top(instrument, context.clock.now());
              if (top !== null) venue.subscribers.tellAgain(message.subscriber, top);
            }
            return;
          case "FlowBatch":
          case "Recorded":
          case "BarBatch":
            throw new Error(`the paper exchange does not take ${message.kind}: check the feed's wiring`);
        }
      },
      show: (message) => message,
      inspect: () => ({ connected: venue.connected, unconfirmed: venue.openQuestions }),
    };
  },
};
