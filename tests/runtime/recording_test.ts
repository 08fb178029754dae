/** A run in real time, with everything the outer world does to it, and the same run again from what was recorded. */
import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, ActorSystem, type SystemEvent, type SystemOptions } from "../../runtime/mod.ts";
import {
  endRecording,
  FileRecording,
  MemoryRecording,
  readRecording,
  record,
  replay,
  ReplayDiverged,
} from "../../runtime/recording/mod.ts";
import { assertAccounted } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type ReaderMessage = { readonly kind: "Read"; readonly file: string } | { readonly kind: "Tick" };
interface Question {
  /** Null: just count. */
  readonly replyTo: ActorRef<number> | null;
}

/** What the actors saw, in order; the subject of the comparison beside the state. */
type Seen = string[];

function reader(seen: Seen, adder: ActorRef<Question>): ActorDef<ReaderMessage> {
  return {
    type: "reader",
    init(context) {
      let characters = 0;
      context.timers.every("tick", 7_000, { kind: "Tick" });
      return {
        async receive(message) {
          seen.push(`${context.clock.now()} ${message.kind} ${context.random.int(1000)}`);
          if (message.kind === "Tick") {
            const answer = await context.ask(adder, (replyTo: ActorRef<number>) => ({ replyTo }), 50_000);
            seen.push(`${context.clock.now()} sum ${answer.ok ? answer.value : answer.failure}`);
            return;
          }
          const text = await context.outside(() => Deno.readTextFile(new URL(message.file, import.meta.url)));
          const wall = context.observe(() => performance.now());
          characters += text.length;
          seen.push(`${context.clock.now()} read ${characters} ${wall} caused by ${context.envelope?.cause}`);
          // In the name of the message, as after an ask.
          adder.tell({ replyTo: null });
        },
        inspect: () => ({ characters }),
        replace(state) {
          characters = Number((state as { readonly characters: bigint }).characters);
        },
      };
    },
  };
}

const adder: ActorDef<Question> = {
  type: "adder",
  init() {
    let sum = 0;
    return {
      receive({ replyTo }) {
        sum++;
        if (sum % 5 === 0) throw new Error(`on purpose at ${sum}`);
        replyTo?.tell(sum);
      },
      inspect: () => ({ sum }),
    };
  },
};

function build(seen: Seen, events: SystemEvent[]) {
  return (system: ActorSystem) => {
    system.events.subscribe((event) => events.push(event));
    supervise(system, "top", {
      id: "top",
      strategy: "one_for_one",
      intensity: 1000,
      children: [worker("adder", adder, undefined)],
    });
    const sum = system.find("/top/adder") as ActorRef<Question>;
    supervise(system, "readers", {
      id: "readers",
      strategy: "one_for_one",
      intensity: 1000,
      children: [worker("reader", reader(seen, sum), undefined)],
    });
    (system.find("/readers/reader") as ActorRef<ReaderMessage>).tell({ kind: "Read", file: "actors.ts" });
  };
}

/** Events without what an Error or a stack may hold of the place it was made at. */
function comparable(events: readonly SystemEvent[]): unknown[] {
  return events.map((event) => {
    if (event.kind !== "crashed") return event;
    const { stack: _, ...record } = event.record;
    return { ...event, record };
  });
}

/** A run on the wall's clock with an impatient outer world. */
async function realRun(
  log: MemoryRecording | FileRecording,
  seen: Seen,
  events: SystemEvent[],
  options: Partial<SystemOptions> = {},
) {
  const recorder = record(log);
  let polls = 0;
  const system: ActorSystem = new ActorSystem({
    seed: 3,
    start: 1_700_000_000_000_000,
    speed: 1,
    seam: recorder,
    poll: () => {
      if (++polls % 40 === 0) (system.find("/readers/reader") as ActorRef<ReaderMessage>).tell({ kind: "Tick" });
    },
    mayReplaceState: () => true,
    ...options,
  });
  build(seen, events)(system);
  const ref = system.find("/readers/reader") as ActorRef<ReaderMessage>;
  const running = system.run();
  for (let n = 0; n < 12; n++) {
    await wait(n % 3 === 0 ? 0 : 5);
    system.inject(() => ref.tell({ kind: "Read", file: n % 2 === 0 ? "actors.ts" : "no-such-file.ts" }));
    if (n === 3) {
      const answer = await system.ask(
        system.find("/top/adder") as ActorRef<Question>,
        (replyTo: ActorRef<number>) => ({ replyTo }),
        1e6,
      );
      assert.ok(answer.ok || answer.failure === "timeout");
    }
    if (n === 5) system.inject(() => ref.urgent({ kind: "Tick" }));
    if (n === 6) system.inject(() => system.debug.suspend("/readers/reader", "ops"));
    if (n === 7) system.inject(() => system.debug.resume("/readers/reader", "ops"));
    if (n === 8) system.inject(() => system.crash(system.find("/top/adder")!, new RangeError("from outside")));
    if (n === 10) system.inject(() => system.debug.replaceState("/readers/reader", { characters: 7n }, "ops"));
    if (n === 9) {
      const origin = {
        node: "far",
        epoch: 1,
        sender: "/x",
        sequence: 4,
        id: 9,
        cause: 8,
        root: 1,
        deadline: 1e18,
        schema: null,
      };
      system.deliver(ref, { kind: "Tick" }, origin);
    }
  }
  await wait(20);
  system.halt();
  await running;
  ref.tell({ kind: "Tick" });
  await system.run({ until: system.clock.now() + 5000 });
  const state = endRecording(system, recorder);
  const recorded = { seen: [...seen], events: [...events] };
  assertAccounted(system);
  await system.stop();
  return { state, recorded };
}

