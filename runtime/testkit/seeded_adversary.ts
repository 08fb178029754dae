/** The adversary of a scenario: everything it does is a function of a seed. */
import { type Adversary, createRandom, type Fate, type Micros, type Random } from "../mod.ts";
import type { Act, Fault, Scenario } from "./scenario.ts";

/** Crash on the adversary's behalf. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

/** Thrown out of a run by a scenario's `always`. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

/** Turns an actor is passed over for when it is slow. */
const SLOW_TURNS = 64;

export class SeededAdversary<W> implements Adversary {
  readonly faults: Fault[] = [];
  turns = 0;
  /** While false it does nothing and draws nothing. */
  active = true;
  /** Null until the scenario is built. */
  world: W | null = null;
  check: (() => string | null) | null = null;
  private decision = 0;
  private sleeping = 0;
  private readonly order: Random;
  private readonly chance: Random;
  private readonly acts: readonly (readonly [Act<W>, Random])[];

  constructor(
    private readonly scenario: Pick<Scenario<W, never>, "rates" | "tampers" | "crashes" | "acts" | "sees">,
    seed: number,
    /** The decisions that may be faults; null: all. */
    private readonly only: ReadonlySet<number> | null,
  ) {
    const root = createRandom(seed);
    this.order = root.fork("order");
    this.chance = root.fork("faults");
    this.acts = (scenario.acts ?? []).map((act) => [act, root.fork(`act ${act.kind}`)] as const);
  }

  /** The same, for the system of one node of a network: its clock does not jump, its paths begin with the node's name. */
  on(node: string): Adversary {
    return {
      pick: (count) => this.pick(count),
      fate: (receiver, message) => this.fate(node + receiver, message),
      strike: (path) => this.strike(node + path),
      jump: () => 0,
      turned: () => this.turned(),
    };
  }

  pick(count: number): number {
    if (count === 1) return 0;
    // Slow: for a while whoever has waited longest is left waiting.
    if (this.sleeping > 0) this.sleeping--;
    else if (this.happens(this.scenario.rates.slow, "slow", "one that waits is passed over")) {
      this.sleeping = SLOW_TURNS;
    }
    const first = this.sleeping > 0 ? 1 : 0;
    return first + this.order.int(count - first);
  }

  fate(receiver: string, message: unknown): Fate {
    const { scenario } = this;
    if (this.world !== null) scenario.sees?.(this.world, receiver, message);
    if (!this.active || scenario.tampers?.(receiver, message) !== true) return "pass";
    const { drop, duplicate, delay, maxDelay = 1000 } = scenario.rates;
    // All three are decided whatever comes of the first: see `decide`.
    const [lost, doubled, late] = [this.decide(drop), this.decide(duplicate), this.decide(delay)];
    if (lost > 0) return this.note(lost, "drop", `a message to ${receiver} is lost`, "drop");
    if (doubled > 0) return this.note(doubled, "duplicate", `a message to ${receiver} comes twice`, "duplicate");
    if (late === 0) return "pass";
    return this.note(late, "late", `a message to ${receiver} is late`, { delay: 1 + this.order.int(maxDelay) });
  }

  strike(path: string): Error | null {
    if (!this.active || this.scenario.crashes?.(path) !== true) return null;
    return this.happens(this.scenario.rates.crash, "crash", `${path} crashes`)
      ? new SimulatedCrash(`decision ${this.decision}`)
      : null;
  }

  jump(): Micros {
    const { jump, maxJump = 1000 } = this.scenario.rates;
    return this.happens(jump, "jump", "the clock jumps") ? 1 + this.order.int(maxJump) : 0;
  }

  turned(): void {
    this.turns++;
    if (this.active && this.world !== null) {
      for (const [act, random] of this.acts) this.perform(act, random, this.world);
    }
    const broken = this.check?.() ?? null;
    if (broken !== null) throw new InvariantBroken(broken);
  }

  private perform(act: Act<W>, random: Random, world: W): void {
    if (!this.happens(act.rate, act.kind, act.kind)) return;
    // What the act does may lead to further faults.
    const at = this.faults.length - 1;
    const what = act.act(world, random);
    if (what === null) this.faults.splice(at, 1);
    else this.faults[at] = { ...this.faults[at], what };
  }

  /** Whether a fault happens now. */
  happens(rate: number | undefined, kind: string, what: string): boolean {
    const decision = this.decide(rate);
    return decision > 0 && this.note(decision, kind, what, true);
  }

  /**
   * One decision: its number if it comes out for the fault, else 0. The draw is made whether or not it may be a fault, so
   * that leaving one out moves none of the others, until the run itself takes another way.
   */
  private decide(rate: number | undefined): number {
    if (rate === undefined || rate === 0 || !this.active) return 0;
    const decision = ++this.decision;
    return this.chance.next() < rate && (this.only === null || this.only.has(decision)) ? decision : 0;
  }

  private note<T>(decision: number, kind: string, what: string, result: T): T {
    this.faults.push({ decision, kind, what });
    return result;
  }
}
