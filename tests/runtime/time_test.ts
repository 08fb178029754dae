import assert from "node:assert/strict";
import fc from "fast-check";
import { type ActorDef, type ActorRef, ActorSystem, type SystemOptions } from "../../runtime/mod.ts";
import { yieldToLoop } from "../../runtime/internal/wall.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { actor, outerPromise } from "./actors.ts";

Deno.test("Time moves only when no actor has work", async () => {
  const system = testSystem();
  const times: number[] = [];
  system.start(
    "a",
    actor<number>((context) => {
      context.timers.once("later", 1, -1);
      context.self.tell(20_000);
      return {
        receive(n) {
          times.push(context.clock.now());
          if (n > 0) context.self.tell(n - 1);
        },
      };
    }),
    undefined,
  );
  await pass(system, 10);
  assert.equal(times.length, 20_002);
  assert.equal(times.filter((time) => time === 0).length, 20_001);
  assert.equal(times.at(-1), 1);
  await finish(system);
});

interface Question {
  readonly replyTo: ActorRef<number>;
}

Deno.test("Time does not pass an ask that can be answered now", async () => {
  const system = testSystem();
  const echo = system.start(
    "echo",
    actor<Question>(() => ({ receive: (message) => void message.replyTo.tell(1) })),
    undefined,
  );
  const relay = system.start(
    "relay",
    actor<Question>((context) => ({
      async receive({ replyTo }) {
        const answer = await context.ask(echo, (back: ActorRef<number>) => ({ replyTo: back }), 10);
        await Promise.resolve().then(() => Promise.resolve());
        replyTo.tell(answer.ok ? answer.value + 1 : -1);
      },
    })),
    undefined,
  );
  const seen: (readonly [number, number])[] = [];
  system.start(
    "asker",
    actor<string>((context) => {
      for (let n = 0; n < 50; n++) context.timers.once(`t${n}`, n, "go");
      return {
        async receive() {
          const at = context.clock.now();
          const answer = await context.ask(relay, (replyTo: ActorRef<number>) => ({ replyTo }), 10);
          seen.push([context.clock.now() - at, answer.ok ? answer.value : -1]);
        },
      };
    }),
    undefined,
  );
  await pass(system, 100);
  assert.deepEqual(seen, Array.from({ length: 50 }, () => [0, 2]));
  await finish(system);
});

Deno.test("At speed max time waits for a promise of the outer world, but not for ever", async () => {
  const system = testSystem({ patienceMs: 200 });
  const times: number[] = [];
  const def = actor<() => Promise<void>>((context) => {
    context.timers.every("tick", 10, () => Promise.resolve());
    return {
      async receive(outer) {
        await outer();
        times.push(context.clock.now());
      },
    };
  });
  const ref = system.start("a", def, undefined);
  const file = async () => {
    for (let n = 0; n < 5; n++) await yieldToLoop();
    await Deno.stat(new URL(import.meta.url));
  };
  ref.tell(file);
  await pass(system, 20);
  assert.deepEqual(times, [0, 10, 20]);
  const stuck = outerPromise();
  ref.tell(() => stuck.promise);
  const begun = performance.now();
  await pass(system, 100);
  assert.ok(performance.now() - begun >= 190);
  assert.equal(system.clock.now(), 120);
  assert.equal(times.length, 3);
  // Its patience is spent for this promise: it does not hold the others up again.
  const again = performance.now();
  await pass(system, 100);
  assert.ok(performance.now() - again < 150);
  stuck.resolve();
  await finish(system);
});

Deno.test("At any speed time waits for a promise of an actor that holds time", async () => {
  for (const holdsTime of [true, false]) {
    const system = testSystem({ speed: 1000, patienceMs: 1000 });
    const times: number[] = [];
    const outer = outerPromise();
    const holder: ActorDef<string> = {
      ...actor<string>((context) => ({
        async receive() {
          await outer.promise;
          times.push(context.clock.now());
        },
      })),
      holdsTime,
    };
    system.start("holder", holder, undefined).tell("wait");
    setTimeout(outer.resolve, 20);
    await pass(system, 5000);
    assert.equal(times[0] === 0, holdsTime);
    await finish(system);
  }
});

