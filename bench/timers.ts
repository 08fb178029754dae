/**
 * What timers cost with 10³ to 10⁶ of them outstanding: the runtime's wheel and the binary heap it replaced, in turns in one
 * process.
 *
 *     deno task bench timers [--json]
 *
 * - set-cancel: an ask that is answered: a deadline a second ahead is set and cancelled.
 * - set-fire: the earliest fires and is set again up to ten seconds ahead (the hold model). Finding it is the jump of
 *   virtual time.
 * - turn: a turn of one message of an actor with and without a latency budget, whose stopwatch is read twice a turn.
 * - refresh: the oldest of many equal timeouts is cancelled, set again, and the next one looked for: sessions that
 *   live. The wheel searches a slot for it.
 */
import { HeapTimed, TimerHeap } from "./opponents/timer_heap.ts";
import { TimerWheel } from "../runtime/internal/timer_wheel.ts";
import { type ActorDef, type ActorRef, ActorSystem, createRandom } from "../runtime/mod.ts";
import { Report, spread } from "./harness.ts";

const OUTSTANDING = [10, 1_000, 10_000, 100_000, 1_000_000];
const OPERATIONS = 300_000;
const RUNS = 7;
const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;

class Entry extends HeapTimed {
  override fire(): void {}
}

interface Timers {
  readonly size: number;
  add(entry: Entry, time: number): void;
  remove(entry: Entry): void;
  peek(): { readonly time: number } | undefined;
  advance(to: number): void;
}

const engines: Readonly<Record<string, () => Timers>> = {
  "cwts-wheel": () => {
    const wheel = new TimerWheel();
    wheel.advance(START);
    return wheel;
  },
  "binary-heap": () => new TimerHeap(),
};

function delays(n: number): number[] {
  const random = createRandom(7);
  return Array.from({ length: n }, () => 1 + random.int(10 * SECOND));
}

/** Each returns nanoseconds per operation. */
const cases: Readonly<Record<string, (timers: Timers, outstanding: number) => number>> = {
  "set-cancel"(timers, outstanding) {
    for (const delay of delays(outstanding)) timers.add(new Entry(), START + delay);
    const begun = performance.now();
    for (let i = 0; i < OPERATIONS; i++) {
      const entry = new Entry();
      timers.add(entry, START + i + SECOND);
      timers.remove(entry);
    }
    return perOperation(begun, timers, outstanding);
  },
  "set-fire"(timers, outstanding) {
    for (const delay of delays(outstanding)) timers.add(new Entry(), START + delay);
    const again = delays(OPERATIONS);
    const begun = performance.now();
    for (const delay of again) {
      const next = timers.peek() as Entry;
      timers.remove(next);
      timers.advance(next.time);
      timers.add(next, next.time + delay);
    }
    return perOperation(begun, timers, outstanding);
  },
  "refresh"(timers, outstanding) {
    const spacing = 30 * SECOND / outstanding;
    const entries = Array.from({ length: outstanding }, () => new Entry());
    entries.forEach((entry, i) => timers.add(entry, START + Math.floor((i + 1) * spacing)));
    let found = 0;
    const operations = OPERATIONS / 10;
    const begun = performance.now();
    for (let i = 0; i < operations; i++) {
      const entry = entries[i % outstanding];
      const now = START + Math.floor(i * spacing);
      timers.advance(now);
      timers.remove(entry);
      timers.add(entry, now + 30 * SECOND);
      found += timers.peek()!.time;
    }
    if (!(found > 0)) throw new Error("nothing was found");
    return perOperation(begun, timers, outstanding) * 10;
  },
};

function perOperation(begun: number, timers: Timers, expected: number): number {
  const took = performance.now() - begun;
  if (timers.size !== expected) {
    throw new Error(`${timers.size} timers instead of ${expected}; the figure would be a lie.`);
  }
  return took * 1e6 / OPERATIONS;
}

/** Nanoseconds per turn of one message: an actor that tells itself the next. */
async function turn(budgetMs: number | undefined): Promise<number> {
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max" });
  let left = OPERATIONS;
  const def: ActorDef<ActorRef<never>> = {
    type: "player",
    budgetMs,
    init: ({ self }) => ({
      receive: (from) => {
        if (left-- > 0) (from as typeof self).tell(self);
      },
    }),
  };
  const [a, b] = ["a", "b"].map((name) => system.start(name, def, undefined));
  a.tell(b);
  const begun = performance.now();
  await system.run({ until: 0 });
  if (left !== -1) throw new Error(`${left} messages are left; the figure would be a lie.`);
  return (performance.now() - begun) * 1e6 / OPERATIONS;
}

export async function run(json: boolean): Promise<void> {
  const report = new Report("timers", json);
  for (const [name, measure] of Object.entries(cases)) {
    for (const outstanding of OUTSTANDING) {
      const figures = Object.keys(engines).map((engine) => [engine, [] as number[]] as const);
      for (let run = 0; run < RUNS; run++) {
        for (const [engine, values] of figures) values.push(measure(engines[engine](), outstanding));
      }
      const heap = spread(figures[1][1]).min;
      for (const [engine, values] of figures) {
        const figure = spread(values);
        report.add({
          case: `${name}-${outstanding}`,
          engine,
          unit: "ns",
          ...figure,
          heap_over_this: heap / figure.min,
        });
      }
    }
  }
  const [without, budgeted]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    without.push(await turn(undefined));
    budgeted.push(await turn(1000));
  }
  report.add({ case: "turn", engine: "cwts", unit: "ns", ...spread(without) });
  report.add({ case: "turn", engine: "cwts-budget", unit: "ns", ...spread(budgeted) });
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
