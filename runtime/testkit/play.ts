/** One run of a scenario, from building it to giving everything back. */
import { ActorSystem, createRandom } from "../mod.ts";
import { Network } from "./network/network.ts";
import type { Outcome, Played, Scenario } from "./scenario.ts";
import { InvariantBroken, SeededAdversary } from "./seeded_adversary.ts";

/** Plays a scenario once. With `only`, nothing but those decisions of the adversary are faults. */
export async function runScenario<W, S extends Played = ActorSystem>(
  scenario: Scenario<W, S>,
  seed: number,
  only: ReadonlySet<number> | null = null,
): Promise<Outcome> {
  const adversary = new SeededAdversary(scenario, seed, only);
  let opened: Played | null = null;
  const open = <T extends Played>(made: () => T): T => {
    if (opened !== null) {
      throw new Error(`The scenario "${scenario.name}" opens a second system or network: one is all it gets.`);
    }
    const one = made();
    opened = one;
    return one;
  };
  const world = await scenario.build({
    open: (options = {}) =>
      open(() => new ActorSystem({ start: 0, patienceMs: 20, ...options, seed, speed: "max", adversary })),
    network: () => {
      const random = createRandom(seed).fork("network");
      return open(() => new Network({ rates: scenario.network ?? {}, random, seed }, adversary));
    },
    random: createRandom(seed).fork("scenario"),
    strikes: (rate, kind, what) => adversary.happens(rate, kind, what),
  });
  // Assigned in a callback, which the checker does not follow.
  const system = opened as S | null;
  if (system === null) throw new Error(`The scenario "${scenario.name}" has to open its system or network in build.`);
  let failure: string | null = null;
  let hash = "";
  try {
    adversary.world = world;
    if (scenario.always !== undefined) adversary.check = () => scenario.always!(world, system);
    const end = system.clock.now() + scenario.until;
    await system.run({ until: end });
    adversary.active = false;
    system.calm?.();
    scenario.calmed?.(world, system);
    await system.run({ until: end + (scenario.calm ?? 0) });
    failure = unaccounted(system) ?? await scenario.finally?.(world, system) ?? null;
    await system.stop();
    failure ??= unaccounted(system) ?? scenario.stopped?.(world, system) ?? null;
    hash = scenario.hash(world, system);
  } catch (error) {
    failure = error instanceof InvariantBroken ? error.message : error instanceof Error ? error.stack! : `${error}`;
  } finally {
    await scenario.close?.(world);
  }
  return {
    seed,
    turns: adversary.turns,
    faults: adversary.faults,
    failure,
    hash,
    tally: scenario.tally?.(world) ?? {},
  };
}

function unaccounted(system: Played): string | null {
  const counters = system.counters();
  return counters.unexplained === 0 ? null : `messages are unaccounted for: ${JSON.stringify(counters)}`;
}
