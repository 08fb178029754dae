/**
 * What the actor runtime costs: tell, ping-pong, ask, spawn and stop, memory, restart.
 *
 *     deno task bench actors [--json]
 *
 * Everything is on that is on in a node: counters, bounded mailboxes, lanes, supervision. Only completed work counts: each
 * case checks that every message arrived. "cwts-floor" is a bare queue of functions without any of it, the most this
 * machine allows; the distance to it is the price of the runtime.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ActorDef, type ActorRef, ActorSystem } from "../runtime/mod.ts";
import { supervise, supervisor, worker } from "../supervision/mod.ts";
import { measure, Report, spread, tail } from "./harness.ts";

const RUNS = 9;
/** Runs before the measured ones, for the compiler. */
const WARM_UP = 3;
const MESSAGES = 1_000_000;
/** Messages that wait at once in `tell`: about what a mailbox holds. `tell-deep` lets all of them wait. */
const BURST = 10_000;
const ASKS = 200_000;
const SPAWNS = 100_000;
const RESTARTS = 20_000;

interface Case {
  readonly name: string;
  readonly engine: string;
  readonly unit: string;
  /** One run: the figure in `unit`, and further figures. */
  measure(): Promise<{ readonly value: number; readonly more?: Readonly<Record<string, number>> }>;
}

function newSystem(): ActorSystem {
  return new ActorSystem({ seed: 1, start: 0, speed: "max" });
}

