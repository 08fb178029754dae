/** The branch of one shard on the node that hosts it: its door, and behind it the organism. */
import type { Config } from "../../../config/mod.ts";
import { type SupervisorSpec, worker } from "../../../supervision/mod.ts";
import { door, type DoorArgs, doorKeys, type DoorState } from "../../placement/door.ts";
import type { Instrument } from "../../protocol/mod.ts";
import { instrumentsGiven, organismSpecs, STRATEGY_OF } from "../organisms.ts";
import { BEAT_MS, paced } from "./seats.ts";

export const DOOR = "door";
export const ORGANISM = "organism";

export interface ShardBranch
  extends
    Pick<DoorArgs, "node" | "epoch" | "gateway" | "config" | "held" | "killed" | "send" | "again" | "over" | "state"> {
  readonly shard: string;
  readonly state: DoorState;
  readonly silenceMs: number;
}

/** Restarts of an organism before its shard is given up for this node; each is a clean start. */
const INTENSITY = 10;
const PERIOD_MS = 60_000;

/** Throws UserError for parameters that the species refuses. */
export function shardBranch(
  config: Config,
  instruments: readonly Instrument[],
  { shard, silenceMs, ...args }: ShardBranch,
): SupervisorSpec {
  const place = config.organisms.findIndex(({ id }) => id === shard);
  const { speed } = config.node;
  const organism = organismSpecs(config, instruments, doorKeys)[place];
  return {
    id: shard,
    strategy: "rest_for_one",
    restart: "temporary",
    intensity: INTENSITY,
    periodMs: PERIOD_MS,
    onGiveUp: "isolate",
    children: [
      worker(DOOR, door, {
        ...args,
        shard,
        strategy: STRATEGY_OF(place),
        instruments: instrumentsGiven(config, instruments, place).map(({ id }) => id),
        beatEvery: paced(BEAT_MS, speed),
        silence: paced(silenceMs, speed),
      }),
      { ...organism, id: ORGANISM },
    ],
  };
}
