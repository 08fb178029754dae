/**
 * The simulated market: one crowd per instrument, stepped by one timer, playing on the simulated exchange like any other
 * participant. It sees public prices and the fate of its own orders, nothing else.
 */
import { BACKGROUND_OWNER, ExecutionView } from "../../../ffi/layout.gen.ts";
import { type ActorDef, type ActorRef, MICROS_PER_MS } from "../../../runtime/mod.ts";
import { type FlowReports, type MarketData, type MarketStatus, VENUE, type VenueMessage } from "../../protocol/mod.ts";
import { Crowd } from "./crowd.ts";
import type { MarketOptions } from "./options.ts";
import { CommandWriter } from "./writer.ts";

export interface SimulatedMarketArgs {
  readonly options: MarketOptions;
  /** [instrument id, start price in ticks]. */
  readonly instruments: readonly (readonly [id: number, startPrice: number])[];
  /** Last trade of an instrument in ticks, 0 when there was none: where a restarted crowd picks up. */
  readonly lastPrice: (instrument: number) => number;
  readonly writer: CommandWriter;
}

type Step = { readonly kind: "Step" };
export type SimulatedMarketMessage = Step | MarketData | MarketStatus | FlowReports;

export const simulatedMarket: ActorDef<SimulatedMarketMessage, SimulatedMarketArgs> = {
  type: "simulated-market",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { options, instruments, lastPrice, writer }) {
    const venue: ActorRef<VenueMessage> = context.registry.get(VENUE);
    const crowds = new Map(
      instruments.map(([id, start]) =>
        [id, new Crowd(id, lastPrice(id) || start, options, context.random.fork(`instrument-${id}`))] as const
      ),
    );
    venue.tell({ kind: "SubscribeMarket", subscriber: context.self, instruments: [...crowds.keys()] });
    const send = () => {
      if (writer.count > 0) {
        venue.tell({ kind: "FlowBatch", records: writer.take(), count: writer.count, replyTo: context.self });
      }
    };
    if (context.incarnation > 0) {
      writer.begin(context.clock.now());
      for (const crowd of crowds.values()) crowd.withdraw(writer);
      send();
    }
    context.timers.every("step", Math.round(options.stepMs * MICROS_PER_MS), { kind: "Step" });

    return {
      receive(message) {
        switch (message.kind) {
          case "Step":
            writer.begin(context.clock.now());
            for (const crowd of crowds.values()) crowd.step(options.stepMs / 1000, writer);
            send();
            return;
          case "MarketData":
            for (const event of message.events) {
              const crowd = crowds.get(event.instrument);
              if (event.kind === "BookTop") crowd?.observe(event.bid, event.ask);
              else if (event.kind === "TradePrint") crowd?.learn(event.aggressor, event.quantity);
            }
            return;
          case "FlowReports": {
            const view = new ExecutionView(message.records);
            for (let i = 0; i < message.count; i++) {
              view.at(i);
              if (view.owner >= BACKGROUND_OWNER) crowds.get(view.instrument)?.report(view);
            }
            return;
          }
          case "MarketStatus":
            return;
        }
      },
      show: (message) => message,
      inspect: () => ({
        crowds: [...crowds].map(([instrument, { resting, value, estimate, inventories }]) => (
          { instrument, resting, value, estimate, inventories }
        )),
      }),
    };
  },
};
