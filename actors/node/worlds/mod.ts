/** Opens the world the configuration asks for. */
import type { Config } from "../../../config/mod.ts";
import { openBarsWorld } from "./bars.ts";
import { openReplayWorld } from "./replay.ts";
import { simulatedWorld } from "./simulated.ts";
import type { World } from "./world.ts";

export function openWorld(config: Config): Promise<World> {
  switch (config.feed.kind) {
    case "simulated":
      return Promise.resolve(simulatedWorld(config));
    case "replay":
      return openReplayWorld(config);
    case "bars":
      return openBarsWorld(config);
  }
}

export type { World } from "./world.ts";
