/** Crashes random actors on purpose, at a rate per second of market time, so that healing is seen and not assumed. */
import { type ActorDef, type ActorSystem, MICROS_PER_SECOND } from "../../runtime/mod.ts";

export interface ChaosArgs {
  /** Mean crashes per second of market time. */
  readonly rate: number;
  /** Paths that may be crashed now, in a stable order. */
  readonly victims: () => readonly string[];
  readonly crash: (path: string, error: Error) => void;
}

type Strike = { readonly kind: "Strike" };

export class ChaosError extends Error {
  override readonly name = "ChaosError";
}

export const chaos: ActorDef<Strike, ChaosArgs> = {
  type: "chaos",
  init(context, { rate, victims, crash }) {
    let strikes = 0;
    const arm = () => {
      const delay = Math.max(1, Math.round(context.random.exponential(rate) * MICROS_PER_SECOND));
      context.timers.once("strike", delay, { kind: "Strike" });
    };
    arm();
    return {
      receive() {
        const candidates = victims();
        if (candidates.length > 0) {
          const victim = candidates[context.random.int(candidates.length)];
          strikes++;
          crash(victim, new ChaosError(`crashed on purpose (strike ${strikes})`));
        }
        arm();
      },
      inspect: () => ({ rate, strikes }),
    };
  },
};

/** Chaos over every worker of a system but chaos itself. */
export function chaosOn(system: ActorSystem, rate: number): ChaosArgs {
  return {
    rate,
    victims: () =>
      system.actors()
        .filter((actor) => actor.strategy === null && actor.type !== "chaos" && actor.state !== "waiting-restart")
        .map((actor) => actor.path)
        .sort(),
    crash: (path, error) => {
      const victim = system.find(path);
      if (victim) system.crash(victim, error);
    },
  };
}