Deno.test("A run in real time replays to the same events, turn by turn, from what was recorded", async () => {
  const log = new MemoryRecording();
  const [seen, events]: [Seen, SystemEvent[]] = [[], []];
  const { state, recorded } = await realRun(log, seen, events);
  assert.ok(
    seen.some((line) => line.includes("read")) && events.some(({ kind }) => kind === "crashed"),
    "something happened",
  );
  const kinds = new Set(log.entries.map(({ kind }) => kind));
  for (
    const kind of [
      "tell",
      "urgent",
      "deliver",
      "ask",
      "crash",
      "suspend",
      "resume",
      "replace",
      "result",
      "value",
      "rest",
    ]
  ) {
    assert.ok(kinds.has(kind as never), `${kind} was recorded`);
  }
  for (let again = 0; again < 2; again++) {
    const [seenAgain, eventsAgain]: [Seen, SystemEvent[]] = [[], []];
    const result = await replay(log.entries, build(seenAgain, eventsAgain));
    assert.equal(result.state, state);
    assert.ok(result.whole);
    assert.deepEqual(seenAgain, recorded.seen);
    assert.deepEqual(comparable(eventsAgain), comparable(recorded.events));
    await result.system.stop();
  }
});

Deno.test("A recording in a file is followed as far as it was written", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const [seen, events]: [Seen, SystemEvent[]] = [[], []];
    {
      using log = new FileRecording(path);
      await realRun(log, seen, events);
    }
    const whole = readRecording(path);
    assert.ok((await replay(whole, build([], []))).whole);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.slice(0, text.length * 0.7));
    const half = readRecording(path);
    assert.ok(half.length > 1 && half.length < whole.length);
    const seenAgain: Seen = [];
    const { whole: toTheEnd, system } = await replay(half, build(seenAgain, []));
    assert.equal(toTheEnd, false);
    assert.deepEqual(seenAgain, seen.slice(0, seenAgain.length));
    await system.stop();
  } finally {
    await Deno.remove(path);
  }
});

/** Twenty messages, told from outside while the system runs. */
async function recordSums(def: ActorDef<number>, log = new MemoryRecording()) {
  const recorder = record(log);
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 5, seam: recorder });
  system.start("sum", def, undefined);
  const running = system.run();
  for (let n = 0; n < 20; n++) {
    await wait(0);
    system.inject(() => (system.find("/sum") as ActorRef<number> | undefined)?.tell(n));
  }
  await wait(5);
  system.halt();
  await running;
  endRecording(system, recorder);
  await system.stop();
  return log.entries;
}

const summing = (add: (sum: number, n: number) => number): ActorDef<number> => ({
  type: "sum",
  init(context) {
    let sum = 0;
    return {
      receive(n) {
        sum = add(sum, n);
        if (sum % 2 === 0 && n % 2 === 0) context.timers.once("later", 10, 0);
      },
      inspect: () => ({ sum }),
    };
  },
});

Deno.test("A replay that takes other turns or comes to another state says so", async () => {
  const right = summing((sum, n) => sum + n);
  const entries = await recordSums(right);
  const play = (def: ActorDef<number>, name = "sum") =>
    replay(entries, (system) => void system.start(name, def, undefined));
  await play(right);
  const diverged = (sentence: RegExp) => (error: unknown) =>
    error instanceof ReplayDiverged && error.code === "REPLAY_DIVERGED" && sentence.test(error.message);
  await assert.rejects(play(summing((sum, n) => sum + 2 * n)), diverged(/another state|will not come to|other turns/));
  let calls = 0;
  const impatient = summing((sum, n) => (calls++, sum + n + 1));
  await assert.rejects(play(impatient), diverged(/./));
  await assert.rejects(replay(entries, () => {}), diverged(/there is no actor 1: was another tree built/));
  assert.ok(calls > 0);
  await assert.rejects(replay([], () => {}), /This is no recording/);
  await assert.rejects(
    replay([{ ...entries[0], version: 99 } as never, ...entries.slice(1)], () => {}),
    /of version 99; this program plays version 1/,
  );
});