Deno.test("A late timer sees its own time, not the wall's", async () => {
  const system = testSystem({ speed: 1 });
  const seen: number[] = [];
  system.start(
    "a",
    actor<string>((context) => {
      context.timers.every("tick", 1000, "tick");
      return {
        receive() {
          seen.push(context.clock.now());
          // Blocks the thread for several periods.
          if (seen.length === 1) { for (const end = performance.now() + 12; performance.now() < end;); }
        },
      };
    }),
    undefined,
  );
  await system.run({ until: 20_000 });
  assert.deepEqual(seen, Array.from({ length: 20 }, (_, n) => (n + 1) * 1000));
  await finish(system);
});

Deno.test("A run takes as long on the wall as its speed says", async () => {
  for (const [speed, span] of [[1, 60_000], [10, 600_000]] as const) {
    const system = testSystem({ speed });
    const begun = performance.now();
    assert.equal(await system.run({ until: span }), "until");
    const took = performance.now() - begun;
    assert.ok(took >= 59, `${took} ms at speed ${speed}`);
    assert.equal(system.clock.now(), span);
    await finish(system);
  }
  const system = testSystem();
  const begun = performance.now();
  await system.run({ until: 1e15 });
  assert.ok(performance.now() - begun < 1000);
  assert.equal(system.clock.now(), 1e15);
  await finish(system);
});

/** A tree whose actors draw, tell, ask, set timers, wait and crash; returns everything that happened, in order. */
async function eventful(seed: number, options: Partial<SystemOptions>): Promise<string[]> {
  const system = testSystem({ seed, ...options });
  const trace: string[] = [];
  const names = ["a", "b", "c", "d"];
  type Message = { replyTo?: ActorRef<number> } | "tick";
  const refs: ActorRef<Message>[] = [];
  const def = actor<Message>((context) => {
    const { random } = context;
    context.timers.every("tick", 200 + random.int(300), "tick");
    const note = (what: string) =>
      trace.push(`${context.clock.now()} ${context.self.path} ${what} ${context.nextId()}`);
    return {
      receive(message) {
        if (message !== "tick") {
          message.replyTo?.tell(random.int(100));
          note("answers");
          if (random.next() < 0.3) context.timers.once("soon", random.int(50), {});
          return;
        }
        const target = refs[random.int(refs.length)];
        const choice = random.next();
        note(`ticks ${choice.toFixed(6)}`);
        if (choice < 0.05) throw new Error("chance");
        if (choice < 0.4) {
          for (let n = random.int(200); n > 0; n--) target.tell({});
          return;
        }
        return context.ask(target, (replyTo: ActorRef<number>) => ({ replyTo }), random.int(400)).then((answer) => {
          note(answer.ok ? `got ${answer.value}` : answer.failure);
          if (random.next() < 0.05) throw new Error("chance after an ask");
        });
      },
    };
  });
  system.events.subscribe((event) =>
    trace.push(JSON.stringify(event, (key, value) => key === "stack" ? undefined : value))
  );
  supervise(system, "top", {
    id: "top",
    strategy: "rest_for_one",
    intensity: 1000,
    children: names.map((name) =>
      worker(name, def, undefined, {
        backoff: { initialMs: 1, maxMs: 8, factor: 2, jitter: 0.5, resetAfterMs: 50 },
      })
    ),
  });
  for (const name of names) refs.push(system.find(`/top/${name}`) as ActorRef<Message>);
  await system.run({ until: 40_000 });
  await finish(system);
  return trace;
}

Deno.test("The same seed gives the same run, at every speed", async () => {
  const options: Partial<SystemOptions>[] = [
    {},
    { poll: () => {}, pollTurns: 1 },
    { speed: 1 },
    { speed: 3, poll: () => {} },
    { speed: 40 },
  ];
  for (const seed of [1, 2, 3]) {
    const first = await eventful(seed, {});
    assert.ok(first.length > 200 && first.some((line) => line.includes("crashed")), `${first.length} lines`);
    for (const other of options) assert.deepEqual(await eventful(seed, other), first);
  }
  assert.notDeepEqual(await eventful(4, {}), await eventful(5, {}));
});

