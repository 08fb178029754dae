/**
 * The bar exchange as an actor: bars and approved orders in, executions and market data out.
 *
 * All state is in the `BarVenue`, which the node owns: a crash of this actor loses no order, no report and no
 * subscriber. What fills and why is written at the head of `bar_venue.ts`.
 */
import type { ActorDef } from "../../runtime/mod.ts";
import { GUARDIAN, VENUE, type VenueMessage } from "../protocol/mod.ts";
import type { BarVenue } from "./bar_venue.ts";
import type { Reports } from "./report_writer.ts";

export { BarVenue, type BarVenueOptions } from "./bar_venue.ts";

export interface BarExchangeArgs {
  readonly venue: BarVenue;
}

const NOTHING = new Uint8Array(0);

export const barExchange: ActorDef<VenueMessage, BarExchangeArgs> = {
  type: "bar-exchange",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { venue }) {
    context.register(VENUE);
    const guardian = context.registry.get(GUARDIAN);
    venue.link.announce(guardian);
    const deliver = (reports: Reports) => venue.link.tell(guardian, reports);
    // What a crashed incarnation did and did not tell.
    deliver(venue.submit(NOTHING, 0, context.clock.now()));
    return {
      receive(message) {
        switch (message.kind) {
          case "ApprovedBatch":
            if (!venue.isApproved(message)) throw new Error("orders that did not pass the gate reached the venue");
            if (venue.link.takes(guardian, message)) {
              deliver(venue.submit(message.records, message.count, context.clock.now()));
            }
            return;
          case "AskVenue":
            guardian.tell({ kind: "VenueAnswers" });
            return;
          case "ResendReports":
            return venue.link.resend(message);
          case "BarBatch":
            // Executions before prices: whoever decides on a bar should know what it holds.
            deliver(venue.onBars(message));
            for (const { instrument } of message.bars) {
              venue.subscribers.publish(instrument, venue.takeMarket(instrument));
            }
            return;
          case "SubscribeMarket":
            venue.subscribers.add(message);
            for (const instrument of message.instruments) {
              const status = venue.status(instrument);
              const top = venue.top(instrument);
              if (status !== undefined) message.subscriber.tell(status);
              if (top !== undefined) venue.subscribers.tellAgain(message.subscriber, top);
            }
            return;
          case "Recorded":
            for (const event of message.events) {
              if (event.kind !== "Ended") throw new Error(`the bar exchange takes bars, not a recorded ${event.kind}`);
              const status = venue.end(message.instrument, message.time);
              if (status !== undefined) venue.subscribers.announce(status);
            }
            return;
          case "FlowBatch":
            throw new Error("the bar exchange has no background participants: check the feed's wiring");
        }
      },
      show: (message) => message,
      inspect: () => ({ openOrders: venue.openOrders }),
    };
  },
};
