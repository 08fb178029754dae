/** The embedded default: a simulated exchange over the native matching engine, moved by a seeded crowd. */
import type { Config } from "../../../config/mod.ts";
import { MatchingEngine } from "../../../ffi/mod.ts";
import { MICROS_PER_MS, MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { worker } from "../../../supervision/mod.ts";
import { simulatedMarket } from "../../market/simulated/market.ts";
import { CommandWriter } from "../../market/simulated/writer.ts";
import { toTicks } from "../../protocol/mod.ts";
import { simulatedExchange, SimulatedVenue } from "../../venues/simulated_exchange.ts";
import type { World } from "./world.ts";

/** `list` makes the engine that lists these instruments. */
export function simulatedWorld(config: Config, list = MatchingEngine.create): World {
  return {
    name: "simulated",
    start: Date.parse(config.market.start) * MICROS_PER_MS,
    sampleEvery: MICROS_PER_SECOND,
    faults: () => [],
    build({ instruments, isApproved, doorOpen, books }) {
      const engine = list(instruments.map(({ id }) => id));
      const venue = new SimulatedVenue({ engine, instruments, isApproved, doorOpen });
      return {
        venue: worker("exchange", simulatedExchange, { venue }),
        market: [
          worker("crowd", simulatedMarket, {
            options: config.market,
            instruments: instruments.map((instrument) =>
              [instrument.id, toTicks(instrument, config.instruments[instrument.id].startPrice)] as const
            ),
            lastPrice: (instrument) => books.board.rows[instrument].last,
            writer: new CommandWriter(),
          }),
        ],
        port: venue,
        close: () => {
          engine.close();
          return Promise.resolve();
        },
      };
    },
  };
}
