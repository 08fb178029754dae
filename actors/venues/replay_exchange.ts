/**
 * The replay exchange as an actor: recorded messages and approved orders in, executions and market data out.
 *
 * All state is in the `ReplayVenue`, which the node owns: a crash of this actor loses no order, no report and no
 * subscriber. What fills and why is written in `docs/replay-fills.md`.
 */
import { type ActorDef, type Micros, MICROS_PER_SECOND } from "../../runtime/mod.ts";
import { GUARDIAN, type Recorded, VENUE, type VenueMessage } from "../protocol/mod.ts";
import type { ReplayVenue } from "./replay_venue.ts";
import type { Reports } from "./report_writer.ts";

export interface ReplayExchangeArgs {
  readonly venue: ReplayVenue;
}

/** Orders in flight have arrived. */
type Due = { readonly kind: "Due" };
/** Look for silent recordings. */
type Look = { readonly kind: "Look" };

const LOOK_EVERY: Micros = MICROS_PER_SECOND;

export const replayExchange: ActorDef<VenueMessage | Due | Look, ReplayExchangeArgs> = {
  type: "replay-exchange",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { venue }) {
    context.register(VENUE);
    const guardian = context.registry.get(GUARDIAN);
    venue.link.announce(guardian);
    let armed: Micros | null = null;
    let listening = true;
    context.timers.every("look", LOOK_EVERY, { kind: "Look" });

    const deliver = (reports: Reports) => venue.link.tell(guardian, reports);
    const arm = () => {
      const due = venue.nextDue;
      if (due === armed) return;
      armed = due;
      if (due === null) context.timers.cancel("due");
      else context.timers.once("due", Math.max(0, due - context.clock.now()), { kind: "Due" });
    };
    const announce = (instrument: number) => {
      for (const status of venue.takeStatuses(instrument)) venue.subscribers.announce(status);
    };
    const recorded = (message: Recorded) => {
      deliver(venue.onRecorded(message));
      announce(message.instrument);
      venue.subscribers.publish(message.instrument, venue.takeMarket(message.instrument));
    };

    // What a crashed incarnation did and did not tell.
    deliver(venue.advance(context.clock.now()));
    arm();

    return {
      receive(message) {
        switch (message.kind) {
          case "Recorded":
            recorded(message);
            break;
          case "ApprovedBatch":
            if (!venue.isApproved(message)) throw new Error("orders that did not pass the gate reached the venue");
            if (venue.link.takes(guardian, message)) {
              deliver(venue.submit(message.records, message.count, context.clock.now()));
            }
            break;
          case "AskVenue":
            guardian.tell({ kind: "VenueAnswers" });
            break;
          case "ResendReports":
            venue.link.resend(message);
            break;
          case "Due":
            armed = null;
            deliver(venue.advance(context.clock.now()));
            break;
          case "Look":
            for (const instrument of venue.checkStale(context.clock.now())) announce(instrument);
            if (listening && venue.ended) {
              listening = false;
              context.timers.cancel("look");
            }
            break;
          case "SubscribeMarket": {
            const { subscriber, instruments } = message;
            venue.subscribers.add(message);
            for (const instrument of instruments) {
              const status = venue.status(instrument);
              if (status === undefined) continue;
              subscriber.tell(status);
              const top = venue.top(instrument);
              if (status.status === "live" && top !== undefined) {
                venue.subscribers.tellAgain(subscriber, top);
              }
            }
            break;
          }
          case "FlowBatch":
          case "BarBatch":
            throw new Error(`the replay exchange does not take ${message.kind}: check the feed's wiring`);
        }
        arm();
      },
      show: (message) => message,
      inspect: () => ({ open: venue.openOrders, inFlight: venue.inFlight, instruments: venue.instruments() }),
    };
  },
};
