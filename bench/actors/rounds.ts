/**
 * One case on all engines, each in a process of its own. The engines take turns, run by run, so that a bad minute of the
 * machine meets all of them.
 */
import { type Report, spread } from "../harness.ts";
import type { Case } from "./cases.ts";
import type { Contender } from "./engines.ts";
import type { Parameters } from "./port.ts";
import type { EngineProcess, Reply } from "./wire.ts";

export interface Plan {
  readonly runs: number;
  /**
   * One of the others that would need longer for one run does a tenth of the work, or is left out, wall milliseconds. Ours
   * never.
   */
  readonly longestRunMs: number;
  /** An engine that has used this much of one case gets no further run, wall milliseconds. */
  readonly budgetMs: number;
}

interface Entrant {
  readonly name: string;
  readonly version: string;
  readonly process: EngineProcess;
  readonly parameters: Parameters;
  readonly replies: Reply[];
  spentMs: number;
}

export async function measureCase(report: Report, one: Case, contenders: readonly Contender[], plan: Plan) {
  report.note(one.name);
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) {
      const entrant = await enter(report, one, contender, plan);
      if (entrant !== null) entrants.push(entrant);
    }
    for (let round = 0; round < Math.min(plan.runs, one.runs ?? plan.runs); round++) {
      for (const entrant of entrants) {
        if (round > 0 && entrant.spentMs > plan.budgetMs) continue;
        const begun = performance.now();
        entrant.replies.push(await entrant.process.run(one.name, entrant.parameters));
        entrant.spentMs += performance.now() - begun;
      }
    }
    for (const entrant of entrants) addRow(report, one, entrant);
  } finally {
    for (const { process } of entrants) await process.end();
  }
}

/** Starts the engine and warms it up; null, and a word about it, when it does not take part. */
async function enter(report: Report, one: Case, contender: Contender, plan: Plan): Promise<Entrant | null> {
  const { name } = contender;
  const process = contender.start();
  let entered = false;
  try {
    const version = await process.greeting();
    const begun = performance.now();
    // The first tenth warms up too, and tells how long the whole would take.
    const tenth = one.shrinks === undefined ? one.parameters : shrunk(one.parameters, one.shrinks);
    const first = await process.run(one.name, tenth);
    if (first.leavesOut !== undefined) {
      // What only some engines have needs no word from all the others.
      if (one.program !== null) report.absent(one.name, name, first.leavesOut);
      return null;
    }
    const tookMs = performance.now() - begun;
    const expectedMs = one.shrinks === undefined ? tookMs : tookMs * 10;
    const slow = expectedMs > plan.longestRunMs && !name.startsWith("cwts");
    if (slow && one.shrinks === undefined) {
      report.absent(one.name, name, `one run takes ${Math.round(tookMs)} ms`);
      return null;
    }
    const parameters = slow ? tenth : one.parameters;
    if (one.runs !== 1) await process.run(one.name, parameters);
    entered = true;
    return { name, version, process, parameters, replies: [], spentMs: 0 };
  } catch (error) {
    report.absent(one.name, name, (error as Error).message);
    return null;
  } finally {
    if (!entered) await process.end();
  }
}

function shrunk(parameters: Parameters, name: string): Parameters {
  return { ...parameters, [name]: Math.ceil(parameters[name] / 10) };
}

function addRow(report: Report, one: Case, { name, version, parameters, replies }: Entrant): void {
  const { runs, median, min, max } = spread(replies.map(({ value }) => value!));
  const further = Object.keys(replies[0]).filter((key) => key !== "value")
    .map((key) => [key, round(spread(replies.map((reply) => reply[key] as number)).median)]);
  report.add({
    case: one.name,
    engine: name,
    unit: one.unit,
    runs,
    median: round(median),
    min: round(min),
    max: round(max),
    ...parameters,
    ...Object.fromEntries(further),
    version,
  });
}

function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Math.round(value * 1000) / 1000;
}
