/**
 * The gate with every check on.
 *
 *     deno task bench gate [--json]
 *
 * - `all-checks`: orders come a million times a second whether or not the gate is ready; an order's time runs from when
 *   it was due to when its batch was answered, so no pause is left out. Median of the runs' p50; `p99_ns`, `p999_ns` and
 *   the like over all runs.
 * - `all-checks-tree`: the same with 100 000 accounts and 1 000 instruments, of which 200 000 pairs are in use and picked at
 *   random, so that next to nothing an order needs is in a cache; `all-checks` has eight strategies on four instruments.
 *   Every limit is set at every level of both trees.
 * - `closed-loop-N`, `closed-loop-tree-N`: batches of N one after the other; an order's share of its batch's time. Median of the runs' means.
 * - `from-typescript-N`: gate, audit log in memory and matching book in one native call from TypeScript, orders that come
 *   to rest, trade and are cancelled; `from-typescript-crossing-N`: every other order trades with the one before.
 *
 * Engines, so that what is the gate's can be told from what is not: `cwts-gate` is the checks that need no more than limits,
 * with a journal that keeps nothing and a venue that answers with what was written beforehand; `cwts-gate-all` is the same
 * with everything told, so that every row of the table runs for every order (`bench/native/src/facts.rs`); `cwts-gate-log` has the audit log in memory, a hash
 * tree over every decision and report; `cwts-path` is gate and matching book in one call without a log, on orders that come
 * to rest, trade and are cancelled; `cwts-path-log` is all three. `clock_ns` is what a reading of the clock costs, which is in every time;
 * `vm_hiccup_…` is what the machine did to a thread that only read the clock, right before.
 */
import { ensureCore } from "../ffi/build.ts";
import { wholePath } from "./ffi.ts";
import { type Case, Report, spread } from "./harness.ts";
import { ensureNativeBench, type Line, native } from "./native/build.ts";

/** How much is measured. */
export interface Plan {
  readonly orders: number;
  readonly runs: number;
  /** Batches from TypeScript. */
  readonly batches: readonly number[];
}

const FULL: Plan = { orders: 300_000, runs: 7, batches: [1, 8, 64, 512] };

export async function run(json: boolean): Promise<void> {
  ensureCore();
  ensureNativeBench();
  await gate(new Report("gate", json), FULL);
}

/** Measures what the plan says. */
export async function gate(report: Report, plan: Plan): Promise<void> {
  report.note("the gate in open and closed loop");
  for (const line of await native("gate", `orders=${plan.orders}`, `runs=${plan.runs}`)) report.add(nativeRow(line));
  for (const quiet of [true, false]) {
    for (const batch of plan.batches) {
      report.note(`from TypeScript in batches of ${batch}`);
      const name = quiet ? `from-typescript-${batch}` : `from-typescript-crossing-${batch}`;
      const [gaps] = await native("hiccup", "millis=300");
      const figures = await wholePath(batch, quiet);
      report.add({ ...figures, case: name, vm_hiccup_p9999_ns: gaps.p9999_ns, vm_hiccup_max_ns: gaps.max_ns } as Case);
    }
  }
  report.end();
}

function nativeRow(line: Line): Case {
  const { case: name, engine, batch, medians_ns, means_ns, ...further } = line;
  const tree = String(name).endsWith("-tree") ? "-tree" : "";
  const open = String(name).startsWith("open-loop");
  const values = (open ? medians_ns : means_ns) as readonly number[];
  return {
    case: open ? `all-checks${tree}` : `closed-loop${tree}-${batch}`,
    engine: String(engine),
    unit: "ns/order",
    ...spread(values),
    ...(open ? { offered_per_s: 1_000_000, largest_batch: Number(batch) } : { batch: Number(batch) }),
    ...further as Record<string, number | string>,
  };
}

if (import.meta.main) await run(Deno.args.includes("--json"));
