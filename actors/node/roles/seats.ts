/** One seat for each organism of a configuration, in place of the organism. */
import type { Config } from "../../../config/mod.ts";
import { type Micros, MICROS_PER_MS } from "../../../runtime/mod.ts";
import type { Letter } from "../../../runtime/transport/mod.ts";
import { type ChildSpec, worker } from "../../../supervision/mod.ts";
import { seat, SeatState } from "../../placement/seat.ts";
import type { Instrument, ShardEvent } from "../../protocol/mod.ts";
import { instrumentsGiven, STRATEGY_OF } from "../organisms.ts";

/** Wall milliseconds between two signs of life. */
export const BEAT_MS = 250;

export interface SeatsOptions {
  /** Name of the gateway's node, and the epoch of its lease. */
  readonly node: string;
  readonly epoch: () => number;
  readonly config: string;
  /** Wall milliseconds of silence after which the other side is in doubt. */
  readonly silenceMs: number;
  readonly mayTrade: () => boolean;
  readonly send: (shard: string, letter: Letter) => void;
  readonly note: (shard: string, event: ShardEvent) => void;
}

export interface Seats {
  readonly specs: readonly ChildSpec[];
  readonly states: ReadonlyMap<string, SeatState>;
}

/** Wall milliseconds as time of a node that runs so many times as fast. */
export const paced = (ms: number, speed: Config["node"]["speed"]): Micros =>
  Math.round(ms * MICROS_PER_MS * (speed === "max" ? 1 : speed));

export function seatsOf(config: Config, instruments: readonly Instrument[], options: SeatsOptions): Seats {
  const { node, epoch, config: hash, silenceMs, mayTrade, send, note } = options;
  const states = new Map(config.organisms.map(({ id }) => [id, new SeatState()] as const));
  const { speed } = config.node;
  const specs = config.organisms.map(({ id }, i) =>
    worker(id, seat, {
      shard: id,
      strategy: STRATEGY_OF(i),
      instruments: instrumentsGiven(config, instruments, i).map((one) => one.id),
      state: states.get(id)!,
      ...{ node, config: hash, mayTrade },
      // Another one when the lease had to be taken anew.
      get epoch() {
        return epoch();
      },
      send: (letter) => send(id, letter),
      note: (event) => note(id, event),
      beatEvery: paced(BEAT_MS, speed),
      silence: paced(silenceMs, speed),
    })
  );
  return { specs, states };
}
