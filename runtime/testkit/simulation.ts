/**
 * Whole trees under an adversary: seeded scheduling, lost, doubled and late messages, crashes, jumps of the clock.
 *
 * A scenario builds a tree and says what must always hold. `runScenario` plays it once: everything the adversary does is a
 * function of the seed, so a seed is a test case. `explore` plays many; a seed that fails is `shrink`ed to the faults it
 * needs and can be played again with exactly those.
 *
 *     const found = await explore(scenario, { from: 1, seeds: 300 });
 *     for (const { seed, faults, failure } of found.failures) console.log(failure, replayCommand(scenario, seed, faults));
 */
import { ActorSystem, type Adversary, createRandom, type Fate, type Micros, type Random } from "../mod.ts";

/** How often the adversary does what; all default to 0. Probabilities. */
export interface FaultRates {
  /** Per message that may be tampered with. */
  readonly drop?: number;
  readonly duplicate?: number;
  readonly delay?: number;
  /** Longest delay. */
  readonly maxDelay?: Micros;
  /** Per turn of an actor that may be crashed, and per move of time while it waits for a promise. */
  readonly crash?: number;
  /** Per turn: an actor is passed over for a while. */
  readonly slow?: number;
  /** Per move of time. */
  readonly jump?: number;
  readonly maxJump?: Micros;
}

export interface Scenario<W> {
  /** One word, for the command line. */
  readonly name: string;
  readonly rates: FaultRates;
  /** Virtual time it runs for. */
  readonly until: Micros;
  /** Whether a message goes over a way that may lose, double and delay it. Default: none does. */
  tampers?(receiver: string, message: unknown): boolean;
  /** Whether an actor may be crashed. Default: none may. */
  crashes?(path: string): boolean;
  /** Builds the tree; what it returns is handed to the rest. `random` is the scenario's own stream. */
  build(system: ActorSystem, random: Random): W | Promise<W>;
  /** After every turn: the sentence that says what is broken, or null. Has to be cheap. */
  always?(world: W, system: ActorSystem): string | null;
  /** When the time is over and nothing is under way: likewise. The faults have stopped before, see `calm`. */
  finally?(world: W, system: ActorSystem): string | null | Promise<string | null>;
  /** Virtual time at the end during which the adversary does nothing, so that what can heal has healed. */
  readonly calm?: Micros;
  /** What the run has come to; equal runs, equal hashes. */
  hash(world: W, system: ActorSystem): string;
  /** Gives back what `build` took. */
  close?(world: W): void;
}

/** One thing the adversary did: the number of its decision and what it was. */
export interface Fault {
  readonly decision: number;
  readonly what: string;
}

export interface Outcome {
  readonly seed: number;
  readonly turns: number;
  readonly faults: readonly Fault[];
  /** What was broken; null when nothing was. */
  readonly failure: string | null;
  readonly hash: string;
}

/** Crash on the adversary's behalf. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

/** Turns an actor is passed over for when it is slow. */
const SLOW_TURNS = 64;

class SeededAdversary implements Adversary {
  readonly faults: Fault[] = [];
  turns = 0;
  active = true;
  check: (() => string | null) | null = null;
  private decision = 0;
  private readonly order: Random;
  private readonly chance: Random;
  private sleeping = 0;

  constructor(
    private readonly scenario: Scenario<never>,
    seed: number,
    /** The decisions that may be faults; null: all. */
    private readonly only: ReadonlySet<number> | null,
  ) {
    this.order = createRandom(seed).fork("order");
    this.chance = createRandom(seed).fork("faults");
  }

  pick(count: number): number {
    if (count === 1) return 0;
    // Slow: for a while whoever has waited longest is left waiting.
    if (this.sleeping > 0) this.sleeping--;
    else if (this.happens(this.scenario.rates.slow, "one that waits is passed over")) this.sleeping = SLOW_TURNS;
    const first = this.sleeping > 0 ? 1 : 0;
    return first + this.order.int(count - first);
  }

