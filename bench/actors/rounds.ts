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
  /** One of the others that would need longer for one run does a tenth of the work where it can; wall milliseconds. */
  readonly longestRunMs: number;
  /** One of the others that would need longer than this all the same is left out. */
  readonly mostMs: number;
  /** One of the others that has used this much of a case gets no third run, or of three times this no second; ours get twice this. */
  readonly budgetMs: number;
}

interface Entrant {
  readonly name: string;
  readonly version: string;
  readonly process: EngineProcess;
  readonly parameters: Parameters;
  readonly replies: Reply[];
  readonly budgetMs: number;
  spentMs: number;
  failed?: boolean;
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
        if (entrant.failed || spent(entrant)) continue;
        await measure(report, one, entrant);
      }
    }
    for (const entrant of entrants) if (!entrant.failed) addRow(report, one, entrant);
  } finally {
    for (const { process } of entrants) await process.end();
  }
}

/** A run of another engine that fails costs it its figures in this case, and nobody else theirs; one of ours is our failure. */
async function measure(report: Report, one: Case, entrant: Entrant): Promise<void> {
  const begun = performance.now();
  try {
    entrant.replies.push(await entrant.process.run(one.name, entrant.parameters));
  } catch (error) {
    if (entrant.name.startsWith("cwts")) throw error;
    entrant.failed = true;
    report.absent(one.name, entrant.name, (error as Error).message);
  }
  entrant.spentMs += performance.now() - begun;
}

/** One run says nothing about its spread, so a second is allowed more. */
function spent({ replies, spentMs, budgetMs }: Entrant): boolean {
  return replies.length > 1 ? spentMs > budgetMs : replies.length === 1 && spentMs > 3 * budgetMs;
}

/** Starts the engine and warms it up; null, and a word about it, when it does not take part. */
async function enter(report: Report, one: Case, contender: Contender, plan: Plan): Promise<Entrant | null> {
  const { name } = contender;
  const process = contender.start();
  let entered = false;
  try {
    const version = await process.greeting();
    const divided = one.runs === 1 ? undefined : one.shrinks ?? one.probes;
    const tenth = divided === undefined ? one.parameters : shrunk(one.parameters, divided);
    const begun = performance.now();
    const first = await process.run(one.name, tenth);
    const tookMs = performance.now() - begun;
    if (first.leavesOut !== undefined) {
      // What only some engines have needs no word from all the others.
      if (one.program !== null) report.absent(one.name, name, first.leavesOut);
      return null;
    }
    const ours = name.startsWith("cwts");
    const budgetMs = ours ? 2 * plan.budgetMs : plan.budgetMs;
    const entrant = { name, version, process, budgetMs, spentMs: 0 };
    if (one.runs === 1) {
      entered = true;
      return { ...entrant, parameters: one.parameters, replies: [first], spentMs: Infinity };
    }
    const expectedMs = divided === undefined ? tookMs : tookMs * 10;
    const shrinks = !ours && one.shrinks !== undefined && expectedMs > plan.longestRunMs;
    // Ours and the one that sets the rules are measured however long it takes.
    if (!ours && !name.startsWith("otp") && !shrinks && expectedMs > plan.mostMs) {
      report.absent(one.name, name, `one run would take ${Math.round(expectedMs / 1000)} s`);
      return null;
    }
    const parameters = shrinks ? tenth : one.parameters;
    // What has run for so long has been compiled.
    if (tookMs < plan.budgetMs / 4) await process.run(one.name, parameters);
    entered = true;
    return { ...entrant, parameters, replies: [] };
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
