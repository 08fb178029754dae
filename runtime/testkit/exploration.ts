/** Many seeds of a scenario, and the fewest faults that a failing one needs. */
import { runScenario } from "./play.ts";
import type { ActorSystem } from "../mod.ts";
import type { Outcome, Played, Scenario } from "./scenario.ts";

export interface Exploration {
  readonly seeds: number;
  readonly turns: number;
  readonly faults: number;
  /** Faults by kind, in order of their names. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Sum of the scenario's own tallies. */
  readonly tally: Readonly<Record<string, number>>;
  readonly failures: readonly Outcome[];
}

export interface ExploreOptions {
  /** First seed; default 1. */
  readonly from?: number;
  readonly seeds: number;
  /** Failures after which it stops; default 1. */
  readonly most?: number;
  /** Each how many-th seed is played twice: the second run must come to the same hash. Default 10. */
  readonly replay?: number;
  readonly heard?: (outcome: Outcome) => void;
}

export async function explore<W, S extends Played = ActorSystem>(
  scenario: Scenario<W, S>,
  { from = 1, seeds, most = 1, replay = 10, heard }: ExploreOptions,
): Promise<Exploration> {
  const failures: Outcome[] = [];
  const [kinds, tally] = [new Map<string, number>(), new Map<string, number>()];
  let [turns, faults, played] = [0, 0, 0];
  for (let seed = from; seed < from + seeds && failures.length < most; seed++) {
    let outcome = await runScenario(scenario, seed);
    if (outcome.failure === null && seed % replay === 0) {
      const again = await runScenario(scenario, seed);
      if (again.hash !== outcome.hash) {
        outcome = { ...outcome, failure: `the same seed came to ${outcome.hash} and then to ${again.hash}` };
      }
    }
    heard?.(outcome);
    played++;
    turns += outcome.turns;
    faults += outcome.faults.length;
    for (const { kind } of outcome.faults) add(kinds, kind, 1);
    for (const [name, count] of Object.entries(outcome.tally)) add(tally, name, count);
    if (outcome.failure !== null) failures.push(outcome);
  }
  return { seeds: played, turns, faults, kinds: sorted(kinds), tally: sorted(tally), failures };
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * Leaves out faults as long as the run still fails: first halves, then smaller parts (Zeller and Hildebrandt, "Simplifying
 * and isolating failure-inducing input", 2002). At most `budget` runs.
 */
export async function shrink<W, S extends Played = ActorSystem>(
  scenario: Scenario<W, S>,
  failing: Outcome,
  budget = 200,
): Promise<Outcome> {
  let best = failing;
  let parts = 2;
  while (best.faults.length > 0 && budget > 0) {
    const decisions = best.faults.map(({ decision }) => decision);
    const size = Math.ceil(decisions.length / parts);
    let smaller: Outcome | null = null;
    for (let at = 0; at < decisions.length && smaller === null && budget-- > 0; at += size) {
      const rest = new Set([...decisions.slice(0, at), ...decisions.slice(at + size)]);
      const outcome = await runScenario(scenario, failing.seed, rest);
      if (outcome.failure !== null && outcome.faults.length < best.faults.length) smaller = outcome;
    }
    if (smaller !== null) [best, parts] = [smaller, Math.max(2, parts - 1)];
    else if (size === 1) break;
    else parts = Math.min(decisions.length, parts * 2);
  }
  return best;
}

/** The command that plays a failing run again. */
export function replayCommand(scenario: { readonly name: string }, { seed, faults }: Outcome): string {
  const decisions = faults.map(({ decision }) => decision).join(",");
  return `deno task simulate ${scenario.name} --seed ${seed} --keep ${decisions === "" ? "none" : decisions}`;
}
