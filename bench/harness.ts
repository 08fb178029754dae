/**
 * What every measurement shares: the machine and its own hiccups first, several runs, median and spread, a table for
 * people and JSON Lines for programs.
 *
 * A benchmark file exports `run(json)`, makes a `Report`, and adds one case per (case, engine).
 */
import { cpus, loadavg, totalmem } from "node:os";
import { VERSION } from "../config/version.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly load1: number;
  readonly os: string;
  readonly deno: string;
  readonly v8: string;
  readonly cwts: string;
}

export interface Hiccup {
  /** Gaps between two readings of the clock by a thread that does nothing else, nanoseconds. */
  readonly p9999_ns: number;
  readonly max_ns: number;
  readonly samples: number;
}

/** Spread of one figure over several runs. */
export interface Spread {
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Case extends Spread {
  readonly case: string;
  readonly engine: string;
  readonly unit: string;
  /** Further figures, flat: p50_ns, p99_ns, fills, records … */
  readonly [figure: string]: string | number | boolean;
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    load1: Math.round(loadavg()[0] * 100) / 100,
    os: `${Deno.build.os}-${Deno.build.arch} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    cwts: VERSION,
  };
}

/** Spins for `millis` and looks at the gaps: what the machine takes away from any thread, ours included. */
export function hiccup(millis = 500): Hiccup {
  // Gaps above 10 µs are kept one by one, the many small ones as counts per nanosecond.
  const small = new Uint32Array(10_000);
  const large: number[] = [];
  let samples = 0;
  const end = performance.now() + millis;
  let last = performance.now();
  while (last < end) {
    const now = performance.now();
    const gap = Math.round((now - last) * 1e6);
    if (gap < small.length) small[gap]++;
    else large.push(gap);
    samples++;
    last = now;
  }
  large.sort((a, b) => a - b);
  const max = large.at(-1) ?? small.findLastIndex((count) => count > 0);
  return { p9999_ns: gapAt(Math.ceil(samples * 0.9999), small, large), max_ns: max, samples };
}

function gapAt(rank: number, small: Uint32Array, large: readonly number[]): number {
  let seen = 0;
  for (let gap = 0; gap < small.length; gap++) {
    seen += small[gap];
    if (seen >= rank) return gap;
  }
  return large[Math.min(large.length - 1, rank - seen - 1)] ?? 0;
}

export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("a spread needs at least one run");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { runs: sorted.length, median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** Value at a quantile (0 to 1) of ascending samples, nearest rank. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new RangeError("a quantile needs at least one sample");
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** p50, p99, p99.9, p99.99 and max of samples in nanoseconds, as flat figures. */
export function tail(samples: Float64Array | readonly number[]): Record<string, number> {
  const sorted = Float64Array.from(samples).sort();
  return {
    samples: sorted.length,
    p50_ns: Math.round(quantile(sorted, 0.5)),
    p99_ns: Math.round(quantile(sorted, 0.99)),
    p999_ns: Math.round(quantile(sorted, 0.999)),
    p9999_ns: Math.round(quantile(sorted, 0.9999)),
    max_ns: Math.round(sorted[sorted.length - 1]),
  };
}

/**
 * Runs `once` for `warmup` uncounted and `runs` counted times; `once` returns the figure of its run (for example
 * operations per second).
 */
export async function measure(
  once: () => number | Promise<number>,
  { runs = 5, warmup = 1 }: { readonly runs?: number; readonly warmup?: number } = {},
): Promise<Spread> {
  for (let i = 0; i < warmup; i++) await once();
  const values: number[] = [];
  for (let i = 0; i < runs; i++) values.push(await once());
  return spread(values);
}

export class Report {
  readonly #bench: string;
  readonly #json: boolean;
  readonly #cases: Case[] = [];
  readonly #absent: string[] = [];

  /** Prints the machine and its hiccups. */
  constructor(bench: string, json: boolean) {
    this.#bench = bench;
    this.#json = json;
    const facts = machine();
    const gaps = hiccup();
    if (json) {
      console.log(JSON.stringify({ bench, case: "machine", engine: "vm", unit: "", ...facts, ...gaps }));
    } else {
      console.log(`${bench}: CWTS ${facts.cwts}, Deno ${facts.deno}, V8 ${facts.v8}`);
      console.log(`${facts.cpu}, ${facts.cores} cores, ${facts.memoryGiB} GiB, ${facts.os}, load ${facts.load1}`);
      console.log(
        `the machine's own hiccups: p99.99 ${showFigure(gaps.p9999_ns)} ns, max ${
          showFigure(gaps.max_ns)
        } ns (${gaps.samples} readings)`,
      );
    }
  }

  /** Adds one result, and prints it at once when programs are listening. */
  add(result: Case): void {
    this.#cases.push(result);
    if (this.#json) console.log(JSON.stringify({ bench: this.#bench, ...result }));
  }

  /** Says that there is no figure of this engine, and why in one clause: nothing is left out in silence. */
  absent(name: string, engine: string, why: string): void {
    this.#absent.push(`no figure: ${name}, ${engine}: ${why}`);
    if (this.#json) console.log(JSON.stringify({ bench: this.#bench, case: name, engine, absent: why }));
  }

  /** A word about progress; never on stdout. */
  note(text: string): void {
    if (!this.#json) console.error(text);
  }

  /** Prints the table of what there is since the last one; a long measurement does so case by case. */
  flush(): void {
    if (this.#json || (this.#cases.length === 0 && this.#absent.length === 0)) return;
    const fixed = ["case", "engine", "unit", "runs", "median", "min", "max"];
    const rows = this.#cases.map((result) => {
      const further = Object.entries(result).filter(([name]) => !fixed.includes(name))
        .map(([name, value]) => `${name} ${typeof value === "number" ? showFigure(value) : value}`);
      return [
        result.case,
        result.engine,
        showFigure(result.median),
        `${showFigure(result.min)} … ${showFigure(result.max)}`,
        result.unit,
        String(result.runs),
        further.join(", "),
      ];
    });
    const table = [["case", "engine", "median", "min … max", "unit", "runs", "further"], ...rows];
    const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
    for (const row of table) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
    for (const line of this.#absent) console.log(line);
    this.#cases.length = 0;
    this.#absent.length = 0;
  }

  /** Prints what is left to print. */
  end(): void {
    this.flush();
  }
}

/** Four significant digits and thousands separators. */
export function showFigure(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(4)));
}
