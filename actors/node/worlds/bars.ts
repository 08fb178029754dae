/** Daily bars: the embedded S&P 500 history or a CSV of one's own, for organisms that think in days. */
import { type Config, UserError } from "../../../config/mod.ts";
import { MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { worker } from "../../../supervision/mod.ts";
import { barFeed, BarTape, embeddedBarsPath, firstTimestamp, readBars } from "../../market/bars/mod.ts";
import { barExchange, BarVenue } from "../../venues/bar_exchange.ts";
import { instrumentsOf } from "../instruments.ts";
import type { World } from "./world.ts";

const DAY = 86_400 * MICROS_PER_SECOND;

export function openBarsWorld(config: Config): World {
  const instruments = instrumentsOf(config);
  const paths = config.feed.paths.length > 0 ? config.feed.paths : [embeddedBarsPath()];
  if (paths.length !== instruments.length) {
    throw new UserError(
      "BARS_INSTRUMENTS",
      `${paths.length} files of bars for ${instruments.length} instruments: name one file per instrument, in their order`,
    );
  }
  const series = paths.map((path, i) => readBars(path, { instrument: instruments[i] }));
  return {
    name: "bars",
    start: Math.min(...series.map(firstTimestamp)),
    sampleEvery: DAY,
    faults: () => [],
    build({ instruments, isApproved, doorOpen }) {
      const venue = new BarVenue({
        instruments,
        isApproved,
        doorOpen,
        halfSpreadTicks: config.bars.halfSpreadTicks,
        participation: config.bars.participation,
      });
      return {
        venue: worker("exchange", barExchange, { venue }),
        // Ends normally after the last bar, and stays down then.
        market: [worker("bars", barFeed, { tape: new BarTape(series) }, { restart: "transient" })],
        port: venue,
        close: () => Promise.resolve(),
      };
    },
  };
}
