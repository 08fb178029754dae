/**
 * What actors cost: our runtime with everything on, its floors, Erlang/OTP and the packages of npm, in one run.
 *
 *     deno task bench actors [--json] [--only tell,ask] [--engines cwts,otp] [--runs 5] [--long]
 *
 * A few minutes; with `--long` all cases and engines, with more and longer runs: about ten. A case or an engine that is
 * named is measured either way.
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

const SHORT: Plan = { runs: 3, longestRunMs: 400, mostMs: 2_000, budgetMs: 300 };
const LONG: Plan = { runs: 5, longestRunMs: 2_000, mostMs: 15_000, budgetMs: 1_000 };

/** What `--only`, `--engines`, `--runs` and `--long` of the command line are for. */
export const options = ["only", "engines", "runs", "long"] as const;

export async function run(json: boolean, selection: Selection = {}): Promise<void> {
  const { only, engines, long = false } = selection;
  const cases = chosen("case", CASES, only).filter((one) => long || only !== undefined || one.long !== true);
  const wanted = chosen("engine", CONTENDERS, engines).filter((one) => long || engines !== undefined || !one.long);
  const plan = long ? LONG : SHORT;
  const runs = selection.runs === undefined ? plan.runs : wholeNumber("--runs", selection.runs);
  const report = new Report("actors", json);
  const present = wanted.filter((contender) => isPresent(report, contender));
  if (present.length === 0) throw new UserError("BENCH_ENGINES", "none of the engines asked for is installed");
  try {
    for (const one of cases) {
      await measureCase(report, one, present, { ...plan, runs });
      report.flush();
    }
  } finally {
    cleanUp();
  }
  if (!long) report.note("with --long: more engines, cases and runs");
  report.end();
}

function isPresent(report: Report, { name, absent }: Contender): boolean {
  const why = absent();
  if (why !== null) report.absent("every case", name, why);
  return why === null;
}

if (import.meta.main) await run(Deno.args.includes("--json"));
