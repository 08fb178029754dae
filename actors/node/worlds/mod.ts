/** Opens the world the configuration asks for. */
import type { Config } from "../../../config/mod.ts";
import { openBarsWorld } from "./bars.ts";
import { paperWorld } from "./paper.ts";
import { openReplayWorld } from "./replay.ts";
import { simulatedWorld } from "./simulated.ts";
import type { World } from "./world.ts";

/** Throws UserError when its data cannot be read. */
export async function openWorld(config: Config): Promise<World> {
  switch (config.feed.kind) {
    case "simulated":
      return simulatedWorld(config);
    case "replay":
      return await openReplayWorld(config);
    case "bars":
      return openBarsWorld(config);
    case "paper":
      return paperWorld(config);
  }
}

export type { World } from "./world.ts";
