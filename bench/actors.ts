/**
 * What actors cost: our runtime with everything on, its floors, Erlang/OTP and the packages of npm, in one run.
 *
 *     deno task bench actors [--json] [--only tell,ask] [--engines cwts,otp] [--runs 5]
 *
 * Only completed work counts: every case knows that each message arrived, each actor ended or each sum is right, and fails
 * otherwise. Engines take turns run by run, each case in fresh processes. `cwts-floor` is the least that a runtime with our
 * kind of message can do, `cwts-bare` rings of functions; the distance to them is what ours costs. How to read the table:
 * docs/runtime.md.
 */
import { UserError } from "../config/mod.ts";
import { CASES } from "./actors/cases.ts";
import { type Contender, CONTENDERS } from "./actors/engines.ts";
import { measureCase, type Plan } from "./actors/rounds.ts";
import { chosen, type Selection, wholeNumber } from "./actors/selection.ts";
import { Report } from "./harness.ts";
import { cleanUp } from "./opponents/otp.ts";

const DEFAULT_RUNS = 5;
const LONGEST_RUN_MS = 2_000;
const MOST_MS = 15_000;
const BUDGET_MS = 1_000;

/** What `--only`, `--engines` and `--runs` of the command line are for. */
export const options = ["only", "engines", "runs"] as const;

export async function run(json: boolean, selection: Selection = {}): Promise<void> {
  const cases = chosen("case", CASES, selection.only);
  const wanted = chosen("engine", CONTENDERS, selection.engines);
  const runs = selection.runs === undefined ? DEFAULT_RUNS : wholeNumber("--runs", selection.runs);
  const plan: Plan = { runs, longestRunMs: LONGEST_RUN_MS, mostMs: MOST_MS, budgetMs: BUDGET_MS };
  const report = new Report("actors", json);
  const present = wanted.filter((contender) => isPresent(report, contender));
  if (present.length === 0) throw new UserError("BENCH_ENGINES", "none of the engines asked for is installed");
  try {
    for (const one of cases) {
      await measureCase(report, one, present, plan);
      report.flush();
    }
  } finally {
    cleanUp();
  }
  report.end();
}

function isPresent(report: Report, { name, absent }: Contender): boolean {
  const why = absent();
  if (why !== null) report.absent("every case", name, why);
  return why === null;
}

if (import.meta.main) await run(Deno.args.includes("--json"));
