/**
 * The matching book beside other engines, on the same work, in the same run.
 *
 *     deno task bench matching [--json]
 *
 * - `common-tape`: 1 001 000 operations on one instrument, 82 % of them moves. What the tape does is known; every engine
 *   is held to it before it is timed. Engines take turns, each in a process of its own, so that a bad minute of the
 *   machine meets all of them. `p50_ns` and the like are times per operation with one reading of the clock in each;
 *   `clock_ns` is what that costs. `allocations` are counted after the first tenth of the tape.
 * - `resting-N`, `instruments-N`: our book by number of resting orders, and by how many instruments share 100 000 of them.
 * - `mass-cancel-10000`: everybody's orders at once; `mass-cancel-10000-one-owner`: one owner's among as many of others.
 *
 * Our books write a 64-byte record per event in all of these. What each opponent does not do stands in its harness
 * (`bench/opponents/`, `bench/native/src/engines/`).
 */
import { type Case, Report, spread } from "./harness.ts";
import { ensureNativeBench, type Line, measured, native } from "./native/build.ts";
import { commonTape, TAPE } from "./native/tape.ts";
import { exchangeCore, whyAbsent } from "./opponents/exchange_core.ts";

const NODEJS = new URL("./opponents/nodejs_order_book.ts", import.meta.url).href;

interface Engine {
  readonly name: string;
  /** Processes, and timed runs in each of them. */
  readonly rounds: number;
  readonly runs: number;
  readonly start: (tape: string, runs: number, limit: number) => Promise<Line>;
}

/** How much is measured. */
export interface Plan {
  readonly engines: readonly Engine[];
  /** Operations of the common tape. */
  readonly limit: number;
  readonly sizes: readonly { readonly name: string; readonly orders: number; readonly instruments: number }[];
  /** Operations on a book of each size, and runs. */
  readonly sizeOperations: number;
  readonly sizeRuns: number;
  readonly cancelled: number;
  readonly cancelRuns: number;
}

const inCrate = (name: string) => async (tape: string, runs: number, limit: number): Promise<Line> =>
  (await native("matching", `engine=${name}`, `tape=${tape}`, `runs=${runs}`, `limit=${limit}`))[0];

async function nodejs(tape: string, runs: number, limit: number): Promise<Line> {
  const args = ["run", "-A", NODEJS, tape, String(runs), String(limit)];
  return (await measured(Deno.execPath(), args))[0];
}

export const ENGINES: readonly Engine[] = [
  { name: "cwts-direct", rounds: 3, runs: 5, start: inCrate("cwts-direct") },
  { name: "exchange-core", rounds: 3, runs: 3, start: exchangeCore },
  { name: "orderbook-rs", rounds: 3, runs: 1, start: inCrate("orderbook-rs") },
  { name: "orderbook-rs-listened", rounds: 1, runs: 3, start: inCrate("orderbook-rs-listened") },
  { name: "nodejs-order-book", rounds: 3, runs: 1, start: nodejs },
  { name: "cwts-naive", rounds: 1, runs: 3, start: inCrate("cwts-naive") },
];

const FULL: Plan = {
  engines: ENGINES,
  limit: TAPE.operations,
  sizes: [
    { name: "resting-1000", orders: 1_000, instruments: 1 },
    { name: "resting-100000", orders: 100_000, instruments: 1 },
    { name: "resting-1000000", orders: 1_000_000, instruments: 1 },
    { name: "instruments-1", orders: 100_000, instruments: 1 },
    { name: "instruments-100", orders: 100_000, instruments: 100 },
    { name: "instruments-10000", orders: 100_000, instruments: 10_000 },
  ],
  sizeOperations: 1_000_000,
  sizeRuns: 7,
  cancelled: 10_000,
  cancelRuns: 201,
};

export async function run(json: boolean): Promise<void> {
  ensureNativeBench();
  await matching(new Report("matching", json), FULL);
}

/** Measures what the plan says. Throws when one of our books does not do what the tape is known to do. */
export async function matching(report: Report, plan: Plan): Promise<void> {
  const tape = await commonTape();
  await onCommonTape(report, plan, tape);
  for (const { name, orders, instruments } of plan.sizes) {
    report.note(`${name} (cwts-direct)`);
    const [line] = await native(
      "sizes",
      `orders=${orders}`,
      `instruments=${instruments}`,
      `operations=${plan.sizeOperations}`,
      `runs=${plan.sizeRuns}`,
    );
    report.add(row(name, "cwts-direct", "ops/s", list(line, "rates"), [line]));
  }
  report.note(`mass-cancel-${plan.cancelled}`);
  for (const line of await native("mass-cancel", `orders=${plan.cancelled}`, `runs=${plan.cancelRuns}`)) {
    const scope = line.case === "everybody" ? "" : `-${line.case}`;
    report.add(row(`mass-cancel-${plan.cancelled}${scope}`, String(line.engine), "us", list(line, "micros"), [line]));
  }
  report.end();
}