Deno.test("Ids rise and repeat from run to run", async () => {
  const run = () => {
    const system = new ActorSystem({ seed: 9, start: 5, speed: "max" });
    const ids: number[] = [system.nextId()];
    system.start(
      "a",
      actor((context) => {
        ids.push(context.nextId(), context.nextId());
        return {};
      }),
      undefined,
    );
    ids.push(system.nextId());
    return ids;
  };
  assert.deepEqual(run(), [1, 2, 3, 4]);
  assert.deepEqual(run(), run());
  await Promise.resolve();
});

Deno.test("An injected task runs between turns and wakes a sleeping system", async () => {
  const system = testSystem({ speed: 1 });
  const seen = probe<string>(system, "seen");
  const running = system.run();
  await new Promise((resolve) => setTimeout(resolve, 30));
  let injectedAt = 0;
  system.inject(() => {
    injectedAt = system.clock.now();
    seen.ref.tell("hello");
  });
  const answer = system.ask(
    system.start("echo", actor<Question>(() => ({ receive: ({ replyTo }) => void replyTo.tell(7) })), undefined),
    (replyTo: ActorRef<number>) => ({ replyTo }),
    1_000_000,
  );
  assert.deepEqual(await answer, { ok: true, value: 7 });
  assert.deepEqual(seen.messages, ["hello"]);
  assert.ok(injectedAt >= 29_000, `virtual time of the task: ${injectedAt}`);
  system.halt();
  assert.equal(await running, "halted");
  const failing = system.run();
  system.inject(() => {
    throw new Error("a broken task");
  });
  await assert.rejects(failing, /a broken task/);
  await finish(system);
});

Deno.test("an injected task does not carry the clock past a timer that is due", async () => {
  const system = testSystem({ speed: 1 });
  const times: string[] = [];
  system.start(
    "a",
    actor<string>((context) => {
      context.timers.once("t", 5000, "timer");
      return { receive: (what) => void times.push(`${what} ${context.clock.now()}`) };
    }),
    undefined,
  );
  const ref = system.find("/a") as ActorRef<string>;
  const running = system.run({ until: 30_000 });
  for (const end = performance.now() + 15; performance.now() < end;);
  system.inject(() => void ref.tell("task"));
  await running;
  assert.deepEqual(times, ["task 5000", "timer 5000"]);
  await finish(system);
});

Deno.test("A halt is not lost when nothing runs", async () => {
  const system = testSystem();
  system.halt();
  assert.equal(await system.run(), "halted");
  assert.equal(await system.run({ until: 10 }), "until");
  const sleeping = system.run();
  await assert.rejects(system.run(), /already running/);
  system.halt();
  assert.equal(await sleeping, "halted");
  await finish(system);
});

Deno.test("Turns of many messages do not keep the poll waiting: a message counts as much as a turn", async () => {
  let polls = 0;
  const system = testSystem({ poll: () => void polls++, pollTurns: 64 });
  const ref = system.start("a", actor<number>(() => ({ receive: () => {} })), undefined);
  for (let n = 0; n < 6_400; n++) ref.tell(n);
  await settle(system);
  // A hundred turns of 64 messages.
  assert.ok(polls >= 99, `${polls} polls in 100 full turns`);
  await finish(system);
});

Deno.test("The poll is called while the system waits and while it works", async () => {
  let polls = 0;
  const waiting = testSystem({ speed: 1, poll: () => void polls++ });
  await waiting.run({ until: 100_000 });
  // About 45 on an idle machine.
  assert.ok(polls >= 5, `${polls} polls in 100 ms of waiting`);
  await finish(waiting);
  polls = 0;
  const working = testSystem({ poll: () => void polls++, pollTurns: 10 });
  const ref = working.start(
    "a",
    actor<number>((context) => ({
      receive(n) {
        if (n > 0) context.self.tell(n - 1);
      },
    })),
    undefined,
  );
  ref.tell(64_000);
  await settle(working);
  // 64000 messages, 64 a turn.
  assert.ok(polls >= 99, `${polls} polls in ~1000 turns`);
  await finish(working);
});