Deno.test("a replay that comes to the same state by other turns says so", async () => {
  const build = (order: readonly string[]) => (system: ActorSystem) => {
    const sinks = new Map(
      ["b", "c"].map((name) => [name, system.start(name, summing((sum, n) => sum + n), undefined)]),
    );
    const both: ActorDef<number> = {
      type: "both",
      init: () => ({ receive: (n) => order.forEach((name) => void sinks.get(name)!.tell(n)) }),
    };
    system.start("both", both, undefined);
  };
  const log = new MemoryRecording();
  const recorder = record(log);
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max", seam: recorder });
  build(["b", "c"])(system);
  await system.run({ until: 0 });
  (system.find("/both") as ActorRef<number>).tell(1);
  await system.run({ until: 0 });
  const state = endRecording(system, recorder);
  assert.equal((await replay(log.entries, build(["b", "c"]))).state, state);
  await assert.rejects(replay(log.entries, build(["c", "b"])), /has taken other turns than the run/);
  await system.stop();
});

Deno.test("tasks from outside keep their place among continuations, also those that do nothing", async () => {
  const build = (system: ActorSystem) => {
    let order = "";
    const sink = system.start<string, void>("sink", {
      type: "sink",
      init: () => ({ receive: (letter) => void (order += letter), inspect: () => order }),
    }, undefined);
    const answers = system.start<Question, void>("answers", {
      type: "answers",
      init: () => ({ receive: ({ replyTo }) => void replyTo?.tell(1) }),
    }, undefined);
    const asks = system.start<number, void>("asks", {
      type: "asks",
      init: (context) => ({
        async receive(n) {
          await context.ask(answers, (replyTo: ActorRef<number>) => ({ replyTo }), 1000);
          for (let step = 0; step < 20; step++) await null;
          sink.tell("a");
          if (n > 0) context.self.tell(n - 1);
        },
      }),
    }, undefined);
    const loops = system.start<number, void>("loops", {
      type: "loops",
      init: (context) => ({
        receive(n) {
          sink.tell("l");
          if (n > 0) context.self.tell(n - 1);
        },
      }),
    }, undefined);
    asks.tell(200);
    loops.tell(2000);
  };
  const log = new MemoryRecording();
  const recorder = record(log);
  let polls = 0;
  const poll = () => void (++polls % 2 === 0 && (system.find("/sink") as ActorRef<string>).tell("p"));
  const system: ActorSystem = new ActorSystem({ seed: 1, start: 0, speed: "max", seam: recorder, poll, pollTurns: 3 });
  build(system);
  await system.run({ until: 0 });
  const state = endRecording(system, recorder);
  assert.match(String(system.inspect("/sink")), /l+[pl]*a[pl]*l+[pl]*a/, "the two are woven into each other");
  assert.equal((await replay(log.entries, build)).state, state);
  await system.stop();
});

Deno.test("What cannot be recorded stops a replay with a sentence, and never the run", async () => {
  const log = new MemoryRecording();
  const recorder = record(log);
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max", seam: recorder });
  const seen: unknown[] = [];
  const def: ActorDef<unknown> = { type: "a", init: () => ({ receive: (message) => void seen.push(message) }) };
  const ref = system.start("a", def, undefined);
  await system.run({ until: 0 });
  ref.tell(() => {});
  await system.run({ until: 0 });
  assert.equal(seen.length, 1);
  endRecording(system, recorder);
  await assert.rejects(
    replay(log.entries, (system) => void system.start("a", def, undefined)),
    /cannot be followed beyond turn 0, timer 0: message is a function/,
  );
  await system.stop();
});

Deno.test("What is awaited outside continues in the name of its message, and ends with the incarnation", async () => {
  const system = new ActorSystem({ seed: 1, start: 0, speed: "max", patienceMs: 1000 });
  const seen: unknown[] = [];
  let release!: (value: string) => void;
  const ref = system.start<string, void>("a", {
    type: "a",
    init: (context) => ({
      async receive(message) {
        const { id } = context.envelope!;
        try {
          const value = await context.outside<string>(() =>
            message === "fail" ? Promise.reject(new Error("no")) : new Promise((resolve) => release = resolve)
          );
          seen.push(value);
        } catch (error) {
          seen.push((error as Error).message);
        }
        seen.push(context.envelope?.id === id);
      },
    }),
  }, undefined);
  ref.tell("fail");
  await system.run({ until: 0 });
  assert.deepEqual(seen, ["no", true]);
  ref.tell("wait");
  const running = system.run({ until: 0 });
  await wait(1);
  release("done");
  await running;
  assert.deepEqual(seen, ["no", true, "done", true]);
  ref.tell("wait");
  const ended = system.run({ until: 0 });
  await wait(1);
  system.inject(() => system.kill(ref));
  await ended;
  release("late");
  await wait(1);
  await system.run({ until: 0 });
  await wait(1);
  assert.equal(seen.length, 4);
  await system.stop();
});

Deno.test("an adversary's system is not recorded: its seed repeats it", () => {
  const adversary = {} as SystemOptions["adversary"];
  const make = () =>
    new ActorSystem({ seed: 1, start: 0, speed: "max", adversary, seam: record(new MemoryRecording()) });
  assert.throws(make, /a simulation is repeated by its seed/);
});
