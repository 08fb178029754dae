/**
 * Whole trees under an adversary: seeded scheduling, lost, doubled and late messages, crashes, jumps of the clock, and
 * whatever else a scenario does to itself.
 *
 * A scenario builds a tree and says what must always hold. `runScenario` plays it once: everything the adversary does is a
 * function of the seed, so a seed is a test case. `explore` plays many; a seed that fails is `shrink`ed to the faults it
 * needs and can be played again with exactly those.
 *
 *     const found = await explore(scenario, { from: 1, seeds: 300 });
 *     for (const outcome of found.failures) console.log(outcome.failure, replayCommand(scenario, outcome));
 */
export type { Act, Fault, FaultRates, Outcome, Played, Scenario, Stage } from "./scenario.ts";
export { Network } from "./network/network.ts";
export type { NetworkRates } from "./network/rates.ts";
export type { Boot, Life } from "./network/life.ts";
export { SimulatedCrash } from "./seeded_adversary.ts";
export { runScenario } from "./play.ts";
export { type Exploration, explore, type ExploreOptions, replayCommand, shrink } from "./exploration.ts";
export { type Failing, failing } from "./failing.ts";