async function onCommonTape(report: Report, plan: Plan, tape: string): Promise<void> {
  const engines = plan.engines.filter(({ name }) => {
    const reason = name === "exchange-core" ? whyAbsent() : null;
    if (reason !== null) console.error(`${name} is absent: ${reason}`);
    return reason === null;
  });
  const found = new Map<string, Line[]>();
  for (let round = 0; round < Math.max(...engines.map(({ rounds }) => rounds)); round++) {
    for (const { name, rounds, runs, start } of engines) {
      if (round >= rounds) continue;
      report.note(`common-tape (${name}), ${round + 1} of ${rounds}`);
      const line = await start(tape, runs, plan.limit);
      (found.get(name) ?? found.set(name, []).get(name)!).push("vm_hiccup_max_ns" in line ? line : await beside(line));
    }
  }
  const known = plan.limit >= TAPE.operations ? WHOLE : outcomeOf(found.get("cwts-naive")?.[0]);
  for (const { name } of engines) {
    const lines = found.get(name)!;
    const wrong = lines.map((line) => difference(line, known)).find((text) => text !== null) ?? null;
    if (wrong !== null && name.startsWith("cwts")) throw new Error(`${name}: ${wrong}; the figure would be a lie`);
    if (wrong !== null) report.note(`${name} does not do what the tape does: ${wrong}`);
    const rates = lines.flatMap((line) => list(line, "rates"));
    report.add({ ...row("common-tape", name, "ops/s", rates, lines), correct: wrong === null });
  }
  const hashes = new Set(
    engines.filter(({ name }) => name.startsWith("cwts")).map(({ name }) => found.get(name)![0].state_hash),
  );
  if (hashes.size > 1) throw new Error("the books of CWTS end in different states; the figures would be lies");
}

type Outcome = Readonly<Record<string, number>>;

const WHOLE: Outcome = {
  operations: TAPE.operations,
  fills: TAPE.fills,
  lots: TAPE.lots,
  refused: 0,
  open_orders: TAPE.openOrders,
  levels: TAPE.levels,
};

/** What one engine made of a tape, for the others to be compared with. */
function outcomeOf(line: Line | undefined): Outcome {
  if (line === undefined) throw new Error("a part of the tape needs the naive book to say what is right");
  return Object.fromEntries(Object.keys(WHOLE).map((key) => [key, key === "refused" ? 0 : Number(line[key])]));
}

/** The first figure that is not as it should be; an engine that does not count something is not asked for it. */
export function difference(line: Line, known: Outcome): string | null {
  for (const [key, value] of Object.entries(known)) {
    if (key in line && line[key] !== value) return `${key} ${line[key]} instead of ${value}`;
  }
  return null;
}

/** Figures of an engine that cannot look at the machine itself, with what the machine did right after. */
async function beside(line: Line): Promise<Line> {
  const [gaps] = await native("hiccup", "millis=300");
  return { ...line, vm_hiccup_p9999_ns: gaps.p9999_ns, vm_hiccup_max_ns: gaps.max_ns };
}

function list(line: Line, key: string): readonly number[] {
  return line[key] as readonly number[];
}

/** One case: the spread of `values`, and of every further figure the median over the processes, of maxima the largest. */
function row(name: string, engine: string, unit: string, values: readonly number[], lines: readonly Line[]): Case {
  const further: Record<string, number | string> = {};
  for (const [key, first] of Object.entries(lines[0])) {
    if (key === "engine" || key === "case" || Array.isArray(first)) continue;
    if (typeof first === "string") further[key] = first;
    else {
      const all = lines.map((line) => Number(line[key]));
      further[key] = key.includes("max") ? Math.max(...all) : spread(all).median;
    }
  }
  const { runs, median, min, max } = spread(values);
  return { case: name, engine, unit, runs, median: round(median), min: round(min), max: round(max), ...further };
}

function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Math.round(value * 10) / 10;
}

if (import.meta.main) await run(Deno.args.includes("--json"));