Deno.test("The poll is called before a run ends, and what it begins is done in that run", async () => {
  // Few turns, and no sleep: nothing else would call it.
  let asked = true;
  const done: number[] = [];
  const poll = () => {
    if (asked) ref.tell("see to it");
    asked = false;
  };
  const system = testSystem({ poll });
  const ref = system.start(
    "a",
    actor<string>((context) => ({ receive: () => void done.push(context.clock.now()) })),
    undefined,
  );
  assert.equal(await system.run({ until: 500 }), "until");
  assert.deepEqual(done, [500]);
  await finish(system);
});

Deno.test("The event loop gets its turn while actors work", async () => {
  for (const asking of [false, true]) {
    const system = testSystem();
    const echo = system.start(
      "echo",
      actor<Question>(() => ({ receive: ({ replyTo }) => void replyTo.tell(1) })),
      undefined,
    );
    const ref = system.start(
      "a",
      actor<string>((context) => ({
        async receive() {
          if (asking) await context.ask(echo, (replyTo: ActorRef<number>) => ({ replyTo }), 1000);
          context.self.tell("again");
        },
      })),
      undefined,
    );
    const sync = system.start(
      "sync",
      actor<string>((context) => ({ receive: (m) => void context.self.tell(m) })),
      undefined,
    );
    (asking ? ref : sync).tell("go");
    const begun = performance.now();
    setTimeout(() => system.halt(), 20);
    assert.equal(await system.run(), "halted");
    const took = performance.now() - begun;
    assert.ok(took < 500, `the platform's timer had to wait ${took} ms`);
    await finish(system);
  }
});

Deno.test("Events are published in order and between turns", async () => {
  const system = testSystem();
  const trace: string[] = [];
  system.events.subscribe((event) => trace.push(event.kind));
  const gone = system.start("gone", actor<string>(() => ({})), undefined);
  await system.stop(gone);
  const ref = system.start(
    "a",
    actor<string>((context) => ({
      receive() {
        trace.push("handler begins");
        gone.tell("nobody");
        context.stop();
        trace.push("handler ends");
      },
    })),
    undefined,
  );
  ref.tell("go");
  await settle(system);
  const handling = ["handler begins", "handler ends", "dead-letter"];
  const expected = ["started", "ended", "stopped", "started", ...handling, "ended", "stopped"];
  assert.deepEqual(trace, expected);
  await finish(system);
});

Deno.test("A listener that throws is unsubscribed and reported", async () => {
  const system = testSystem();
  let calls = 0;
  system.events.subscribe(() => {
    calls++;
    throw new Error("broken listener");
  });
  const failures = record(system, "listener-failed");
  system.start("a", actor(() => ({})), undefined);
  system.start("b", actor(() => ({})), undefined);
  await settle(system);
  assert.equal(calls, 1);
  assert.deepEqual(failures, [{ kind: "listener-failed", time: 0, reason: "Error: broken listener" }]);
  await finish(system);
});

Deno.test("Stopping a system stops its roots in reverse, in their time", async () => {
  const system = testSystem();
  const trace: string[] = [];
  const slow = (name: string) => actor(() => ({ stopped: () => void trace.push(`${name} ${system.clock.now()}`) }));
  for (const name of ["a", "b", "c"]) system.start(name, slow(name), undefined);
  const running = system.run();
  // Asked while a run is going on, which a halt then ends: stop carries on by itself.
  const stopping = system.stop();
  system.halt();
  await stopping;
  assert.equal(await running, "halted");
  assert.deepEqual(trace, ["c 0", "b 0", "a 0"]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("options that make no sense are refused with a sentence", () => {
  const make = (options: Partial<SystemOptions>) => () => testSystem(options);
  assert.throws(make({ speed: 0 }), /speed is "max" or a number above 0, not 0/);
  assert.throws(make({ seed: 0.5 }), /A seed is a safe integer/);
  assert.throws(make({ start: -1 }), /start is a time in whole microseconds/);
  assert.throws(make({ pollTurns: 0 }), /pollTurns is a whole number/);
});

Deno.test("time never goes backwards, whatever is run for how long", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 20 }), async (spans) => {
      const system = testSystem();
      let last = 0;
      for (const span of spans) {
        await system.run({ until: last + span });
        assert.equal(system.clock.now(), Math.max(last, last + span));
        last = system.clock.now();
      }
      await finish(system);
    }),
  );
});