function expect(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}; the figure would be a lie.`);
}

async function seconds(work: () => void | Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

const until = { until: 0 };

async function tell(burst: number) {
  const system = newSystem();
  let sum = 0;
  const def: ActorDef<number> = {
    type: "sink",
    mailbox: { capacity: MESSAGES },
    init: () => ({ receive: (n) => void (sum += n) }),
  };
  const ref = system.start("sink", def, undefined);
  const took = await seconds(() => {
    return bursts(burst, () => ref.tell(1), () => system.run(until));
  });
  expect("messages handled", sum, MESSAGES);
  expect("unexplained", system.counters().unexplained, 0);
  return { value: MESSAGES / took };
}

/** Sends all messages, and lets them be handled after each `burst`. */
async function bursts(burst: number, send: () => void, handle: () => void | Promise<unknown>): Promise<void> {
  for (let sent = 0; sent < MESSAGES; sent += burst) {
    for (let i = 0; i < burst; i++) send();
    await handle();
  }
}

async function pingPong() {
  const system = newSystem();
  let left = MESSAGES;
  interface Ball {
    readonly from: ActorRef<Ball>;
  }
  const def: ActorDef<Ball> = {
    type: "player",
    init(context) {
      const ball: Ball = { from: context.self };
      return {
        receive({ from }) {
          if (left-- > 0) from.tell(ball);
        },
      };
    },
  };
  const a = system.start("a", def, undefined);
  const b = system.start("b", def, undefined);
  a.tell({ from: b });
  const took = await seconds(() => system.run(until));
  expect("messages handled", system.counters().handled, MESSAGES + 1);
  return { value: MESSAGES / 2 / took };
}

interface Question {
  readonly replyTo: ActorRef<number>;
}

async function ask() {
  const system = newSystem();
  const target = system.start<Question, void>(
    "target",
    { type: "target", init: () => ({ receive: ({ replyTo }) => void replyTo.tell(1) }) },
    undefined,
  );
  const question = (replyTo: ActorRef<number>): Question => ({ replyTo });
  const nanos = new Float64Array(ASKS);
  let answered = 0;
  let timed = false;
  const asker = system.start<"go", void>("asker", {
    type: "asker",
    init: (context) => ({
      async receive() {
        for (let i = 0; i < ASKS; i++) {
          const begun = timed ? performance.now() : 0;
          const answer = await context.ask<Question, number>(target, question, 5_000_000);
          if (timed) nanos[i] = (performance.now() - begun) * 1e6;
          if (answer.ok) answered += answer.value;
        }
      },
    }),
  }, undefined);
  asker.tell("go");
  const took = await seconds(() => system.run(until));
  timed = true;
  asker.tell("go");
  await system.run(until);
  expect("answers", answered, 2 * ASKS);
  return { value: ASKS / took, more: tail(nanos) };
}

const idle: ActorDef<"stop"> = {
  type: "idle",
  init: (context) => ({ receive: () => context.stop() }),
};

/** Supervised children are started, get one message, stop at it, and are forgotten by their supervisor. */
async function spawnStop() {
  const system = newSystem();
  const { actor, args } = supervisor({ id: "top", strategy: "one_for_one", children: [] });
  const top = system.start("top", { ...actor, mailbox: { capacity: SPAWNS } }, args);
  const specs = Array.from({ length: SPAWNS }, (_, i) => worker(`w${i}`, idle, undefined, { restart: "temporary" }));
  let stopped = 0;
  const took = await seconds(async () => {
    for (let from = 0; from < SPAWNS; from += 1000) {
      for (let i = from; i < from + 1000; i++) top.tell({ kind: "StartChild", spec: specs[i] });
      await system.run(until);
      for (let i = from; i < from + 1000; i++) (system.find(`/top/w${i}`) as ActorRef<"stop">).tell("stop");
      await system.run(until);
      stopped += 1000;
    }
  });
  expect("actors left", system.actors().length, 1);
  return { value: stopped / took };
}

async function restart() {
  const system = newSystem();
  let incarnations = 0;
  const def: ActorDef<"crash"> = {
    type: "fragile",
    init() {
      incarnations++;
      return {
        receive() {
          throw failure;
        },
      };
    },
  };
  // Made once: the stack trace of an error costs more than the restart.
  const failure = new Error("on purpose");
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 1,
    periodMs: 1,
    children: [worker("a", def, undefined)],
  });
  const ref = system.find("/top/a") as ActorRef<"crash">;
  const took = await seconds(async () => {
    for (let i = 0; i < RESTARTS; i++) {
      ref.tell("crash");
      await system.run({ until: (i + 1) * 2000 });
    }
  });
  expect("incarnations", incarnations, RESTARTS + 1);
  return { value: (took / RESTARTS) * 1e6 };
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

// deno-lint-ignore require-await -- every case has one shape
async function memory() {
  const collect = collector();
  const system = newSystem();
  collect();
  const before = Deno.memoryUsage().heapUsed;
  const specs = Array.from({ length: SPAWNS }, (_, i) => worker(`w${i}`, idle, undefined));
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: specs });
  collect();
  const used = Deno.memoryUsage().heapUsed - before;
  expect("actors", system.actors().length, SPAWNS + 1);
  return { value: used / SPAWNS };
}

/** The least a mailbox can be: a ring of messages, a ring of those with work, and nothing else. */
class BareRing {
  private items: unknown[];
  private head = 0;
  count = 0;

  constructor(size: number) {
    this.items = new Array(size).fill(undefined);
  }

  push(item: unknown): void {
    this.items[(this.head + this.count++) & (this.items.length - 1)] = item;
  }

  shift(): unknown {
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.count--;
    return item;
  }
}

class Bare {
  readonly box: BareRing;

  /** `room`: the most messages it will ever hold, a power of two; nothing checks it. */
  constructor(private readonly queue: BareRing, room: number, readonly receive: (message: never) => void) {
    this.box = new BareRing(room);
  }

  tell(message: unknown): void {
    this.box.push(message);
    if (this.box.count === 1) this.queue.push(this);
  }
}

function drain(queue: BareRing): void {
  while (queue.count > 0) {
    const { box, receive } = queue.shift() as Bare;
    while (box.count > 0) receive(box.shift() as never);
  }
}

async function floorTell(burst: number) {
  const queue = new BareRing(8);
  let sum = 0;
  const sink = new Bare(queue, 2 ** 20, (n: number) => void (sum += n));
  const took = await seconds(() => bursts(burst, () => sink.tell(1), () => drain(queue)));
  expect("messages handled", sum, MESSAGES);
  return { value: MESSAGES / took };
}

async function floorPingPong() {
  const queue = new BareRing(8);
  let left = MESSAGES;
  const player = () => {
    const self: Bare = new Bare(queue, 8, ({ from }: { from: Bare }) => {
      if (left-- > 0) from.tell(ball);
    });
    const ball = { from: self };
    return self;
  };
  const [a, b] = [player(), player()];
  a.tell({ from: b });
  const took = await seconds(() => drain(queue));
  expect("messages left", left, -1);
  return { value: MESSAGES / 2 / took };
}

const CASES: readonly Case[] = [
  { name: "tell", engine: "cwts", unit: "msg/s", measure: () => tell(BURST) },
  { name: "tell", engine: "cwts-floor", unit: "msg/s", measure: () => floorTell(BURST) },
  { name: "tell-deep", engine: "cwts", unit: "msg/s", measure: () => tell(MESSAGES) },
  { name: "tell-deep", engine: "cwts-floor", unit: "msg/s", measure: () => floorTell(MESSAGES) },
  { name: "ping-pong", engine: "cwts", unit: "round-trips/s", measure: pingPong },
  { name: "ping-pong", engine: "cwts-floor", unit: "round-trips/s", measure: floorPingPong },
  { name: "ask", engine: "cwts", unit: "asks/s", measure: ask },
  { name: "spawn-stop", engine: "cwts", unit: "actors/s", measure: spawnStop },
  { name: "restart", engine: "cwts", unit: "us", measure: restart },
  { name: "memory", engine: "cwts", unit: "bytes/actor", measure: memory },
];

/** Measures every case. */
export async function run(json: boolean): Promise<void> {
  const report = new Report("actors", json);
  for (const one of CASES) {
    report.note(`${one.name} (${one.engine})`);
    const further: Record<string, number[]> = {};
    const figures = await measure(async () => {
      const { value, more } = await one.measure();
      for (const [key, figure] of Object.entries(more ?? {})) (further[key] ??= []).push(figure);
      return value;
    }, { runs: RUNS, warmup: WARM_UP });
    // The runs to warm up are the first ones of these lists.
    const medians = Object.entries(further).map(([key, all]) => [key, spread(all.slice(WARM_UP)).median] as const);
    report.add({
      case: one.name,
      engine: one.engine,
      unit: one.unit,
      runs: figures.runs,
      median: round(figures.median),
      min: round(figures.min),
      max: round(figures.max),
      ...Object.fromEntries(medians),
    });
  }
  report.end();
}

function round(value: number): number {
  return value >= 1000 ? Math.round(value) : Math.round(value * 100) / 100;
}

if (import.meta.main) await run(Deno.args.includes("--json"));
