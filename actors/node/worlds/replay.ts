/** A recorded market: captures played at their own pace, our orders filled by a stated queue model. */
import { type Config, UserError } from "../../../config/mod.ts";
import { MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { worker } from "../../../supervision/mod.ts";
import { replayFeed } from "../../market/replay/feed.ts";
import { Recording } from "../../market/replay/recording.ts";
import { replayExchange } from "../../venues/replay_exchange.ts";
import { ReplayVenue } from "../../venues/replay_venue.ts";
import { instrumentsOf } from "../instruments.ts";
import type { World } from "./world.ts";

/** Reads ahead to the first message, whose time is where the node's clock begins. */
export async function openReplayWorld(config: Config): Promise<World> {
  const instruments = instrumentsOf(config);
  if (instruments.length !== 1) {
    throw new UserError(
      "REPLAY_INSTRUMENTS",
      `a replay plays one instrument, but ${instruments.length} are configured: keep the one of the recording`,
    );
  }
  const recording = new Recording([{ instrument: instruments[0], files: config.feed.paths }]);
  const start = await recording.start();
  // A recording that breaks off later is played up to there, and the fault is told at the end of the run.
  const playable = recording.next?.events.some(({ kind }) => kind !== "Gap" && kind !== "Ended") ?? false;
  if (!playable && recording.faults.length > 0) {
    await recording.close();
    throw recording.faults[0];
  }
  return {
    name: `replay:${config.feed.paths.map((path) => path.split("/").at(-1)).join(",")}`,
    start,
    sampleEvery: MICROS_PER_SECOND,
    faults: () => recording.faults,
    build({ instruments, isApproved, doorOpen }) {
      const venue = new ReplayVenue({
        instruments,
        isApproved,
        doorOpen,
        orderLatency: config.replay.orderLatencyMicros,
        cancelModel: config.replay.queueModel,
      });
      return {
        venue: worker("exchange", replayExchange, { venue }),
        market: [worker("recording", replayFeed, { recording })],
        port: venue,
        close: () => recording.close(),
      };
    },
  };
}
