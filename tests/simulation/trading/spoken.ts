/**
 * When the exchange last said something of an instrument in public. A market may fall silent by chance, and then whoever
 * waits for it is right to: that is told apart from a feed that is not heard.
 */
import type { World } from "../../../actors/node/worlds/world.ts";
import type { SimulatedVenue } from "../../../actors/venues/simulated_exchange.ts";

export class Spoken {
  /** Event time in microseconds, by instrument id. */
  private readonly last = new Map<number, number>();

  /** Microseconds of silence of an instrument at `now`; Infinity for one that never spoke. */
  silence(instrument: number, now: number): number {
    return now - (this.last.get(instrument) ?? -Infinity);
  }

  /** The same world, overheard. */
  at(world: World): World {
    return {
      ...world,
      build: (ground) => {
        const built = world.build(ground);
        const { subscribers } = built.port as unknown as SimulatedVenue;
        const publish = subscribers.publish.bind(subscribers);
        subscribers.publish = (instrument, events) => {
          if (events.length > 0) this.last.set(instrument, events[events.length - 1].time);
          publish(instrument, events);
        };
        return built;
      },
    };
  }
}