  fate(receiver: string, message: unknown): Fate {
    const { scenario } = this;
    if (scenario.tampers?.(receiver, message) !== true) return "pass";
    const { drop, duplicate, delay, maxDelay = 1000 } = scenario.rates;
    if (this.happens(drop, `a message to ${receiver} is lost`)) return "drop";
    if (this.happens(duplicate, `a message to ${receiver} comes twice`)) return "duplicate";
    if (this.happens(delay, `a message to ${receiver} is late`)) return { delay: 1 + this.order.int(maxDelay) };
    return "pass";
  }

  strike(path: string): Error | null {
    if (this.scenario.crashes?.(path) !== true) return null;
    return this.happens(this.scenario.rates.crash, `${path} crashes`)
      ? new SimulatedCrash(`decision ${this.decision}`)
      : null;
  }

  jump(): Micros {
    const { jump, maxJump = 1000 } = this.scenario.rates;
    return this.happens(jump, "the clock jumps") ? 1 + this.order.int(maxJump) : 0;
  }

  turned(): void {
    this.turns++;
    const broken = this.check?.() ?? null;
    if (broken !== null) throw new InvariantBroken(broken);
  }

  /** One decision. Its draw is made whether or not it may be a fault, so that leaving one out moves no other. */
  private happens(rate: number | undefined, what: string): boolean {
    if (rate === undefined || rate === 0 || !this.active) return false;
    const decision = ++this.decision;
    if (this.chance.next() >= rate || (this.only !== null && !this.only.has(decision))) return false;
    this.faults.push({ decision, what });
    return true;
  }
}

/** Plays a scenario once. With `only`, nothing but those decisions of the adversary are faults. */
export async function runScenario<W>(
  scenario: Scenario<W>,
  seed: number,
  only: ReadonlySet<number> | null = null,
): Promise<Outcome> {
  const adversary = new SeededAdversary(scenario as Scenario<never>, seed, only);
  const system = new ActorSystem({ seed, start: 0, speed: "max", patienceMs: 20, adversary });
  const world = await scenario.build(system, createRandom(seed).fork("scenario"));
  let failure: string | null = null;
  let hash = "";
  try {
    if (scenario.always !== undefined) adversary.check = () => scenario.always!(world, system);
    await system.run({ until: scenario.until });
    adversary.active = false;
    await system.run({ until: scenario.until + (scenario.calm ?? 0) });
    failure = unaccounted(system) ?? await scenario.finally?.(world, system) ?? null;
    hash = scenario.hash(world, system);
    await system.stop();
    failure ??= unaccounted(system);
  } catch (error) {
    failure = error instanceof InvariantBroken ? error.message : `${error}`;
  } finally {
    scenario.close?.(world);
  }
  return { seed, turns: adversary.turns, faults: adversary.faults, failure, hash };
}

function unaccounted(system: ActorSystem): string | null {
  const counters = system.counters();
  return counters.unexplained === 0 ? null : `messages are unaccounted for: ${JSON.stringify(counters)}`;
}

export interface Exploration {
  readonly seeds: number;
  readonly turns: number;
  readonly faults: number;
  readonly failures: readonly Outcome[];
}

/**
 * Plays `seeds` seeds from `from` on, each `replay`th one twice: the second run must come to the same hash. Stops after
 * `most` failures (default 1).
 */
export async function explore<W>(
  scenario: Scenario<W>,
  { from = 1, seeds, most = 1, replay = 10, heard }: {
    readonly from?: number;
    readonly seeds: number;
    readonly most?: number;
    readonly replay?: number;
    readonly heard?: (outcome: Outcome) => void;
  },
): Promise<Exploration> {
  const failures: Outcome[] = [];
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
    if (outcome.failure !== null) failures.push(outcome);
  }
  return { seeds: played, turns, faults, failures };
}

/**
 * Leaves out faults as long as the run still fails: first halves, then smaller parts (Zeller and Hildebrandt, "Simplifying
 * and isolating failure-inducing input", 2002). At most `budget` runs.
 */
export async function shrink<W>(scenario: Scenario<W>, failing: Outcome, budget = 200): Promise<Outcome> {
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
  return `deno task simulate ${scenario.name} --seed ${seed} --faults ${decisions === "" ? "none" : decisions}`;
}
